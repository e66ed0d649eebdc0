namespace OciRun.Kernel;

/// <summary>How openat2(2) resolves a path.</summary>
public static class ResolveFlags
{
    public const int RESOLVE_NO_XDEV = 1;
    public const int RESOLVE_NO_MAGICLINKS = 2;
    public const int RESOLVE_NO_SYMLINKS = 4;
    public const int RESOLVE_BENEATH = 8;
    public const int RESOLVE_IN_ROOT = 0x10;
}

/// <summary>The directory fd that stands for the working directory, and the flags of the *at calls.</summary>
public static class AtFlags
{
    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_REMOVEDIR = 0x200;
    public const int AT_EACCESS = 0x200;
    public const int AT_EMPTY_PATH = 0x1000;
    public const int AT_RECURSIVE = 0x8000;
}

/// <summary>What statx(2) is asked for.</summary>
public static class StatxMask
{
    /// <summary>The mount's id (Linux 5.8).</summary>
    public const int STATX_MNT_ID = 0x1000;
    /// <summary>Instead, one that no later mount gets (Linux 6.8). Older kernels answer with the other.</summary>
    public const int STATX_MNT_ID_UNIQUE = 0x4000;
}

/// <summary>Commands of fcntl(2).</summary>
public static class Fcntl
{
    public const int F_GETFD = 1;
    public const int F_SETFD = 2;
    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int F_DUPFD_CLOEXEC = 1030;
    public const int F_ADD_SEALS = 1033;
    public const int FD_CLOEXEC = 1;
}

/// <summary>Flags of memfd_create(2).</summary>
public static class MemfdFlags
{
    public const int MFD_CLOEXEC = 1;
    public const int MFD_ALLOW_SEALING = 2;
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
}

/// <summary>Operations of flock(2).</summary>
public static class FlockOp
{
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;
    public const int LOCK_UN = 8;
}

/// <summary>Whence of lseek(2).</summary>
public static class Seek
{
    public const int SEEK_SET = 0;
}

/// <summary>Modes of access(2).</summary>
public static class Access
{
    public const int F_OK = 0;
    public const int X_OK = 1;
}

