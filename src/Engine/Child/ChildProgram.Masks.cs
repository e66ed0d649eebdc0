using System;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Syscalls;
using static OciRun.Kernel.AtFlags;
using static OciRun.Kernel.Errno;
using static OciRun.Kernel.MountFlags;
using static OciRun.Kernel.OpenFlags;
using static OciRun.Kernel.StatMode;

namespace OciRun.Engine.Child;

/// <summary>What is hidden in the rootfs, and what is made read-only.</summary>
static unsafe partial class ChildProgram
{
    /// <summary>Hides a path: a directory by an empty one, a file by /dev/null. What does not exist needs no mask; engines name
    /// paths that only some kernels have.</summary>
    static void Mask(ChildContext* c, byte* path, int slot, byte* rest)
    {
        long target = OpenPlace(c, path, slot, rest, O_PATH);
        if (target is -ENOENT or -ENOTDIR)
        {
            return;
        }
        Check(c, Sys.openat2, target);
        int mount = (ModeOf(c, (int)target) & S_IFMT) == S_IFDIR ? EmptyDirectory(c) : CloneNull(c);
        Attach(c, mount, (int)target);
        Close((int)target);
        if (mount != c->MaskMount && mount != c->Null)
        {
            Close(mount);
        }
    }

    /// <summary>One tmpfs serves all masked directories: the first time it is mounted, then cloned, which is one call in place
    /// of five.</summary>
    static int EmptyDirectory(ChildContext* c)
    {
        if (c->MaskMount >= 0)
        {
            return CloneOf(c, c->MaskMount, 0);
        }
        ReadOnlySpan<byte> type = "tmpfs\0"u8;
        // The least that tmpfs can be: 0 would mean without a limit (tmpfs(5)). Of two inodes one is the root, and it is
        // read-only anyway.
        ReadOnlySpan<byte> words = "nr_blocks=1\0nr_inodes=2\0mode=755\0\0"u8;
        fixed (byte* t = type, w = words)
        {
            int fs = Check(c, Sys.fsopen, ChildSys.Call(Sys.fsopen, (long)t, FSOPEN_CLOEXEC));
            ConfigureWords(c, fs, w);
            Check(c, Sys.fsconfig, ChildSys.Call(Sys.fsconfig, fs, FSCONFIG_CMD_CREATE));
            c->MaskMount = Check(c, Sys.fsmount, ChildSys.Call(Sys.fsmount, fs, FSMOUNT_CLOEXEC,
                MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
            Close(fs);
        }
        return c->MaskMount;
    }

    /// <summary>A clone of the host's /dev/null: the container's may be anything (CVE-2025-31133). It is the host's own file, so
    /// the mount is read-only: else chmod(2) and chown(2) on a masked path would change it for everybody.</summary>
    static int CloneNull(ChildContext* c)
    {
        if (c->Null >= 0)
        {
            return CloneOf(c, c->Null, 0);
        }
        ReadOnlySpan<byte> path = "/dev/null\0"u8;
        fixed (byte* p = path)
        {
            long flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW;
            c->Null = Check(c, Sys.open_tree, ChildSys.Call(Sys.open_tree, AT_FDCWD, (long)p, flags));
        }
        Stat status;
        Check(c, Sys.fstat, ChildSys.Call(Sys.fstat, c->Null, (long)&status));
        if ((status.st_mode & S_IFMT) != S_IFCHR || status.st_rdev != Dev.Null)
        {
            Fail(c, Sys.fstat, ENODEV);
        }
        SetAttr(c, c->Null, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, MS_PRIVATE, 0, false);
        return c->Null;
    }

    /// <summary>A clone of what is there, read-only, over itself; with the mounts below it, which keep their own flags, as with
    /// runc. It is never the mount itself that is changed: that one may be shared by other paths.</summary>
    static void ReadOnlyPath(ChildContext* c, byte* path, int slot, byte* rest)
    {
        long target = OpenPlace(c, path, slot, rest, O_PATH);
        if (target is -ENOENT or -ENOTDIR)
        {
            return;
        }
        Check(c, Sys.openat2, target);
        int mount = CloneOf(c, (int)target, AT_RECURSIVE);
        Seal(c, mount);
        Attach(c, mount, (int)target);
        Close((int)target);
        Close(mount);
    }

    /// <summary>Read-only, and for this mount alone: writers with an open file would make it EBUSY, but before the payload runs
    /// there are none.</summary>
    static void Seal(ChildContext* c, int mount) => SetAttr(c, mount, MOUNT_ATTR_RDONLY, 0, 0, 0, false);

    /// <summary>A detached clone of what a descriptor holds; with AT_RECURSIVE, of what is mounted below it too.</summary>
    static int CloneOf(ChildContext* c, int fd, long recursive)
    {
        ReadOnlySpan<byte> empty = "\0"u8;
        fixed (byte* e = empty)
        {
            long flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | recursive;
            return Check(c, Sys.open_tree, ChildSys.Call(Sys.open_tree, fd, (long)e, flags));
        }
    }
}
