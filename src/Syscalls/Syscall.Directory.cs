using System;
using System.Text;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>mkdir(2), mknod(2), unlink(2), rename(2), symlink(2), readlink(2), chmod(2), chown(2), xattr(7).</content>
public static unsafe partial class Syscall
{
    static int TryPath(long nr, int dirfd, string path, long c = 0, long d = 0, long e = 0)
    {
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        {
            return (int)Try(nr, dirfd, (long)p, c, d, e);
        }
    }

    /// <summary>mkdir(2).</summary>
    public static void Mkdir(string path, uint mode) => MkdirAt(AT_FDCWD, path, mode);

    /// <summary>mkdirat(2).</summary>
    public static void MkdirAt(int dirfd, string path, uint mode) => Check(TryMkdirAt(dirfd, path, mode), "mkdirat", path);

    /// <summary>mkdirat(2): 0 or -errno.</summary>
    public static int TryMkdirAt(int dirfd, string path, uint mode) => TryPath(Sys.mkdirat, dirfd, path, mode);

    /// <summary>mknodat(2); mode carries S_IF*, dev is of <see cref="Dev.Make"/>.</summary>
    public static void MknodAt(int dirfd, string path, uint mode, ulong dev) =>
        Check(TryMknodAt(dirfd, path, mode, dev), "mknodat", path);

    /// <summary>mknodat(2): 0 or -errno.</summary>
    public static int TryMknodAt(int dirfd, string path, uint mode, ulong dev) => TryPath(Sys.mknodat, dirfd, path, mode, (long)dev);

    /// <summary>unlinkat(2) of a file.</summary>
    public static void UnlinkAt(int dirfd, string path) => Check(TryUnlinkAt(dirfd, path, 0), "unlinkat", path);

    /// <summary>unlinkat(2) of a file, or of a directory with AT_REMOVEDIR: 0 or -errno.</summary>
    public static int TryUnlinkAt(int dirfd, string path, int flags) => TryPath(Sys.unlinkat, dirfd, path, flags);

    /// <summary>rmdir(2).</summary>
    public static void Rmdir(string path) => Check(TryUnlinkAt(AT_FDCWD, path, AtFlags.AT_REMOVEDIR), "rmdir", path);

    /// <summary>rmdir(2) below a directory.</summary>
    public static void RmdirAt(int dirfd, string path) => Check(TryUnlinkAt(dirfd, path, AtFlags.AT_REMOVEDIR), "rmdir", path);

    /// <summary>renameat2(2).</summary>
    public static void RenameAt(int olddir, string oldpath, int newdir, string newpath, int flags = 0) =>
        Check(TryRenameAt(olddir, oldpath, newdir, newpath, flags), "renameat2", newpath);

    /// <summary>renameat2(2): 0 or -errno.</summary>
    public static int TryRenameAt(int olddir, string oldpath, int newdir, string newpath, int flags = 0)
    {
        fixed (byte* o = CString.Of(oldpath, stackalloc byte[CString.Stack]))
        fixed (byte* n = CString.Of(newpath, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.renameat2, olddir, (long)o, newdir, (long)n, (long)flags);
        }
    }

    /// <summary>linkat(2).</summary>
    public static void LinkAt(int olddir, string oldpath, int newdir, string newpath, int flags)
    {
        fixed (byte* o = CString.Of(oldpath, stackalloc byte[CString.Stack]))
        fixed (byte* n = CString.Of(newpath, stackalloc byte[CString.Stack]))
        {
            Check(Try(Sys.linkat, olddir, (long)o, newdir, (long)n, flags), "linkat", newpath);
        }
    }

    /// <summary>symlinkat(2).</summary>
    public static void SymlinkAt(string target, int dirfd, string path) => Check(TrySymlinkAt(target, dirfd, path), "symlinkat", path);

    /// <summary>symlinkat(2): 0 or -errno.</summary>
    public static int TrySymlinkAt(string target, int dirfd, string path)
    {
        fixed (byte* t = CString.Of(target, stackalloc byte[CString.Stack]))
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.symlinkat, (long)t, dirfd, (long)p);
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
    public static void FchmodAt(int dirfd, string path, uint mode) => Check(TryPath(Sys.fchmodat, dirfd, path, mode), "fchmodat", path);

    /// <summary>fchown(2); -1 (uint.MaxValue) leaves an id alone.</summary>
    public static void Fchown(int fd, uint uid, uint gid) => Check(Try(Sys.fchown, fd, uid, gid), "fchown");

    /// <summary>fchownat(2); flags are AT_SYMLINK_NOFOLLOW or AT_EMPTY_PATH.</summary>
    public static void FchownAt(int dirfd, string path, uint uid, uint gid, int flags) =>
        Check(TryPath(Sys.fchownat, dirfd, path, uid, gid, flags), "fchownat", path);

    /// <summary>fgetxattr(2): the length or -errno (ENODATA, EOPNOTSUPP).</summary>
    public static int TryFgetxattr(int fd, string name, Span<byte> value)
    {
        fixed (byte* n = CString.Of(name, stackalloc byte[CString.Stack]))
        fixed (byte* v = value)
        {
            return (int)Try(Sys.fgetxattr, fd, (long)n, (long)v, value.Length);
        }
    }

    /// <summary>fsetxattr(2): 0 or -errno.</summary>
    public static int TryFsetxattr(int fd, string name, ReadOnlySpan<byte> value, int flags = 0)
    {
        fixed (byte* n = CString.Of(name, stackalloc byte[CString.Stack]))
        fixed (byte* v = value)
        {
            return (int)Try(Sys.fsetxattr, fd, (long)n, (long)v, value.Length, (long)flags);
        }
    }

    /// <summary>flistxattr(2): the length of the NUL-separated names or -errno.</summary>
    public static int TryFlistxattr(int fd, Span<byte> names)
    {
        fixed (byte* n = names)
        {
            return (int)Try(Sys.flistxattr, fd, (long)n, names.Length);
        }
    }

    /// <summary>getxattr(2) by path: the length or -errno. For O_PATH descriptors give /proc/self/fd/N.</summary>
    public static int TryGetxattr(string path, string name, Span<byte> value)
    {
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        fixed (byte* n = CString.Of(name, stackalloc byte[CString.Stack]))
        fixed (byte* v = value)
        {
            return (int)Try(Sys.getxattr, (long)p, (long)n, (long)v, value.Length);
        }
    }

    /// <summary>setxattr(2) by path: 0 or -errno.</summary>
    public static int TrySetxattr(string path, string name, ReadOnlySpan<byte> value, int flags = 0)
    {
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        fixed (byte* n = CString.Of(name, stackalloc byte[CString.Stack]))
        fixed (byte* v = value)
        {
            return (int)Try(Sys.setxattr, (long)p, (long)n, (long)v, value.Length, (long)flags);
        }
    }
}
