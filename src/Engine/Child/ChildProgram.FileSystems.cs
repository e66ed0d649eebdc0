using System;
using System.Runtime.CompilerServices;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Syscalls;
using static OciRun.Kernel.AtFlags;
using static OciRun.Kernel.Errno;
using static OciRun.Kernel.Mode;
using static OciRun.Kernel.MountFlags;
using static OciRun.Kernel.OpenFlags;

namespace OciRun.Engine.Child;

/// <summary>New file systems, not yet attached anywhere: fsopen(2), fsconfig(2) and fsmount(2), the host's own mount where
/// these are refused, and mount(2) for what fsconfig(2) does not take.</summary>
static unsafe partial class ChildProgram
{
    /// <summary>fsopen, fsconfig, fsmount: a detached mount of a new file system; or a clone of the host's, where the step allows
    /// that and the kernel refuses a new one.</summary>
    static int NewFileSystem(ChildContext* c, MountArgs* m, int target)
    {
        long opened = ChildSys.Call(Sys.fsopen, (long)(c->Data + m->Type), FSOPEN_CLOEXEC);
        if (opened < 0 && CanFallBack(m, opened))
        {
            // sysfs refuses here already, when the network namespace is not of this user namespace: what it shows are the
            // devices of that one.
            return CloneHost(c, m);
        }
        // A context, no mount yet: parameters are collected in it, and each is checked when it is given.
        int fs = Check(c, Sys.fsopen, opened);
        ReadOnlySpan<byte> source = "source\0"u8;
        fixed (byte* key = source)
        {
            if (m->Source != 0)
            {
                // What /proc/PID/mountinfo shows as the source; without it that is "none".
                Configure(c, fs, key, c->Data + m->Source);
            }
        }
        if (m->PidNamespaceSlot >= 0)
        {
            ReadOnlySpan<byte> pidns = "pidns\0"u8;
            fixed (byte* key = pidns)
            {
                Check(c, Sys.fsconfig, ChildSys.Call(Sys.fsconfig, fs, FSCONFIG_SET_FD, (long)key, 0,
                    c->Slots[m->PidNamespaceSlot]));
            }
        }
        if (m->Data != 0)
        {
            // Each option by its own call: the error then has the kernel's words about this one.
            ConfigureWords(c, fs, c->Data + m->Data);
        }
        // Zeroing it would call a helper of the managed runtime.
        Unsafe.SkipInit(out Stat covered);
        if ((m->Flags & MountArgFlags.InheritMode) != 0)
        {
            Check(c, Sys.fstat, ChildSys.Call(Sys.fstat, target, (long)&covered));
            ConfigureMode(c, fs, covered.st_mode & O7777);
        }
        // The superblock comes into being here; fsmount(2) makes a mount of it that has its flags from the first moment.
        long result = ChildSys.Call(Sys.fsconfig, fs, FSCONFIG_CMD_CREATE);
        if (result >= 0)
        {
            result = ChildSys.Call(Sys.fsmount, fs, FSMOUNT_CLOEXEC, (long)m->AttrSet);
        }
        if (result < 0 && CanFallBack(m, result))
        {
            Close(fs);
            return CloneHost(c, m);
        }
        if (result < 0)
        {
            FailMount(c, Sys.fsmount, (int)-result, fs);
        }
        Close(fs);
        if ((m->Flags & MountArgFlags.InheritMode) != 0 && (covered.st_uid | covered.st_gid) != 0)
        {
            OwnLike(c, (int)result, &covered);
        }
        return (int)result;
    }

    /// <summary>EPERM is the answer in a user namespace that does not own the namespace which the file system would show, or
    /// where the host's own mount of it is partly covered: a new one would uncover that. A payload of rootless podman with
    /// --network=host or --pid=host is such a case. For cgroup2 in a user namespace without a cgroup namespace of its own, runc
    /// and crun also take EBUSY for this.</summary>
    static bool CanFallBack(MountArgs* m, long result) =>
        (m->Flags & MountArgFlags.HostFallback) != 0 && result == -EPERM ||
        (m->Flags & MountArgFlags.CgroupFallback) != 0 && (result == -EPERM || result == -EBUSY);

    /// <summary>The host's own mount in the place of a new one, as crun does it. Recursive, because what is mounted over parts
    /// of it is there to hide them and must come along (EINVAL otherwise in a user namespace).</summary>
    static int CloneHost(ChildContext* c, MountArgs* m)
    {
        long flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
        int mount = Check(c, Sys.open_tree, ChildSys.Call(Sys.open_tree, AT_FDCWD, (long)(c->Data + m->FallbackSource), flags));
        // Flags that a user namespace may not take away (nosuid of the host's) are locked, and so stay: EPERM only for who
        // wants them off.
        SetAttr(c, mount, m->AttrSet, m->AttrClear, 0, 0, true);
        return mount;
    }

    /// <summary>The owner of what was covered. A failure is none: in a user namespace that owner may have no id (EINVAL), and
    /// then root of the namespace is right.</summary>
    static void OwnLike(ChildContext* c, int mount, Stat* covered)
    {
        ReadOnlySpan<byte> empty = "\0"u8;
        fixed (byte* e = empty)
        {
            ChildSys.Call(Sys.fchownat, mount, (long)e, covered->st_uid, covered->st_gid, AT_EMPTY_PATH);
        }
    }

    /// <summary>One parameter of fsconfig(2). A word without a value, like usrquota, is a flag; the kernel tells the two apart
    /// and says EINVAL for the wrong one.</summary>
    static void Configure(ChildContext* c, int fs, byte* key, byte* value)
    {
        long result = value is null
            ? ChildSys.Call(Sys.fsconfig, fs, FSCONFIG_SET_FLAG, (long)key, 0, 0)
            : ChildSys.Call(Sys.fsconfig, fs, FSCONFIG_SET_STRING, (long)key, (long)value, 0);
        if (result < 0)
        {
            FailMount(c, Sys.fsconfig, (int)-result, fs);
        }
    }

    /// <summary>Words like "size=64k" and "usrquota", each NUL-terminated, an empty one at the end. fsconfig(2) copies keys and
    /// values of at most 255 bytes: longer ones, as overlayfs has them, never come here but to mount(2).</summary>
    static void ConfigureWords(ChildContext* c, int fs, byte* word)
    {
        byte* key = stackalloc byte[256];
        while (*word != 0)
        {
            int length = 0;
            while (word[length] != 0 && word[length] != '=' && length < 255)
            {
                key[length] = word[length];
                length++;
            }
            key[length] = 0;
            bool hasValue = word[length] == '=';
            byte* value = word + length + 1;
            if (!hasValue)
            {
                value = word + length;
            }
            Configure(c, fs, key, hasValue ? value : null);
            while (*value != 0)
            {
                value++;
            }
            word = value + 1;
        }
    }

    /// <summary>mode= with the four octal digits of a file's mode, by hand: formatting a number allocates.</summary>
    static void ConfigureMode(ChildContext* c, int fs, uint mode)
    {
        ReadOnlySpan<byte> name = "mode\0"u8;
        byte* digits = stackalloc byte[5];
        digits[0] = (byte)('0' + (mode >> 9 & 7));
        digits[1] = (byte)('0' + (mode >> 6 & 7));
        digits[2] = (byte)('0' + (mode >> 3 & 7));
        digits[3] = (byte)('0' + (mode & 7));
        digits[4] = 0;
        fixed (byte* key = name)
        {
            Configure(c, fs, key, digits);
        }
    }

    /// <summary>An error record followed by what the kernel says about a file system context ("e tmpfs: Bad value for 'size'").
    /// It keeps messages at the context, and read(2) gives the oldest one; ENODATA when there is none. mount(2) had only the
    /// errno, and the rest went to the kernel's log.</summary>
    static void FailMount(ChildContext* c, long call, int errno, int fs)
    {
        // One record, so one write: what comes behind its fixed part is the text.
        byte* message = stackalloc byte[Record.Size + Record.MostDetail];
        Fill((Record*)message, RecordType.Error, c->Step, (uint)call, errno, 0);
        long size = ChildSys.Call(Sys.read, fs, (long)(message + Record.Size), Record.MostDetail);
        ChildSys.Call(Sys.write, c->Channel, (long)message, Record.Size + (size > 0 ? size : 0));
        Exit(1);
    }

    /// <summary>mount(2), for data that fsconfig(2) does not take. That call gives no descriptor of what it made: it mounts over
    /// the rootfs, at a path of the host where nobody else can rename, and from there the mount goes on like any
    /// other.</summary>
    static int MountLegacy(ChildContext* c, MountArgs* m)
    {
        // These four have one number in both calls; the others have two.
        const ulong same = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
        ulong flags = m->LegacyFlags | (m->AttrSet & same) |
            FlagOf(m, MOUNT_ATTR_NOATIME, MS_NOATIME) |
            FlagOf(m, MOUNT_ATTR_NODIRATIME, MS_NODIRATIME) |
            FlagOf(m, MOUNT_ATTR_STRICTATIME, MS_STRICTATIME) |
            FlagOf(m, MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW);
        if ((m->Flags & MountArgFlags.CopyUp) != 0 || m->IdMapSlot >= 0)
        {
            Fail(c, Sys.mount, EOPNOTSUPP);
        }
        byte* data = m->LegacyData != 0 ? c->Data + m->LegacyData : null;
        Check(c, Sys.mount, ChildSys.Call(Sys.mount, (long)(c->Data + m->Source), (long)c->RootPath, (long)(c->Data + m->Type),
            (long)flags, (long)data));
        int mount = Check(c, Sys.openat, ChildSys.Call(Sys.openat, AT_FDCWD, (long)c->RootPath, O_PATH | O_CLOEXEC, 0));
        if (MountIdOf(c, mount, null, AT_EMPTY_PATH) == MountIdOf(c, c->Root, null, AT_EMPTY_PATH))
        {
            Fail(c, Sys.mount, EXDEV);
        }
        return mount;
    }

    static ulong FlagOf(MountArgs* m, ulong attribute, ulong flag) => (m->AttrSet & attribute) != 0 ? flag : 0;
}
