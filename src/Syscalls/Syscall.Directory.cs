using System;
using System.Text;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>mkdir(2), unlink(2), rename(2), readlink(2), chmod(2), chown(2).</content>
public static unsafe partial class Syscall
{
    static int TryPath(long nr, int dirfd, string path, long c = 0, long d = 0, long e = 0)
    {
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        {
            return (int)Try(nr, dirfd, (long)p, c, d, e);
        }
    }

    /// <summary>mkdirat(2).</summary>
    public static void MkdirAt(int dirfd, string path, uint mode) => Check(TryMkdirAt(dirfd, path, mode), "mkdirat", path);

    /// <summary>mkdirat(2): 0 or -errno.</summary>
    public static int TryMkdirAt(int dirfd, string path, uint mode) => TryPath(Sys.mkdirat, dirfd, path, mode);

    /// <summary>unlinkat(2) of a file, or of a directory with AT_REMOVEDIR: 0 or -errno.</summary>
    public static int TryUnlinkAt(int dirfd, string path, int flags) => TryPath(Sys.unlinkat, dirfd, path, flags);

    /// <summary>renameat2(2).</summary>
    public static void RenameAt(int olddir, string oldpath, int newdir, string newpath, int flags = 0) =>
        Check(TryRenameAt(olddir, oldpath, newdir, newpath, flags), "renameat2", newpath);

    /// <summary>renameat2(2): 0 or -errno.</summary>
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

    /// <summary>readlinkat(2): the length or -errno.</summary>
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

    /// <summary>fchmodat(2); follows symbolic links.</summary>
    public static void FchmodAt(int dirfd, string path, uint mode) => Check(TryPath(Sys.fchmodat, dirfd, path, mode), "fchmodat",
        path);

    /// <summary>fchownat(2); flags are AT_SYMLINK_NOFOLLOW or AT_EMPTY_PATH.</summary>
    public static void FchownAt(int dirfd, string path, uint uid, uint gid, int flags) =>
        Check(TryPath(Sys.fchownat, dirfd, path, uid, gid, flags), "fchownat", path);
}
