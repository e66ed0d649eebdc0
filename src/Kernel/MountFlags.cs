namespace OciRun.Kernel;

/// <summary>Constants of linux/mount.h: mount(2), umount2(2), mount_setattr(2), open_tree(2), move_mount(2), fsopen(2),
/// fsconfig(2), fsmount(2).</summary>
public static class MountFlags
{
    // mount(2). MS_REMOUNT | MS_BIND changes only the flags of one mount.
    public const int MS_NOSYMFOLLOW = 0x100;
    public const int MS_NOATIME = 0x400;
    public const int MS_NODIRATIME = 0x800;
    public const int MS_MOVE = 0x2000;
    public const int MS_REC = 0x4000;
    public const int MS_POSIXACL = 0x10000;
    public const int MS_UNBINDABLE = 0x20000;
    public const int MS_PRIVATE = 0x40000;
    public const int MS_SLAVE = 0x80000;
    public const int MS_SHARED = 0x100000;
    public const int MS_I_VERSION = 0x800000;
    public const int MS_STRICTATIME = 0x1000000;

    // mount_setattr(2) and fsmount(2). The access times are a field, selected by MOUNT_ATTR__ATIME.
    public const int MOUNT_ATTR_RDONLY = 1;
    public const int MOUNT_ATTR_NOSUID = 2;
    public const int MOUNT_ATTR_NODEV = 4;
    public const int MOUNT_ATTR_NOEXEC = 8;
    public const int MOUNT_ATTR__ATIME = 0x70;
    public const int MOUNT_ATTR_NOATIME = 0x10;
    public const int MOUNT_ATTR_STRICTATIME = 0x20;
    public const int MOUNT_ATTR_NODIRATIME = 0x80;
    public const int MOUNT_ATTR_IDMAP = 0x100000;
    public const int MOUNT_ATTR_NOSYMFOLLOW = 0x200000;

    // open_tree(2); AT_RECURSIVE, AT_EMPTY_PATH and AT_SYMLINK_NOFOLLOW may be added.
    public const int OPEN_TREE_CLONE = 1;
    public const int OPEN_TREE_CLOEXEC = 0x80000;

    // move_mount(2)
    public const int MOVE_MOUNT_F_EMPTY_PATH = 4;
    public const int MOVE_MOUNT_T_EMPTY_PATH = 0x40;

    // fsopen(2)
    public const int FSOPEN_CLOEXEC = 1;

    // fspick(2)

    // fsmount(2)
    public const int FSMOUNT_CLOEXEC = 1;

    // fsconfig(2)
    public const int FSCONFIG_SET_FLAG = 0;
    public const int FSCONFIG_SET_STRING = 1;
    public const int FSCONFIG_SET_FD = 5;
    public const int FSCONFIG_CMD_CREATE = 6;

    // umount2(2)
    public const int MNT_DETACH = 2;
    public const int UMOUNT_NOFOLLOW = 8;
}
