namespace OciRun.Kernel;

/// <summary>ioctl(2) requests on x86-64.</summary>
public static class Ioctl
{
    public const uint TCGETS = 0x5401;
    public const uint TCSETS = 0x5402;
    public const uint TCSETSW = 0x5403;
    public const uint TCSETSF = 0x5404;
    public const uint TIOCSCTTY = 0x540e;
    public const uint TIOCNOTTY = 0x5422;
    public const uint TIOCGPGRP = 0x540f;
    public const uint TIOCSPGRP = 0x5410;
    public const uint TIOCGWINSZ = 0x5413;
    public const uint TIOCSWINSZ = 0x5414;
    public const uint TIOCGPTN = 0x80045430;
    public const uint TIOCSPTLCK = 0x40045431;
    public const uint TIOCGPTPEER = 0x5441;
    public const uint FIONREAD = 0x541b;
    public const uint FIONBIO = 0x5421;
    public const uint FIOCLEX = 0x5451;
    public const uint NS_GET_USERNS = 0xb701;
    public const uint NS_GET_PARENT = 0xb702;
    public const uint NS_GET_NSTYPE = 0xb703;
    public const uint NS_GET_OWNER_UID = 0xb704;
    public const uint SIOCGIFFLAGS = 0x8913;
    public const uint SIOCSIFFLAGS = 0x8914;
    public const uint SIOCGIFINDEX = 0x8933;
    public const uint SIOCSIFNAME = 0x8923;
    public const uint BLKROGET = 0x125e;
    public const uint FICLONE = 0x40049409;
    public const uint FS_IOC_GETFLAGS = 0x80086601;
    public const uint FS_IOC_SETFLAGS = 0x40086602;
}

/// <summary>Mode bits of termios(3) on x86-64.</summary>
public static class TermiosFlags
{
    public const uint IGNBRK = 1;
    public const uint BRKINT = 2;
    public const uint PARMRK = 8;
    public const uint ISTRIP = 0x20;
    public const uint INLCR = 0x40;
    public const uint IGNCR = 0x80;
    public const uint ICRNL = 0x100;
    public const uint IXON = 0x400;
    public const uint IXOFF = 0x1000;
    public const uint OPOST = 1;
    public const uint ONLCR = 4;
    public const uint ECHO = 8;
    public const uint ECHONL = 0x40;
    public const uint ICANON = 2;
    public const uint ISIG = 1;
    public const uint IEXTEN = 0x8000;
    public const uint CSIZE = 0x30;
    public const uint PARENB = 0x100;
    public const uint CS8 = 0x30;
    public const uint VMIN = 6;
    public const uint VTIME = 5;
}
