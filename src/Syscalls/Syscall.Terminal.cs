using System;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>ioctl(2), ioctl_tty(2).</content>
public static unsafe partial class Syscall
{
    /// <summary>ioctl(2) with an integer or a pointer: its result or -errno.</summary>
    public static long TryIoctl(int fd, uint request, long argument) => Try(Sys.ioctl, fd, request, argument);

    /// <summary>ioctl(2) with a structure that is read, written, or both: its result or -errno.</summary>
    public static long TryIoctl<T>(int fd, uint request, ref T argument)
        where T : unmanaged
    {
        fixed (T* p = &argument)
        {
            return Try(Sys.ioctl, fd, request, (long)p);
        }
    }

    /// <summary>Whether <paramref name="fd"/> is a terminal: only those know TCGETS, others say ENOTTY. isatty(3) asks the
    /// same.</summary>
    public static bool IsTerminal(int fd)
    {
        Termios termios = default;
        return TryIoctl(fd, OciRun.Kernel.Ioctl.TCGETS, ref termios) == 0;
    }

    /// <summary>TIOCSWINSZ, ioctl_tty(2). The foreground processes of the terminal get SIGWINCH when the size is another
    /// one.</summary>
    public static void SetWindowSize(int fd, ushort rows, ushort columns)
    {
        Winsize size = new() { ws_row = rows, ws_col = columns };
        Check(TryIoctl(fd, OciRun.Kernel.Ioctl.TIOCSWINSZ, ref size), "ioctl(TIOCSWINSZ)");
    }

    /// <summary>TIOCGWINSZ: 0 or -errno.</summary>
    public static int TryGetWindowSize(int fd, out Winsize size)
    {
        size = default;
        return (int)TryIoctl(fd, OciRun.Kernel.Ioctl.TIOCGWINSZ, ref size);
    }

    /// <summary>TCGETS, ioctl_tty(2), with the structure of the kernel, which is not the one of tcgetattr(3): that has more
    /// control characters.</summary>
    public static Termios GetTermios(int fd)
    {
        Termios termios = default;
        Check(TryIoctl(fd, OciRun.Kernel.Ioctl.TCGETS, ref termios), "ioctl(TCGETS)");
        return termios;
    }

    /// <summary>TCSETS, ioctl_tty(2): at once, without waiting for what is still to be written.</summary>
    public static void SetTermios(int fd, Termios termios) =>
        Check(TryIoctl(fd, OciRun.Kernel.Ioctl.TCSETS, ref termios), "ioctl(TCSETS)");
}
