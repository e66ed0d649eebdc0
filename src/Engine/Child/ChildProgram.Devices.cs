using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Syscalls;
using static OciRun.Kernel.AtFlags;
using static OciRun.Kernel.Errno;
using static OciRun.Kernel.Mode;
using static OciRun.Kernel.MountFlags;
using static OciRun.Kernel.OpenFlags;
using static OciRun.Kernel.StatMode;

namespace OciRun.Engine.Child;

/// <summary>Device nodes and links below /dev.</summary>
static unsafe partial class ChildProgram
{
    /// <summary>A device node. Where this user may not make one it is bound from the host: mknod(2) is EPERM in any user
    /// namespace but the first, and so it is with a node that the config asks to be bound.</summary>
    static void MakeNode(ChildContext* c, NodeArgs* node)
    {
        bool bind = (node->Flags & 1) != 0;
        bool configured = (node->Flags & 2) != 0;
        int directory = OpenParentPlace(c, c->Data + node->Path, node->BelowSlot, c->Data + node->Below, (node->Flags & 4) == 0,
            out byte* name);
        if (!bind)
        {
            // The mode is whole, as the umask is 0; the device number is the kernel's own form of it (makedev(3)).
            long result = ChildSys.Call(Sys.mknodat, directory, (long)name, node->Mode, (long)node->Device);
            if (result >= 0)
            {
                if ((node->Uid | node->Gid) != 0)
                {
                    // AT_SYMLINK_NOFOLLOW: between the two calls somebody who shares the volume may put a link there, and the
                    // host's file behind it must not change hands.
                    Check(c, Sys.fchownat, ChildSys.Call(Sys.fchownat, directory, (long)name, node->Uid, node->Gid,
                        AT_SYMLINK_NOFOLLOW));
                }
                return;
            }
            if (result == -EEXIST)
            {
                Stat status;
                Check(c, Sys.newfstatat, ChildSys.Call(Sys.newfstatat, directory, (long)name, (long)&status,
                    AT_SYMLINK_NOFOLLOW));
                if (IsSameNode(&status, node))
                {
                    return;
                }
                // An image may bring an empty file as a place for a bind; anything else is not what was asked for.
                if (configured || (status.st_mode & S_IFMT) != S_IFREG)
                {
                    Fail(c, Sys.mknodat, EEXIST);
                }
            }
            // A FIFO needs no right (mknod(2)), so that EPERM has another reason then.
            else if (result != -EPERM || (node->Mode & S_IFMT) == S_IFIFO)
            {
                Fail(c, Sys.mknodat, (int)-result);
            }
        }
        BindNode(c, node, directory, name);
    }

    /// <summary>Type and number; a FIFO has no number. An image's own /dev/null with other numbers is not taken for one
    /// (compare CVE-2025-31133).</summary>
    static bool IsSameNode(Stat* status, NodeArgs* node)
    {
        uint kind = node->Mode & S_IFMT;
        return (status->st_mode & S_IFMT) == kind && (kind == S_IFIFO || status->st_rdev == node->Device);
    }

    /// <summary>The host's node of the same path, over an empty file, as runc and crun do in a user namespace. It keeps the
    /// host's owner and mode. The path is only where to look: what is there must be the device that the config says by type and
    /// number, and is looked at through the descriptor that is then mounted.</summary>
    static void BindNode(ChildContext* c, NodeArgs* node, int directory, byte* name)
    {
        // mknod(2) with S_IFREG makes an empty file and never opens what is there, as O_CREAT would.
        long made = ChildSys.Call(Sys.mknodat, directory, (long)name, S_IFREG | O644, 0);
        if (made < 0 && made != -EEXIST)
        {
            Fail(c, Sys.mknodat, (int)-made);
        }
        int target = Check(c, Sys.openat, ChildSys.Call(Sys.openat, directory, (long)name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0));
        long flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
        int mount = Check(c, Sys.open_tree, ChildSys.Call(Sys.open_tree, AT_FDCWD, (long)(c->Data + node->HostPath), flags));
        Stat status;
        Check(c, Sys.fstat, ChildSys.Call(Sys.fstat, mount, (long)&status));
        if (!IsSameNode(&status, node))
        {
            Fail(c, Sys.open_tree, ENODEV);
        }
        // nosuid and noexec: a device node needs neither, and the host's mount may have them off. nodev must stay off: it would
        // make the node useless.
        SetAttr(c, mount, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, 0, 0, 0, false);
        Attach(c, mount, target);
        Close(target);
        Close(mount);
    }

    /// <summary>A link below /dev. Flag 2: only where its target is on the host, as /dev/core to /proc/kcore; flag 1: in the
    /// place of what is there, as /dev/ptmx, which an image may bring as a node of the host's devpts. Otherwise what is there
    /// already stays, as in runc.</summary>
    static void MakeSymlink(ChildContext* c, byte* target, byte* path, uint flags)
    {
        if ((flags & 2) != 0 && ChildSys.Call(Sys.faccessat, AT_FDCWD, (long)target, 0) < 0)
        {
            return;
        }
        int directory = OpenParentInDev(c, path, out byte* name);
        if ((flags & 1) != 0)
        {
            long removed = ChildSys.Call(Sys.unlinkat, directory, (long)name, 0);
            if (removed < 0 && removed != -ENOENT)
            {
                Fail(c, Sys.unlinkat, (int)-removed);
            }
        }
        long result = ChildSys.Call(Sys.symlinkat, (long)target, directory, (long)name);
        if (result != -EEXIST)
        {
            Check(c, Sys.symlinkat, result);
        }
    }
}
