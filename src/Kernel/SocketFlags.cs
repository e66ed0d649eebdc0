namespace OciRun.Kernel;

/// <summary>Address families.</summary>
public static class AddressFamily
{
    public const int AF_UNIX = 1;
    public const int AF_INET = 2;
    public const int AF_NETLINK = 16;
}

/// <summary>Socket types and their flags.</summary>
public static class SocketType
{
    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_RAW = 3;
    public const int SOCK_SEQPACKET = 5;
    public const int SOCK_CLOEXEC = 524288;
    public const int SOCK_NONBLOCK = 2048;
}

/// <summary>Options and control messages at SOL_SOCKET level.</summary>
public static class SocketOption
{
    public const int SOL_SOCKET = 1;
    public const int SCM_RIGHTS = 1;
}

/// <summary>Flags of sendmsg(2) and recvmsg(2).</summary>
public static class MsgFlags
{
    public const int MSG_CTRUNC = 8;
    public const int MSG_TRUNC = 0x20;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_CMSG_CLOEXEC = 0x40000000;
}

/// <summary>Events of poll(2).</summary>
public static class PollEvents
{
    public const int POLLIN = 1;
    public const int POLLPRI = 2;
    public const int POLLOUT = 4;
}

