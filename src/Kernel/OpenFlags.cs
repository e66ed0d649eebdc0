namespace OciRun.Kernel;

/// <summary>How openat2(2) resolves a path.</summary>
public static class ResolveFlags
{
    public const int RESOLVE_NO_XDEV = 1;
    public const int RESOLVE_NO_MAGICLINKS = 2;
    public const int RESOLVE_NO_SYMLINKS = 4;
    public const int RESOLVE_BENEATH = 8;
    public const int RESOLVE_IN_ROOT = 0x10;
    public const int RESOLVE_CACHED = 0x20;
}

/// <summary>The directory fd that stands for the working directory, and the flags of the *at calls.</summary>
public static class AtFlags
{
    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_REMOVEDIR = 0x200;
    public const int AT_EACCESS = 0x200;
    public const int AT_SYMLINK_FOLLOW = 0x400;
    public const int AT_NO_AUTOMOUNT = 0x800;
    public const int AT_EMPTY_PATH = 0x1000;
    public const int AT_STATX_SYNC_TYPE = 0x6000;
    public const int AT_STATX_SYNC_AS_STAT = 0;
    public const int AT_STATX_FORCE_SYNC = 0x2000;
    public const int AT_STATX_DONT_SYNC = 0x4000;
    public const int AT_RECURSIVE = 0x8000;
    /// <summary>Since Linux 6.14.</summary>
    public const int AT_EXECVE_CHECK = 0x10000;
}

/// <summary>Commands of fcntl(2).</summary>
public static class Fcntl
{
    public const int F_DUPFD = 0;
    public const int F_GETFD = 1;
    public const int F_SETFD = 2;
    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int F_DUPFD_CLOEXEC = 1030;
    public const int F_SETPIPE_SZ = 1031;
    public const int F_GETPIPE_SZ = 1032;
    public const int F_ADD_SEALS = 1033;
    public const int F_GET_SEALS = 1034;
    public const int FD_CLOEXEC = 1;
    public const int F_OFD_GETLK = 36;
    public const int F_OFD_SETLK = 37;
    public const int F_OFD_SETLKW = 38;
    public const int F_RDLCK = 0;
    public const int F_WRLCK = 1;
    public const int F_UNLCK = 2;
}

/// <summary>Flags of memfd_create(2).</summary>
public static class MemfdFlags
{
    public const int MFD_CLOEXEC = 1;
    public const int MFD_ALLOW_SEALING = 2;
    public const int MFD_HUGETLB = 4;
    /// <summary>Since Linux 6.3.</summary>
    public const int MFD_NOEXEC_SEAL = 8;
    /// <summary>Since Linux 6.3.</summary>
    public const int MFD_EXEC = 0x10;
}

/// <summary>Seals of a memfd, for fcntl(F_ADD_SEALS).</summary>
public static class Seal
{
    public const int F_SEAL_SEAL = 1;
    public const int F_SEAL_SHRINK = 2;
    public const int F_SEAL_GROW = 4;
    public const int F_SEAL_WRITE = 8;
    public const int F_SEAL_FUTURE_WRITE = 0x10;
    /// <summary>Since Linux 6.3.</summary>
    public const int F_SEAL_EXEC = 0x20;
}

/// <summary>Operations of flock(2).</summary>
public static class FlockOp
{
    public const int LOCK_SH = 1;
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;
    public const int LOCK_UN = 8;
}

/// <summary>Whence of lseek(2).</summary>
public static class Seek
{
    public const int SEEK_SET = 0;
    public const int SEEK_CUR = 1;
    public const int SEEK_END = 2;
}

/// <summary>Modes of access(2).</summary>
public static class Access
{
    public const int F_OK = 0;
    public const int X_OK = 1;
    public const int W_OK = 2;
    public const int R_OK = 4;
}

/// <summary>Flags of renameat2(2).</summary>
public static class RenameFlags
{
    public const int RENAME_NOREPLACE = 1;
    public const int RENAME_EXCHANGE = 2;
    public const int RENAME_WHITEOUT = 4;
}

/// <summary>Flags of setxattr(2).</summary>
public static class XattrFlags
{
    public const int XATTR_CREATE = 1;
    public const int XATTR_REPLACE = 2;
}
