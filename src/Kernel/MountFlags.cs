using System;

namespace OciRun.Kernel;

/// <summary>Flags of mount(2), of linux/mount.h. MS_REMOUNT | MS_BIND changes only the flags of one mount.</summary>
[Flags]
public enum MountFlags : ulong
{
    MS_NOUSER = 0xffffffff80000000,
    MS_RDONLY = 1,
    MS_NOSUID = 2,
    MS_NODEV = 4,
    MS_NOEXEC = 8,
    MS_SYNCHRONOUS = 0x10,
    MS_REMOUNT = 0x20,
    MS_MANDLOCK = 0x40,
    MS_DIRSYNC = 0x80,
    MS_NOSYMFOLLOW = 0x100,
    MS_NOATIME = 0x400,
    MS_NODIRATIME = 0x800,
    MS_BIND = 0x1000,
    MS_MOVE = 0x2000,
    MS_REC = 0x4000,
    MS_SILENT = 0x8000,
    MS_POSIXACL = 0x10000,
    MS_UNBINDABLE = 0x20000,
    MS_PRIVATE = 0x40000,
    MS_SLAVE = 0x80000,
    MS_SHARED = 0x100000,
    MS_RELATIME = 0x200000,
    MS_KERNMOUNT = 0x400000,
    MS_I_VERSION = 0x800000,
    MS_STRICTATIME = 0x1000000,
    MS_LAZYTIME = 0x2000000,
    MS_SUBMOUNT = 0x4000000,
    MS_NOREMOTELOCK = 0x8000000,
    MS_NOSEC = 0x10000000,
    MS_BORN = 0x20000000,
    MS_ACTIVE = 0x40000000,
}

/// <summary>Per-mount attributes of mount_setattr(2) and fsmount(2). The atime values are a field selected by MOUNT_ATTR__ATIME.</summary>
[Flags]
public enum MountAttr : ulong
{
    MOUNT_ATTR_RDONLY = 1,
    MOUNT_ATTR_NOSUID = 2,
    MOUNT_ATTR_NODEV = 4,
    MOUNT_ATTR_NOEXEC = 8,
    MOUNT_ATTR__ATIME = 0x70,
    MOUNT_ATTR_RELATIME = 0,
    MOUNT_ATTR_NOATIME = 0x10,
    MOUNT_ATTR_STRICTATIME = 0x20,
    MOUNT_ATTR_NODIRATIME = 0x80,
    MOUNT_ATTR_IDMAP = 0x100000,
    MOUNT_ATTR_NOSYMFOLLOW = 0x200000,
}

/// <summary>Flags of open_tree(2); AT_RECURSIVE, AT_EMPTY_PATH and AT_SYMLINK_NOFOLLOW may be added.</summary>
[Flags]
public enum OpenTreeFlags : uint
{
    OPEN_TREE_CLONE = 1,
    OPEN_TREE_CLOEXEC = 0x80000,
}

/// <summary>Flags of move_mount(2).</summary>
[Flags]
public enum MoveMountFlags : uint
{
    MOVE_MOUNT_F_SYMLINKS = 1,
    MOVE_MOUNT_F_AUTOMOUNTS = 2,
    MOVE_MOUNT_F_EMPTY_PATH = 4,
    MOVE_MOUNT_T_SYMLINKS = 0x10,
    MOVE_MOUNT_T_AUTOMOUNTS = 0x20,
    MOVE_MOUNT_T_EMPTY_PATH = 0x40,
    MOVE_MOUNT_SET_GROUP = 0x100,
    /// <summary>Since Linux 6.5.</summary>
    MOVE_MOUNT_BENEATH = 0x200,
}

/// <summary>Flags of fsopen(2).</summary>
[Flags]
public enum FsopenFlags : uint
{
    FSOPEN_CLOEXEC = 1,
}

/// <summary>Flags of fspick(2).</summary>
[Flags]
public enum FspickFlags : uint
{
    FSPICK_CLOEXEC = 1,
    FSPICK_SYMLINK_NOFOLLOW = 2,
    FSPICK_NO_AUTOMOUNT = 4,
    FSPICK_EMPTY_PATH = 8,
}

/// <summary>Flags of fsmount(2).</summary>
[Flags]
public enum FsmountFlags : uint
{
    FSMOUNT_CLOEXEC = 1,
}

/// <summary>Commands of fsconfig(2).</summary>
public enum FsconfigCommand : uint
{
    FSCONFIG_SET_FLAG = 0,
    FSCONFIG_SET_STRING = 1,
    FSCONFIG_SET_BINARY = 2,
    FSCONFIG_SET_PATH = 3,
    FSCONFIG_SET_PATH_EMPTY = 4,
    FSCONFIG_SET_FD = 5,
    FSCONFIG_CMD_CREATE = 6,
    FSCONFIG_CMD_RECONFIGURE = 7,
    /// <summary>Since Linux 6.6.</summary>
    FSCONFIG_CMD_CREATE_EXCL = 8,
}

/// <summary>Flags of umount2(2).</summary>
[Flags]
public enum UmountFlags : int
{
    MNT_FORCE = 1,
    MNT_DETACH = 2,
    MNT_EXPIRE = 4,
    UMOUNT_NOFOLLOW = 8,
}
