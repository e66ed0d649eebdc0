using System;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>ioctl(2), ioctl_tty(2), netdevice(7), bpf(2), seccomp(2).</content>
public static unsafe partial class Syscall
{
    // Linux 6.17 to 7.2 write past a short attribute: the kernel always gets this much.
    const int BpfAttrBytes = 128;

    /// <summary>ioctl(2) with an integer or a pointer: its result or -errno.</summary>
    public static long TryIoctl(int fd, uint request, long argument) => Try(Sys.ioctl, fd, request, argument);

    /// <summary>ioctl(2) with an integer or a pointer.</summary>
    public static long Ioctl(int fd, uint request, long argument) => Check(TryIoctl(fd, request, argument), "ioctl");

    /// <summary>ioctl(2) with a structure that is read, written, or both: its result or -errno.</summary>
    public static long TryIoctl<T>(int fd, uint request, ref T argument)
        where T : unmanaged
    {
        fixed (T* p = &argument)
        {
            return Try(Sys.ioctl, fd, request, (long)p);
        }
    }

    /// <summary>Whether <paramref name="fd"/> is a terminal.</summary>
    public static bool IsTerminal(int fd)
    {
        Termios termios = default;
        return TryIoctl(fd, OciRun.Kernel.Ioctl.TCGETS, ref termios) == 0;
    }

    /// <summary>TIOCSWINSZ.</summary>
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

    /// <summary>TCGETS.</summary>
    public static Termios GetTermios(int fd)
    {
        Termios termios = default;
        Check(TryIoctl(fd, OciRun.Kernel.Ioctl.TCGETS, ref termios), "ioctl(TCGETS)");
        return termios;
    }

    /// <summary>TCSETS.</summary>
    public static void SetTermios(int fd, Termios termios) =>
        Check(TryIoctl(fd, OciRun.Kernel.Ioctl.TCSETS, ref termios), "ioctl(TCSETS)");

    /// <summary>
    /// bpf(2): its result or -errno. The attribute is copied into a zeroed buffer of at least 128 bytes and back, for the kernel may
    /// write past what it was given.
    /// </summary>
    public static int TryBpf<T>(int command, ref T attribute)
        where T : unmanaged
    {
        int size = Math.Max(BpfAttrBytes, sizeof(T));
        byte* buffer = stackalloc byte[size];
        new Span<byte>(buffer, size).Clear();
        *(T*)buffer = attribute;
        int result = (int)Try(Sys.bpf, (long)command, (long)buffer, size);
        attribute = *(T*)buffer;
        return result;
    }

    /// <summary>bpf(2).</summary>
    public static int Bpf<T>(int command, ref T attribute)
        where T : unmanaged => (int)Check(TryBpf(command, ref attribute), BpfName(command));

    static string BpfName(int command) => command switch
    {
        BpfCmd.BPF_PROG_LOAD => "bpf(BPF_PROG_LOAD)",
        BpfCmd.BPF_PROG_ATTACH => "bpf(BPF_PROG_ATTACH)",
        BpfCmd.BPF_PROG_DETACH => "bpf(BPF_PROG_DETACH)",
        BpfCmd.BPF_PROG_QUERY => "bpf(BPF_PROG_QUERY)",
        BpfCmd.BPF_PROG_GET_FD_BY_ID => "bpf(BPF_PROG_GET_FD_BY_ID)",
        _ => "bpf",
    };

    /// <summary>seccomp(2): its result or -errno.</summary>
    public static int TrySeccomp(uint operation, uint flags, void* argument) =>
        (int)Try(Sys.seccomp, operation, flags, (long)argument);
}
