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
        // O_NONBLOCK: a FIFO without a reader is ENXIO instead of a wait without end (fifo(7)). It has no effect on a regular
        // file. O_NOCTTY: a terminal as a log must not become the controlling one.
        const int always = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_NOCTTY | OpenFlags.O_NONBLOCK;
        int fd = TryOpenAt(AtFlags.AT_FDCWD, path, flags | always | OpenFlags.O_NOFOLLOW, Mode.O644);
        // A link in a directory like /tmp may be anybody's, and whoever it belongs to would choose the file that root writes
        // to. The kernel's fs.protected_symlinks forbids the same, where it is on, in sticky directories (proc(5)).
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
        // Opening a FIFO to read succeeds at once with O_NONBLOCK, and then reads nothing for as long as nobody writes. Pipes
        // without a name lie on pipefs, FIFOs on the file system of their path: that tells them apart.
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

    // The flag belongs to the open file description, fcntl(2), which is ours alone: nobody else has opened it yet.
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
