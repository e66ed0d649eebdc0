namespace OciRun.Kernel;

/// <summary>File type and permission bits of st_mode, inode(7).</summary>
public static class StatMode
{
    public const uint S_IFMT = 0xf000;
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

/// <summary>Filesystem magic numbers of statfs(2), of linux/magic.h.</summary>
public static class StatfsMagic
{
    public const int PIPEFS_MAGIC = 0x50495045;
    public const int CGROUP2_SUPER_MAGIC = 0x63677270;
    public const int PROC_SUPER_MAGIC = 0x9fa0;
    public const int DEVPTS_SUPER_MAGIC = 0x1cd1;
    public const int RDTGROUP_SUPER_MAGIC = 0x7655821;
}

