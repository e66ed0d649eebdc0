using System;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>open_tree(2), mount_setattr(2), setns(2), unshare(2).</content>
public static unsafe partial class Syscall
{
    /// <summary>open_tree(2), Linux 5.2: the descriptor or -errno. With OPEN_TREE_CLONE it is a detached mount, which nobody
    /// else can reach and which goes with its last descriptor.</summary>
    public static int TryOpenTree(int dirfd, string path, int flags, int at = 0) =>
        TryPath(Sys.open_tree, dirfd, path, flags | MountFlags.OPEN_TREE_CLOEXEC | at);

    /// <summary>mount_setattr(2), Linux 5.12: 0 or -errno. All of the tree is changed, or with an error nothing of
    /// it.</summary>
    public static int TryMountSetattr(int dirfd, string path, int flags, MountAttrArgs attr) =>
        TryPath(Sys.mount_setattr, dirfd, path, (uint)flags, (long)(&attr), sizeof(MountAttrArgs));

    /// <summary>setns(2) with a namespace or pidfd; <paramref name="types"/> are CLONE_NEW*, or 0 for any.</summary>
    public static void Setns(int fd, int types) => Check(TrySetns(fd, types), "setns");

    /// <summary>setns(2): 0 or -errno. EINVAL for a user namespace from a process with threads; that is why the child joins
    /// those.</summary>
    public static int TrySetns(int fd, int types) => (int)Try(Sys.setns, fd, types);

    /// <summary>unshare(2): 0 or -errno. CLONE_NEWPID and CLONE_NEWTIME only decide where the next children are born.</summary>
    public static int TryUnshare(int flags) => (int)Try(Sys.unshare, flags);
}
