using System;
using System.Text;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>mkdir(2), unlink(2), rename(2), readlink(2), chmod(2), chown(2).</content>
public static unsafe partial class Syscall
{
    /// <summary>A call whose first arguments are a directory's descriptor and a path: nearly all of them are of this
    /// form.</summary>
    static int TryPath(long nr, int dirfd, string path, long c = 0, long d = 0, long e = 0)
    {
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        {
            return (int)Try(nr, dirfd, (long)p, c, d, e);
        }
    }

    /// <summary>mkdirat(2). The umask takes bits away from the mode: who needs exactly this one sets it with
    /// fchmod(2).</summary>
    public static void MkdirAt(int dirfd, string path, uint mode) => Check(TryMkdirAt(dirfd, path, mode), "mkdirat", path);

    /// <summary>mkdirat(2): 0 or -errno.</summary>
    public static int TryMkdirAt(int dirfd, string path, uint mode) => TryPath(Sys.mkdirat, dirfd, path, mode);

    /// <summary>unlinkat(2) of a file, or of a directory with AT_REMOVEDIR: 0 or -errno.</summary>
    public static int TryUnlinkAt(int dirfd, string path, int flags) => TryPath(Sys.unlinkat, dirfd, path, flags);

    /// <summary>renameat2(2).</summary>
    public static void RenameAt(int olddir, string oldpath, int newdir, string newpath, int flags = 0) =>
        Check(TryRenameAt(olddir, oldpath, newdir, newpath, flags), "renameat2", newpath);

    /// <summary>renameat2(2): 0 or -errno. Without flags it replaces what is there in one step: a reader sees the old file or
    /// the new one. With RENAME_NOREPLACE it is EEXIST.</summary>
    public static int TryRenameAt(int olddir, string oldpath, int newdir, string newpath, int flags = 0)
    {
        fixed (byte* o = CString.Of(oldpath, stackalloc byte[CString.Stack]))
        fixed (byte* n = CString.Of(newpath, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.renameat2, olddir, (long)o, newdir, (long)n, flags);
        }
    }

    /// <summary>readlinkat(2); the empty path reads the link that <paramref name="dirfd"/> itself is.</summary>
    public static string ReadlinkAt(int dirfd, string path)
    {
        Check(TryReadlinkAt(dirfd, path, out string target), "readlinkat", path);
        return target;
    }

    /// <summary>readlinkat(2): the length or -errno. No NUL is added, and a target that is too long would be cut in silence:
    /// PATH_MAX, 4096, is more than a link can hold.</summary>
    public static int TryReadlinkAt(int dirfd, string path, out string target)
    {
        const int size = 4096;
        byte* buffer = stackalloc byte[size];
        int length = TryPath(Sys.readlinkat, dirfd, path, (long)buffer, size);
        target = length > 0 ? Encoding.UTF8.GetString(buffer, length) : "";
        return length;
    }

    /// <summary>fchmod(2).</summary>
    public static void Fchmod(int fd, uint mode) => Check(Try(Sys.fchmod, fd, mode), "fchmod");

    /// <summary>fchmodat(2); follows symbolic links, and has no flags in the kernel (fchmodat2 of Linux 6.6 does): only for
    /// paths that are our own.</summary>
    public static void FchmodAt(int dirfd, string path, uint mode) => Check(TryPath(Sys.fchmodat, dirfd, path, mode), "fchmodat",
        path);

    /// <summary>fchownat(2); flags are AT_SYMLINK_NOFOLLOW or AT_EMPTY_PATH, with which the empty path means the descriptor,
    /// O_PATH or not. fchown(2) refuses such a descriptor with EBADF.</summary>
    public static void FchownAt(int dirfd, string path, uint uid, uint gid, int flags) =>
        Check(TryPath(Sys.fchownat, dirfd, path, uid, gid, flags), "fchownat", path);
}
