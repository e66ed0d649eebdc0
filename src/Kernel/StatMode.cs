namespace OciRun.Kernel;

/// <summary>File type and permission bits of st_mode, inode(7).</summary>
public static class StatMode
{
    public const uint S_IFMT = 0xf000;
    public const uint S_IFSOCK = 0xc000;
    public const uint S_IFLNK = 0xa000;
    public const uint S_IFREG = 0x8000;
    public const uint S_IFBLK = 0x6000;
    public const uint S_IFDIR = 0x4000;
    public const uint S_IFCHR = 0x2000;
    public const uint S_IFIFO = 0x1000;
    public const uint S_ISUID = 0x800;
    public const uint S_ISGID = 0x400;
    public const uint S_ISVTX = 0x200;
    public const uint S_IRWXU = 0x1c0;
    public const uint S_IRUSR = 0x100;
    public const uint S_IWUSR = 0x80;
    public const uint S_IXUSR = 0x40;
    public const uint S_IRWXG = 0x38;
    public const uint S_IRGRP = 0x20;
    public const uint S_IWGRP = 0x10;
    public const uint S_IXGRP = 8;
    public const uint S_IRWXO = 7;
    public const uint S_IROTH = 4;
    public const uint S_IWOTH = 2;
    public const uint S_IXOTH = 1;
}

/// <summary>Fields of statx(2).</summary>
public static class StatxMask
{
    public const int STATX_TYPE = 1;
    public const int STATX_MODE = 2;
    public const int STATX_NLINK = 4;
    public const int STATX_UID = 8;
    public const int STATX_GID = 0x10;
    public const int STATX_ATIME = 0x20;
    public const int STATX_MTIME = 0x40;
    public const int STATX_CTIME = 0x80;
    public const int STATX_INO = 0x100;
    public const int STATX_SIZE = 0x200;
    public const int STATX_BLOCKS = 0x400;
    public const int STATX_BASIC_STATS = 0x7ff;
    public const int STATX_BTIME = 0x800;
    public const int STATX_MNT_ID = 0x1000;
    public const int STATX_DIOALIGN = 0x2000;
    /// <summary>Since Linux 6.8.</summary>
    public const int STATX_MNT_ID_UNIQUE = 0x4000;
    /// <summary>Since Linux 6.10.</summary>
    public const int STATX_SUBVOL = 0x8000;
}

/// <summary>Attributes of statx(2).</summary>
public static class StatxAttr
{
    public const int STATX_ATTR_COMPRESSED = 4;
    public const int STATX_ATTR_IMMUTABLE = 0x10;
    public const int STATX_ATTR_APPEND = 0x20;
    public const int STATX_ATTR_NODUMP = 0x40;
    public const int STATX_ATTR_ENCRYPTED = 0x800;
    public const int STATX_ATTR_AUTOMOUNT = 0x1000;
    public const int STATX_ATTR_MOUNT_ROOT = 0x2000;
    public const int STATX_ATTR_VERITY = 0x100000;
    public const int STATX_ATTR_DAX = 0x200000;
}

/// <summary>Filesystem magic numbers of statfs(2), of linux/magic.h.</summary>
public static class StatfsMagic
{
    public const int NFS_SUPER_MAGIC = 0x6969;
    public const long BPF_FS_MAGIC = 0xcafe4a11;
    public const long EFIVARFS_MAGIC = 0xde5e81e4;
    public const int SOCKFS_MAGIC = 0x534f434b;
    public const int DEBUGFS_MAGIC = 0x64626720;
    public const int XFS_SUPER_MAGIC = 0x58465342;
    public const int SECURITYFS_MAGIC = 0x73636673;
    public const int PSTOREFS_MAGIC = 0x6165676c;
    public const int CGROUP2_SUPER_MAGIC = 0x63677270;
    public const int SQUASHFS_MAGIC = 0x73717368;
    public const long BTRFS_SUPER_MAGIC = 0x9123683e;
    public const int FUSE_SUPER_MAGIC = 0x65735546;
    public const int OVERLAYFS_SUPER_MAGIC = 0x794c7630;
    public const int PROC_SUPER_MAGIC = 0x9fa0;
    public const long RAMFS_MAGIC = 0x858458f6;
    public const long HUGETLBFS_MAGIC = 0x958458f6;
    public const long SELINUX_MAGIC = 0xf97cff8c;
    public const int EXT4_SUPER_MAGIC = 0xef53;
    public const int PIPEFS_MAGIC = 0x50495045;
    public const int CGROUP_SUPER_MAGIC = 0x27e0eb;
    public const int SYSFS_MAGIC = 0x62656572;
    public const int DEVPTS_SUPER_MAGIC = 0x1cd1;
    public const int TMPFS_MAGIC = 0x1021994;
    public const int NSFS_MAGIC = 0x6e736673;
    public const int RDTGROUP_SUPER_MAGIC = 0x7655821;
    public const int TRACEFS_MAGIC = 0x74726163;
    public const int BINFMTFS_MAGIC = 0x42494e4d;
    public const long EROFS_SUPER_MAGIC_V1 = 0xe0f5e1e2;
}

/// <summary>Mount flags in f_flags of statfs(2).</summary>
public static class StatfsFlags
{
    public const int ST_RDONLY = 1;
    public const int ST_NOSUID = 2;
    public const int ST_NODEV = 4;
    public const int ST_NOEXEC = 8;
    public const int ST_SYNCHRONOUS = 0x10;
    public const int ST_MANDLOCK = 0x40;
    public const int ST_NOATIME = 0x400;
    public const int ST_NODIRATIME = 0x800;
    public const int ST_RELATIME = 0x1000;
}

/// <summary>d_type of getdents64(2).</summary>
public static class DirentType
{
    public const int DT_UNKNOWN = 0;
    public const int DT_FIFO = 1;
    public const int DT_CHR = 2;
    public const int DT_DIR = 4;
    public const int DT_BLK = 6;
    public const int DT_REG = 8;
    public const int DT_LNK = 10;
    public const int DT_SOCK = 12;
}
