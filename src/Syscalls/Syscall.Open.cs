using System;
using OciRun.Kernel;
using Tmds.Linux;

namespace OciRun.Syscalls;

/// <content>open(2), openat2(2), close(2), fcntl(2), pipe(2), memfd_create(2), flock(2).</content>
public static unsafe partial class Syscall
{
    // openat2 answers EAGAIN when a rename or mount anywhere on the host raced with ".." below RESOLVE_BENEATH or
    // RESOLVE_IN_ROOT, openat2(2). It may be an attack as well: who renames without end must not keep the runtime here without
    // end.
    const int OpenAt2Attempts = 128;

    /// <summary>open(2), always O_CLOEXEC: there is no moment in which a hook that is just executed could inherit the
    /// descriptor.</summary>
    public static SafeFd Open(string path, int flags, uint mode = 0) => Own(TryOpenAt(AtFlags.AT_FDCWD, path, flags, mode),
        "open", path);

    /// <summary>open(2): the descriptor or -errno.</summary>
    public static int TryOpen(string path, int flags, uint mode = 0) => TryOpenAt(AtFlags.AT_FDCWD, path, flags, mode);

    /// <summary>openat(2), always O_CLOEXEC.</summary>
    public static SafeFd OpenAt(int dirfd, string path, int flags, uint mode = 0) =>
        Own(TryOpenAt(dirfd, path, flags, mode), "openat", path);

    /// <summary>openat(2): the descriptor or -errno.</summary>
    public static int TryOpenAt(int dirfd, string path, int flags, uint mode = 0)
    {
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.openat, dirfd, (long)p, flags | OpenFlags.O_CLOEXEC, mode);
        }
    }

    /// <summary>openat2(2) with its arguments one by one: the descriptor or -errno.</summary>
    public static int TryOpenAt2(int dirfd, string path, int flags, int resolve, uint mode = 0) =>
        TryOpenAt2(dirfd, path, How(flags, resolve, mode));

    /// <summary>openat2(2), Linux 5.6: the descriptor or -errno. Unknown flags are EINVAL here, where open(2) ignores them;
    /// E2BIG would say that the kernel knows less than the structure.</summary>
    public static int TryOpenAt2(int dirfd, string path, OpenHow how)
    {
        how.flags |= OpenFlags.O_CLOEXEC;
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        {
            long result = -Errno.EAGAIN;
            for (int i = 0; i < OpenAt2Attempts && result == -Errno.EAGAIN; i++)
            {
                result = Try(Sys.openat2, dirfd, (long)p, (long)(&how), sizeof(OpenHow));
            }
            return (int)result;
        }
    }

    /// <summary>An <see cref="OpenHow"/>; mode counts only with O_CREAT or O_TMPFILE.</summary>
    public static OpenHow How(int flags, int resolve, uint mode = 0) =>
        new() { flags = (uint)flags, mode = mode, resolve = (ulong)resolve };

    /// <summary>close(2): 0 or -errno. Never tried again: on Linux the descriptor is gone even after EINTR.</summary>
    public static int TryClose(int fd) => (int)FromLibC(LibC.close(fd));

    /// <summary>A close-on-exec duplicate with a number of at least <paramref name="least"/>: F_DUPFD_CLOEXEC sets the flag in
    /// the same step, where dup(2) would leave it off.</summary>
    public static SafeFd Dup(int fd, int least = 0) => Own(Try(Sys.fcntl, fd, Fcntl.F_DUPFD_CLOEXEC, least), "fcntl");

    /// <summary>fcntl(F_GETFD); -errno (EBADF) for a number that is not open.</summary>
    public static int TryGetFdFlags(int fd) => (int)Try(Sys.fcntl, fd, Fcntl.F_GETFD);

    /// <summary>fcntl(F_GETFL).</summary>
    public static int GetStatusFlags(int fd) => (int)Check(Try(Sys.fcntl, fd, Fcntl.F_GETFL), "fcntl");

    /// <summary>fcntl(F_SETFL).</summary>
    public static void SetStatusFlags(int fd, int flags) => Check(Try(Sys.fcntl, fd, Fcntl.F_SETFL, flags), "fcntl");

    /// <summary>pipe2(2), always O_CLOEXEC.</summary>
    public static (SafeFd Read, SafeFd Write) Pipe2(int flags = OpenFlags.O_CLOEXEC)
    {
        int* fds = stackalloc int[2];
        Check(FromLibC(LibC.pipe2(fds, (int)(flags | OpenFlags.O_CLOEXEC))), "pipe2");
        return (new SafeFd(fds[0]), new SafeFd(fds[1]));
    }

    /// <summary>memfd_create(2), always MFD_CLOEXEC; kernels before 6.3 that do not know MFD_EXEC get it without. Since 6.3 the
    /// sysctl vm.memfd_noexec may make a memfd without MFD_EXEC one that cannot be executed; before, all could.</summary>
    public static SafeFd MemfdCreate(string name, int flags)
    {
        flags |= MemfdFlags.MFD_CLOEXEC;
        fixed (byte* p = CString.Of(name, stackalloc byte[CString.Stack]))
        {
            long fd = Try(Sys.memfd_create, (long)p, flags);
            if (fd == -Errno.EINVAL && (flags & MemfdFlags.MFD_EXEC) != 0)
            {
                fd = Try(Sys.memfd_create, (long)p, (long)(flags & ~MemfdFlags.MFD_EXEC));
            }
            return Own(fd, "memfd_create", name);
        }
    }

    /// <summary>fcntl(F_ADD_SEALS): nobody can take one away again, and F_SEAL_SEAL forbids more (memfd_create(2)).</summary>
    public static void FcntlAddSeals(int fd, int seals) => Check(Try(Sys.fcntl, fd, Fcntl.F_ADD_SEALS, seals), "fcntl");

    /// <summary>flock(2), waiting unless LOCK_NB. The lock is of the open file description: a child that inherits the
    /// descriptor holds it too, and a killed process leaves none behind.</summary>
    public static void Flock(int fd, int operation) => Check(TryFlock(fd, operation), "flock");

    /// <summary>flock(2): 0 or -errno (EWOULDBLOCK with LOCK_NB).</summary>
    public static int TryFlock(int fd, int operation) => (int)Try(Sys.flock, fd, operation);
}
