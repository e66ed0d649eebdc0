using System;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>mount(2), umount(2), open_tree(2), move_mount(2), fsopen(2), fsconfig(2), fsmount(2), mount_setattr(2), setns(2).</content>
public static unsafe partial class Syscall
{
    /// <summary>mount(2); null strings become null pointers.</summary>
    public static void Mount(string? source, string target, string? type, int flags, string? data = null) =>
        Check(TryMount(source, target, type, flags, data), "mount", target);

    /// <summary>mount(2): 0 or -errno.</summary>
    public static int TryMount(string? source, string target, string? type, int flags, string? data = null)
    {
        fixed (byte* s = OfNullable(source, stackalloc byte[CString.Stack]))
        fixed (byte* t = CString.Of(target, stackalloc byte[CString.Stack]))
        fixed (byte* f = OfNullable(type, stackalloc byte[CString.Stack]))
        fixed (byte* d = OfNullable(data, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.mount, (long)s, (long)t, (long)f, (long)flags, (long)d);
        }
    }

    static ReadOnlySpan<byte> OfNullable(string? text, Span<byte> buffer) => text is null ? default : CString.Of(text, buffer);

    /// <summary>umount2(2).</summary>
    public static void Umount2(string target, int flags) => Check(TryUmount2(target, flags), "umount2", target);

    /// <summary>umount2(2): 0 or -errno (EINVAL: not a mount point).</summary>
    public static int TryUmount2(string target, int flags)
    {
        fixed (byte* t = CString.Of(target, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.umount2, (long)t, (long)flags);
        }
    }

    /// <summary>open_tree(2), always OPEN_TREE_CLOEXEC; at holds AT_RECURSIVE, AT_EMPTY_PATH or AT_SYMLINK_NOFOLLOW.</summary>
    public static SafeFd OpenTree(int dirfd, string path, int flags, int at = 0) =>
        Own(TryOpenTree(dirfd, path, flags, at), "open_tree", path);

    /// <summary>open_tree(2): the descriptor or -errno.</summary>
    public static int TryOpenTree(int dirfd, string path, int flags, int at = 0) =>
        TryPath(Sys.open_tree, dirfd, path, (long)(flags | MountFlags.OPEN_TREE_CLOEXEC) | (long)(uint)at);

    /// <summary>move_mount(2).</summary>
    public static void MoveMount(int fromDir, string fromPath, int toDir, string toPath, int flags) =>
        Check(TryMoveMount(fromDir, fromPath, toDir, toPath, flags), "move_mount", toPath);

    /// <summary>move_mount(2): 0 or -errno.</summary>
    public static int TryMoveMount(int fromDir, string fromPath, int toDir, string toPath, int flags)
    {
        fixed (byte* f = CString.Of(fromPath, stackalloc byte[CString.Stack]))
        fixed (byte* t = CString.Of(toPath, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.move_mount, fromDir, (long)f, toDir, (long)t, (long)flags);
        }
    }

    /// <summary>fsopen(2), always FSOPEN_CLOEXEC.</summary>
    public static SafeFd Fsopen(string type) => Own(TryFsopen(type), "fsopen", type);

    /// <summary>fsopen(2): the descriptor or -errno (ENODEV: unknown type).</summary>
    public static int TryFsopen(string type)
    {
        fixed (byte* t = CString.Of(type, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.fsopen, (long)t, MountFlags.FSOPEN_CLOEXEC);
        }
    }

    /// <summary>fsconfig(2) with a string value or none.</summary>
    public static void Fsconfig(int fd, int command, string? key = null, string? value = null, int aux = 0) =>
        Check(TryFsconfig(fd, command, key, value, aux), "fsconfig", key);

    /// <summary>fsconfig(2): 0 or -errno. The kernel's reason, if any, can be read from <paramref name="fd"/>.</summary>
    public static int TryFsconfig(int fd, int command, string? key = null, string? value = null, int aux = 0)
    {
        fixed (byte* k = OfNullable(key, stackalloc byte[CString.Stack]))
        fixed (byte* v = OfNullable(value, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.fsconfig, fd, (long)command, (long)k, (long)v, aux);
        }
    }

    /// <summary>fsmount(2), always FSMOUNT_CLOEXEC.</summary>
    public static SafeFd Fsmount(int fd, int attributes) => Own(TryFsmount(fd, attributes), "fsmount");

    /// <summary>fsmount(2): the descriptor or -errno.</summary>
    public static int TryFsmount(int fd, int attributes) =>
        (int)Try(Sys.fsmount, fd, MountFlags.FSMOUNT_CLOEXEC, (long)attributes);

    /// <summary>mount_setattr(2); flags are AT_EMPTY_PATH, AT_RECURSIVE, AT_SYMLINK_NOFOLLOW.</summary>
    public static void MountSetattr(int dirfd, string path, int flags, MountAttrArgs attr) =>
        Check(TryMountSetattr(dirfd, path, flags, attr), "mount_setattr", path);

    /// <summary>mount_setattr(2): 0 or -errno.</summary>
    public static int TryMountSetattr(int dirfd, string path, int flags, MountAttrArgs attr) =>
        TryPath(Sys.mount_setattr, dirfd, path, (uint)flags, (long)(&attr), sizeof(MountAttrArgs));

    /// <summary>setns(2) with a namespace or pidfd; <paramref name="types"/> are CLONE_NEW*, or 0 for any.</summary>
    public static void Setns(int fd, int types) => Check(TrySetns(fd, types), "setns");

    /// <summary>setns(2): 0 or -errno.</summary>
    public static int TrySetns(int fd, int types) => (int)Try(Sys.setns, fd, (long)types);

    /// <summary>unshare(2). CLONE_NEWUSER fails with EINVAL here: .NET has a second thread.</summary>
    public static void Unshare(int flags) => Check(TryUnshare(flags), "unshare");

    /// <summary>unshare(2): 0 or -errno.</summary>
    public static int TryUnshare(int flags) => (int)Try(Sys.unshare, (long)flags);

    /// <summary>pivot_root(2): 0 or -errno.</summary>
    public static int TryPivotRoot(string newRoot, string putOld)
    {
        fixed (byte* n = CString.Of(newRoot, stackalloc byte[CString.Stack]))
        fixed (byte* o = CString.Of(putOld, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.pivot_root, (long)n, (long)o);
        }
    }
}
