using System;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Syscalls;
using static OciRun.Kernel.AtFlags;
using static OciRun.Kernel.Errno;
using static OciRun.Kernel.Limits;
using static OciRun.Kernel.MountFlags;
using static OciRun.Kernel.OpenFlags;
using static OciRun.Kernel.StatfsMagic;
using static OciRun.Kernel.StatMode;

namespace OciRun.Engine.Child;

/// <summary>Mounts: made detached, given their attributes, then attached from descriptor to descriptor, with the mount API of
/// Linux 5.2 and mount_setattr(2) of 5.12. mount(2) works on paths and ignores in silence what does not fit together (MS_RDONLY
/// with MS_BIND): it is used only where nothing else will do.</summary>
static unsafe partial class ChildProgram
{
    // The types of mount_namespaces(7); MS_REC may be beside them.
    const uint PropagationMask = MS_UNBINDABLE | MS_PRIVATE | MS_SLAVE | MS_SHARED;

    /// <summary>One entry of mounts, or one of the runtime's own. A mount is complete before it can be seen: flags, id mapping
    /// and content are given to it while it is attached nowhere, so that no process of the container ever meets it writable, or
    /// without nosuid.</summary>
    static void Mount(ChildContext* c, MountArgs* m)
    {
        byte* destination = c->Data + m->Destination;
        ForgetDirectory(c);
        HoldDev(c);
        if ((m->Flags & MountArgFlags.Remount) != 0)
        {
            int there = Check(c, Sys.openat2, OpenPlace(c, destination, m->BelowSlot, c->Data + m->Below, O_PATH | NoFollow(m)));
            SetAttributes(c, there, m, m->AttrSet, m->AttrClear);
            Propagate(c, there, m);
            Close(there);
            return;
        }
        if ((m->Flags & MountArgFlags.CopySymlink) != 0 && CopySymlink(c, m))
        {
            return;
        }
        int target;
        int mount;
        if ((m->Flags & MountArgFlags.Bind) != 0)
        {
            mount = m->SourceSlot >= 0 ? c->Slots[m->SourceSlot] : CloneTree(c, c->Data + m->Source, m);
            // A directory goes on a directory, anything else on anything else (ENOTDIR, mount(2)): what is missing is made to
            // fit the source, as all engines expect.
            uint kind = ModeOf(c, mount) & S_IFMT;
            target = Target(c, m, destination, kind == S_IFDIR ? S_IFDIR : S_IFREG);
            CheckTarget(c, m, target, mount);
            MapIds(c, m, mount);
            SetAttributes(c, mount, m, m->AttrSet, m->AttrClear);
        }
        else
        {
            target = Target(c, m, destination, S_IFDIR);
            CheckTarget(c, m, target, -1);
            mount = (m->Flags & MountArgFlags.Legacy) != 0 ? MountLegacy(c, m) : NewFileSystem(c, m, target);
            MapIds(c, m, mount);
            if ((m->RecursiveAttrSet | m->RecursiveAttrClear) != 0)
            {
                SetAttributes(c, mount, m, 0, 0);
            }
        }
        // Filled before it is attached: nobody sees it half full.
        if ((m->Flags & MountArgFlags.CopyUp) != 0)
        {
            CopyTree(c, target, mount, 0);
        }
        Attach(c, mount, target);
        if ((m->Flags & MountArgFlags.LabelRoot) != 0)
        {
            LabelRoot(c, mount, c->Data + m->LegacyData);
        }
        // Last: move_mount(2) makes a mount shared when the one that it is attached to is shared (mount_namespaces(7)),
        // whatever it was before.
        Propagate(c, mount, m);
        Close(target);
        if ((m->Flags & MountArgFlags.Look) != 0)
        {
            m->MountId = MountIdOf(c, mount, null, AT_EMPTY_PATH);
        }
        Keep(c, m, mount);
    }

    /// <summary>A file system that the config mounts on /dev is the container's own from here on.</summary>
    static void Keep(ChildContext* c, MountArgs* m, int mount)
    {
        bool isDev = (m->Flags & MountArgFlags.Bind) == 0 && IsDev(c->Data + m->Destination);
        if (isDev)
        {
            // The one before stays open: it may be in a slot as well.
            c->Dev = mount;
        }
        if (m->KeepSlot >= 0)
        {
            c->Slots[m->KeepSlot] = mount;
        }
        else if (!isDev)
        {
            Close(mount);
        }
    }

    static int NoFollow(MountArgs* m) => (m->Flags & MountArgFlags.DestinationNoFollow) != 0 ? O_NOFOLLOW : 0;

    /// <summary>move_mount(2), Linux 5.2, from descriptor to descriptor: the place was resolved once, below the rootfs, and
    /// nobody who swaps a directory for a link meanwhile leads the mount elsewhere (CVE-2021-30465).</summary>
    static void Attach(ChildContext* c, int mount, int target)
    {
        // The empty path stands for the descriptor itself, with the two flags.
        ReadOnlySpan<byte> empty = "\0"u8;
        fixed (byte* e = empty)
        {
            Check(c, Sys.move_mount, ChildSys.Call(Sys.move_mount, mount, (long)e, target, (long)e, MOVE_MOUNT_F_EMPTY_PATH |
                MOVE_MOUNT_T_EMPTY_PATH));
        }
    }

    /// <summary>A detached clone of the mount at a path of the host, which the config names: a bind mount that is attached
    /// nowhere (OPEN_TREE_CLONE, Linux 5.2). AT_RECURSIVE is rbind. Without it, in a user namespace, a tree with mounts that
    /// came from outside is EINVAL: they may hide what the mount below shows (mount_namespaces(7)).</summary>
    static int CloneTree(ChildContext* c, byte* source, MountArgs* m)
    {
        // A source below a directory of others may be swapped at any time: what counts from here on is this descriptor.
        int flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
        flags |= (m->Flags & MountArgFlags.Recursive) != 0 ? AT_RECURSIVE : 0;
        // open_tree follows a link at the end by default, as mount(2) does.
        flags |= (m->Flags & MountArgFlags.SourceNoFollow) != 0 ? AT_SYMLINK_NOFOLLOW : 0;
        return Check(c, Sys.open_tree, ChildSys.Call(Sys.open_tree, AT_FDCWD, (long)source, flags));
    }

    /// <summary>fstat(2) takes O_PATH descriptors since Linux 3.6: type and mode without opening the thing, which for a device
    /// has effects.</summary>
    static uint ModeOf(ChildContext* c, int fd)
    {
        Stat status;
        Check(c, Sys.fstat, ChildSys.Call(Sys.fstat, fd, (long)&status));
        return status.st_mode;
    }

    /// <summary>The place of a mount below the rootfs, made where it is missing. RealDirectory is for proc and sysfs;
    /// InheritMode for a tmpfs that takes the mode of what it covers, as runc's does.</summary>
    static int Target(ChildContext* c, MountArgs* m, byte* destination, uint kind)
    {
        int flags = NoFollow(m);
        if ((m->Flags & MountArgFlags.RealDirectory) != 0)
        {
            // A link at /proc or /sys would have the runtime mount and later trust something else (CVE-2019-19921).
            flags |= O_NOFOLLOW | O_DIRECTORY;
        }
        if ((m->Flags & MountArgFlags.InheritMode) != 0)
        {
            long there = OpenPlace(c, destination, m->BelowSlot, c->Data + m->Below, O_PATH | flags);
            if (there != -ENOENT)
            {
                return Check(c, Sys.openat2, there);
            }
            // There is no directory to be like: the file system's own default holds, which for tmpfs is 1777.
            // The arguments are this process's copy of them.
            m->Flags &= ~MountArgFlags.InheritMode;
        }
        return Check(c, Sys.openat2, OpenOrCreatePlace(c, destination, m->BelowSlot, c->Data + m->Below, kind, flags));
    }

    /// <summary>Nothing goes over procfs but procfs on its root, and a few harmless files (CVE-2019-16884, CVE-2025-52881): a
    /// file of the image at /proc/self/attr would make the runtime write the payload's label nowhere. runc's checkProcMount has
    /// the same list. What counts is the magic number of the opened place, not its path, which may lead there through
    /// links.</summary>
    static void CheckTarget(ChildContext* c, MountArgs* m, int target, int source)
    {
        if ((m->Flags & MountArgFlags.OnlyProcSource) != 0)
        {
            if (source >= 0 && MagicOf(c, source) != PROC_SUPER_MAGIC)
            {
                Fail(c, Sys.move_mount, EPERM);
            }
            return;
        }
        if ((m->Flags & MountArgFlags.OnProcAllowed) == 0 && MagicOf(c, target) == PROC_SUPER_MAGIC)
        {
            Fail(c, Sys.move_mount, EPERM);
        }
    }

    /// <summary>fstatfs(2) takes O_PATH descriptors since Linux 3.12.</summary>
    static long MagicOf(ChildContext* c, int fd)
    {
        Statfs64 status;
        Check(c, Sys.fstatfs, ChildSys.Call(Sys.fstatfs, fd, (long)&status));
        return status.f_type;
    }

    /// <summary>MOUNT_ATTR_IDMAP, Linux 5.12: owners of files are shown as the maps of a user namespace say. The runtime has
    /// made that namespace only for its maps, and it is no more than a descriptor here. The mount must not have been visible
    /// anywhere before (EINVAL, mount_setattr(2)).</summary>
    static void MapIds(ChildContext* c, MountArgs* m, int mount)
    {
        if (m->IdMapSlot < 0)
        {
            return;
        }
        bool recursive = (m->Flags & MountArgFlags.RecursiveIdMap) != 0;
        SetAttr(c, mount, MOUNT_ATTR_IDMAP, 0, 0, (ulong)c->Slots[m->IdMapSlot], recursive);
    }

    /// <summary>Two calls: words like "ro" are for this mount alone, those with an r before them ("rro", "rnosuid") for all
    /// below it too; the specification has both (config.md, "Linux mount options").</summary>
    static void SetAttributes(ChildContext* c, int mount, MountArgs* m, ulong set, ulong clear)
    {
        if ((set | clear) != 0)
        {
            SetAttr(c, mount, set, clear, 0, 0, false);
        }
        if ((m->RecursiveAttrSet | m->RecursiveAttrClear) != 0)
        {
            SetAttr(c, mount, m->RecursiveAttrSet, m->RecursiveAttrClear, 0, 0, true);
        }
    }

    /// <summary>Up to four words, as in "rslave" and "shared" of one mount: mount_setattr(2) takes one type at a time, and a
    /// mount that was slave and then shared is both (mount_namespaces(7)).</summary>
    static void Propagate(ChildContext* c, int mount, MountArgs* m)
    {
        PropagateOne(c, mount, m->Propagation0);
        PropagateOne(c, mount, m->Propagation1);
        PropagateOne(c, mount, m->Propagation2);
        PropagateOne(c, mount, m->Propagation3);
    }

    static void PropagateOne(ChildContext* c, int mount, uint flags)
    {
        if (flags != 0)
        {
            // MS_REC is of mount(2); here it is AT_RECURSIVE of the call.
            SetAttr(c, mount, 0, 0, flags & PropagationMask, 0, (flags & MS_REC) != 0);
        }
    }

    /// <summary>mount_setattr(2), Linux 5.12, on a descriptor. For a whole tree it is all or nothing, where mount(2) had to be
    /// repeated for each.</summary>
    static void SetAttr(ChildContext* c, int mount, ulong set, ulong clear, ulong propagation, ulong userNamespace,
        bool recursive)
    {
        Check(c, Sys.mount_setattr, TrySetAttr(mount, set, clear, propagation, userNamespace, recursive));
    }

    static long TrySetAttr(int mount, ulong set, ulong clear, ulong propagation, ulong userNamespace, bool recursive)
    {
        ReadOnlySpan<byte> empty = "\0"u8;
        var attr = new MountAttrArgs { attr_set = set, attr_clr = clear, propagation = propagation, userns_fd = userNamespace };
        fixed (byte* e = empty)
        {
            return ChildSys.Call(Sys.mount_setattr, mount, (long)e, AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), (long)&attr,
                sizeof(MountAttrArgs));
        }
    }

    /// <summary>"/proc/self/fd/N" for calls that take no descriptor. Digits are made by hand, from the last to the first:
    /// formatting a number allocates.</summary>
    static void FdPath(byte* path, int fd)
    {
        ReadOnlySpan<byte> prefix = "/proc/self/fd/"u8;
        for (int i = 0; i < 14; i++)
        {
            path[i] = prefix[i];
        }
        byte* digits = stackalloc byte[12];
        int count = 0;
        do
        {
            digits[count++] = (byte)('0' + fd % 10);
            fd /= 10;
        }
        while (fd > 0);
        for (int i = 0; i < count; i++)
        {
            path[14 + i] = digits[count - 1 - i];
        }
        path[14 + count] = 0;
    }

    /// <summary>Remakes a link of the host in the container, "copy-symlink" of crun(1); false when the source is none (EINVAL
    /// of readlink(2)), which is then bound. A link that is there already stays.</summary>
    static bool CopySymlink(ChildContext* c, MountArgs* m)
    {
        byte* link = stackalloc byte[PATH_MAX + 1];
        long size = ChildSys.Call(Sys.readlinkat, AT_FDCWD, (long)(c->Data + m->Source), (long)link, PATH_MAX);
        if (size < 0)
        {
            return false;
        }
        link[size] = 0;
        int directory = OpenParentPlace(c, c->Data + m->Destination, m->BelowSlot, c->Data + m->Below, false, out byte* name);
        long result = ChildSys.Call(Sys.symlinkat, (long)link, directory, (long)name);
        if (result != -EEXIST)
        {
            Check(c, Sys.symlinkat, result);
        }
        return true;
    }
}
