using System;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Syscalls;
using static OciRun.Kernel.AtFlags;
using static OciRun.Kernel.Errno;
using static OciRun.Kernel.Limits;
using static OciRun.Kernel.MountFlags;
using static OciRun.Kernel.OpenFlags;
using static OciRun.Kernel.ResolveFlags;
using static OciRun.Kernel.StatfsMagic;

namespace OciRun.Engine.Child;

/// <summary>The rootfs, what is reached through the host's procfs, and the switch to the rootfs.</summary>
static unsafe partial class ChildProgram
{
    /// <summary>A new mount namespace begins as a copy in which shared mounts are still of the host's peer groups
    /// (mount_namespaces(7)): first of all, what is done here must stop reaching the host. MS_SLAVE lets what the host mounts
    /// later come in, MS_PRIVATE does not.</summary>
    static void SetPropagation(ChildContext* c, ulong flags, byte* privateAbove)
    {
        ReadOnlySpan<byte> slash = "/\0"u8;
        fixed (byte* root = slash)
        {
            Check(c, Sys.mount, ChildSys.Call(Sys.mount, 0, (long)root, 0, (long)flags, 0));
        }
        if (privateAbove is not null)
        {
            MakePrivate(c, privateAbove);
        }
    }

    /// <summary>The mount that the rootfs lies on: pivot_root(2) refuses (EINVAL) while the mount above the new root is shared,
    /// as it would propagate the change. runc's rootfsParentMountPrivate does the same. EINVAL means that no mount is at the
    /// path: the one above it counts.</summary>
    static void MakePrivate(ChildContext* c, byte* path)
    {
        // A path of the host, of the caller's choice, cut shorter from turn to turn: at "/" at the latest there is a mount.
        byte* at = stackalloc byte[PATH_MAX];
        if (!Copy(at, path, PATH_MAX))
        {
            Fail(c, Sys.mount, ENAMETOOLONG);
        }
        int length = 0;
        while (at[length] != 0)
        {
            length++;
        }
        while (true)
        {
            long result = ChildSys.Call(Sys.mount, 0, (long)at, 0, MS_PRIVATE, 0);
            if (result != -EINVAL || length <= 1)
            {
                Check(c, Sys.mount, result);
                return;
            }
            do
            {
                length--;
            }
            while (length > 0 && at[length] != '/');
            at[length == 0 ? 1 : length] = 0;
            length = length == 0 ? 1 : length;
        }
    }

    /// <summary>pivot_root(2) wants a mount point as the new root, so the rootfs is bound over itself; with what engines have
    /// mounted below it (AT_RECURSIVE). From here on it is this descriptor, and its path is not used again.</summary>
    static void BindRoot(ChildContext* c, byte* path)
    {
        ReadOnlySpan<byte> empty = "\0"u8;
        long flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
        c->RootPath = path;
        c->Root = Check(c, Sys.open_tree, ChildSys.Call(Sys.open_tree, AT_FDCWD, (long)path, flags));
        fixed (byte* e = empty)
        {
            Check(c, Sys.move_mount, ChildSys.Call(Sys.move_mount, c->Root, (long)e, AT_FDCWD, (long)path,
                MOVE_MOUNT_F_EMPTY_PATH));
        }
        // What the host mounts below the rootfs later is not the container's.
        // pivot_root(2) refuses a shared mount as the new root, too.
        SetAttr(c, c->Root, 0, 0, MS_PRIVATE, 0, false);
    }

    /// <summary>The rootfs as it is, where there is no new mount namespace to bind it in.</summary>
    static void OpenRoot(ChildContext* c, byte* path) =>
        c->Root = Check(c, Sys.openat, ChildSys.Call(Sys.openat, AT_FDCWD, (long)path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));

    /// <summary>The host's procfs, opened before the root changes: what the container has at /proc plays no part in what is
    /// written (CVE-2025-52881). The magic number says that it is a procfs, inode 1 that it is the root of one and not, say, a
    /// bind of a process's directory.</summary>
    static int HostProc(ChildContext* c)
    {
        if (c->Proc < 0)
        {
            ReadOnlySpan<byte> proc = "/proc\0"u8;
            fixed (byte* p = proc)
            {
                c->Proc = Check(c, Sys.openat, ChildSys.Call(Sys.openat, AT_FDCWD, (long)p, O_PATH | O_DIRECTORY | O_NOFOLLOW |
                    O_CLOEXEC, 0));
            }
            Stat status;
            Check(c, Sys.fstat, ChildSys.Call(Sys.fstat, c->Proc, (long)&status));
            if (MagicOf(c, c->Proc) != PROC_SUPER_MAGIC || status.st_ino != 1)
            {
                Fail(c, Sys.fstatfs, EXDEV);
            }
        }
        return c->Proc;
    }

    /// <summary>Keys that this process makes until its next execve(2) get the payload's SELinux label: else the payload, with
    /// another one, could not use the session keyring made for it. thread-self (Linux 3.17): the file is of the thread, not of
    /// the process.</summary>
    static void LabelKeys(ChildContext* c, byte* label, long size)
    {
        ReadOnlySpan<byte> path = "thread-self/attr/keycreate\0"u8;
        fixed (byte* p = path)
        {
            int fd = Check(c, Sys.openat, ChildSys.Call(Sys.openat, HostProc(c), (long)p, O_WRONLY | O_CLOEXEC, 0));
            Check(c, Sys.write, ChildSys.Call(Sys.write, fd, (long)label, size));
            Close(fd);
        }
    }

    /// <summary>Labels the root of a new file system that takes no label as an option. The host's /proc is still the one that
    /// /proc/self/fd means.</summary>
    static void LabelRoot(ChildContext* c, int mount, byte* label)
    {
        long size = 1;
        while (label[size - 1] != 0)
        {
            size++;
        }
        byte* path = stackalloc byte[32];
        FdPath(path, mount);
        ReadOnlySpan<byte> name = "security.selinux\0"u8;
        fixed (byte* n = name)
        {
            long result = ChildSys.Call(Sys.setxattr, (long)path, (long)n, (long)label, size, 0);
            // A file system without labels of its own: SELinux then has one rule for all its files.
            if (result != -EOPNOTSUPP)
            {
                Check(c, Sys.setxattr, result);
            }
        }
    }

    /// <summary>Kernel parameters of the namespaces that this process is in. Below the verified procfs neither links nor other
    /// mounts are followed (openat2(2)): "kernel/../.." in a name ends in EXDEV.</summary>
    static void WriteSysctl(ChildContext* c, byte* path, byte* value, long size)
    {
        var how = new OpenHow
        {
            flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW,
            resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
        };
        // O_WRONLY alone: O_TRUNC or O_CREAT would only hide that there is no such parameter (ENOENT).
        int fd = Check(c, Sys.openat2, ChildSys.Call(Sys.openat2, HostProc(c), (long)path, (long)&how, sizeof(OpenHow)));
        Check(c, Sys.write, ChildSys.Call(Sys.write, fd, (long)value, size));
        Close(fd);
    }

    /// <summary>The rootfs becomes the root of the mount namespace and the host's tree leaves it: after a mere chroot(2) it
    /// would still be there for whoever has CAP_SYS_CHROOT.</summary>
    static void PivotRoot(ChildContext* c, ulong propagation)
    {
        ReadOnlySpan<byte> slash = "/\0"u8;
        ReadOnlySpan<byte> dot = ".\0"u8;
        fixed (byte* root = slash, here = dot)
        {
            int old = Check(c, Sys.openat, ChildSys.Call(Sys.openat, AT_FDCWD, (long)root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
            // By the descriptor: the path may mean another directory by now.
            Check(c, Sys.fchdir, ChildSys.Call(Sys.fchdir, c->Root));
            // Both names are the new root: the old one is left mounted over it, and unmounted from there (pivot_root(2),
            // "NOTES").
            Check(c, Sys.pivot_root, ChildSys.Call(Sys.pivot_root, (long)here, (long)here));
            Check(c, Sys.fchdir, ChildSys.Call(Sys.fchdir, old));
            if (propagation != 0)
            {
                // Else the unmount would reach the host: linux.rootfsPropagation may have left mounts shared with it. Slave and
                // not private, as in runc: with private, unmounts of the host would not reach the copies here, and keep its
                // devices busy.
                Check(c, Sys.mount, ChildSys.Call(Sys.mount, 0, (long)here, 0, MS_SLAVE | MS_REC, 0));
            }
            // MNT_DETACH: the old tree is in use, by descriptors of this process if by nobody else.
            Check(c, Sys.umount2, ChildSys.Call(Sys.umount2, (long)here, MNT_DETACH));
            // From the detached tree into the new one, or the working directory would keep the host's reachable (compare
            // CVE-2024-21626).
            Check(c, Sys.chdir, ChildSys.Call(Sys.chdir, (long)root));
            Close(old);
            if (propagation != 0)
            {
                Check(c, Sys.mount, ChildSys.Call(Sys.mount, 0, (long)root, 0, (long)propagation, 0));
            }
        }
    }

    /// <summary>For a root in the initramfs, which pivot_root(2) refuses (EINVAL): the rootfs is moved over it, and chroot(2)
    /// leads there, as switch_root(8) does. The old root itself stays below, without what was mounted there.</summary>
    /// <param name="c">The process.</param>
    /// <param name="propagation">MS_* of the new "/", 0 for none.</param>
    /// <param name="below">Where the old root has mounts, relative to it, one string after the other, an empty one at the
    /// end.</param>
    static void MoveRoot(ChildContext* c, ulong propagation, byte* below)
    {
        ReadOnlySpan<byte> slash = "/\0"u8;
        ReadOnlySpan<byte> dot = ".\0"u8;
        fixed (byte* root = slash, here = dot)
        {
            int old = Check(c, Sys.openat, ChildSys.Call(Sys.openat, AT_FDCWD, (long)root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
            Check(c, Sys.fchdir, ChildSys.Call(Sys.fchdir, c->Root));
            Check(c, Sys.mount, ChildSys.Call(Sys.mount, (long)here, (long)root, 0, MS_MOVE, 0));
            // From here on "/" means the rootfs, and what is looked up in the working directory is below it.
            Check(c, Sys.fchdir, ChildSys.Call(Sys.fchdir, old));
            ulong id = MountIdOf(c, old, null, AT_EMPTY_PATH);
            while (*below != 0)
            {
                Uncover(c, below, id);
                while (*below++ != 0)
                {
                }
            }
            Close(old);
            ChangeRoot(c);
            if (propagation != 0)
            {
                Check(c, Sys.mount, ChildSys.Call(Sys.mount, 0, (long)root, 0, (long)propagation, 0));
            }
        }
    }

    /// <summary>Takes away what is mounted at a path of the old root. A procfs or sysfs without masks there would allow whoever
    /// makes a user namespace in the container to mount another one (mount_namespaces(7), "Restrictions on mount
    /// namespaces").</summary>
    static void Uncover(ChildContext* c, byte* path, ulong root)
    {
        long result;
        do
        {
            // Private, or the unmount would reach the host.
            ChildSys.Call(Sys.mount, 0, (long)path, 0, MS_PRIVATE | MS_REC, 0);
            result = ChildSys.Call(Sys.umount2, (long)path, MNT_DETACH | UMOUNT_NOFOLLOW);
        }
        while (result == 0);
        if (result == -ENOENT || MountIdOf(c, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW) == root)
        {
            return;
        }
        // In a user namespace the mounts of the host are locked together (EINVAL), but may be covered; files are none of procfs's
        // roots.
        ReadOnlySpan<byte> type = "tmpfs\0"u8;
        fixed (byte* tmpfs = type)
        {
            result = ChildSys.Call(Sys.mount, (long)tmpfs, (long)path, (long)tmpfs,
                (long)(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC), 0);
        }
        if (result != -ENOTDIR)
        {
            Check(c, Sys.mount, result);
        }
    }

    /// <summary>chroot(2), where there is no mount namespace of its own or none can be entered. It keeps out nobody who has
    /// CAP_SYS_CHROOT, and is no boundary.</summary>
    static void ChangeRoot(ChildContext* c)
    {
        ReadOnlySpan<byte> slash = "/\0"u8;
        ReadOnlySpan<byte> dot = ".\0"u8;
        fixed (byte* root = slash, here = dot)
        {
            Check(c, Sys.fchdir, ChildSys.Call(Sys.fchdir, c->Root));
            Check(c, Sys.chroot, ChildSys.Call(Sys.chroot, (long)here));
            // chroot(2) leaves the working directory where it was: outside, it would be a way out.
            Check(c, Sys.chdir, ChildSys.Call(Sys.chdir, (long)root));
        }
    }
}
