using System;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>Files that the caller names: to read a config, to write a log or a trace. They are where others may write,
/// too.</content>
public static unsafe partial class Syscall
{
    /// <summary>Opens a file to write to, made with mode 0644 where it is missing. A link in the last place must be the caller's
    /// own, root's or the kernel's, and a FIFO that nobody reads is ENXIO at once.</summary>
    /// <returns>The descriptor or -errno.</returns>
    public static int TryOpenToWrite(string path, int flags)
    {
        const int always = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_NOCTTY | OpenFlags.O_NONBLOCK;
        int fd = TryOpenAt(AtFlags.AT_FDCWD, path, flags | always | OpenFlags.O_NOFOLLOW, Mode.O644);
        if (fd == -Errno.ELOOP && IsTrustedLink(path))
        {
            fd = TryOpenAt(AtFlags.AT_FDCWD, path, flags | always, Mode.O644);
        }
        return fd < 0 ? fd : Blocking(fd);
    }

    /// <summary>Opens a file to read. A FIFO is EINVAL: it would keep the caller waiting for whoever may write there. The pipes
    /// of a shell, as in <c>--process &lt;(command)</c>, are no such FIFO.</summary>
    /// <returns>The descriptor or -errno.</returns>
    public static int TryOpenToRead(string path)
    {
        int fd = TryOpenAt(AtFlags.AT_FDCWD, path, OpenFlags.O_RDONLY | OpenFlags.O_NOCTTY | OpenFlags.O_NONBLOCK, 0);
        if (fd < 0)
        {
            return fd;
        }
        if ((Fstat(fd).st_mode & StatMode.S_IFMT) == StatMode.S_IFIFO && Fstatfs(fd).f_type != StatfsMagic.PIPEFS_MAGIC)
        {
            TryClose(fd);
            return -Errno.EINVAL;
        }
        return Blocking(fd);
    }

    static bool IsTrustedLink(string path) =>
        TryFstatAt(AtFlags.AT_FDCWD, path, AtFlags.AT_SYMLINK_NOFOLLOW, out Stat link) == 0
        && (link.st_uid == 0 || link.st_uid == Geteuid());

    static int Blocking(int fd)
    {
        long flags = Try(Sys.fcntl, fd, Fcntl.F_GETFL);
        Try(Sys.fcntl, fd, Fcntl.F_SETFL, flags & ~(long)OpenFlags.O_NONBLOCK);
        return fd;
    }

    /// <summary>getrandom(2): fills the buffer.</summary>
    public static void Getrandom(Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            // Up to 256 bytes come whole, once the kernel's pool is ready (getrandom(2)).
            Check(Try(Sys.getrandom, (long)p, buffer.Length, 0), "getrandom");
        }
    }
}
