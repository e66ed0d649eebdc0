namespace OciRun.Kernel;

/// <summary>Options of prctl(2).</summary>
public static class Prctl
{
    public const int PR_SET_PDEATHSIG = 1;
    public const int PR_GET_PDEATHSIG = 2;
    public const int PR_GET_DUMPABLE = 3;
    public const int PR_SET_DUMPABLE = 4;
    public const int PR_GET_KEEPCAPS = 7;
    public const int PR_SET_KEEPCAPS = 8;
    public const int PR_SET_NAME = 15;
    public const int PR_GET_NAME = 16;
    public const int PR_GET_SECCOMP = 21;
    public const int PR_SET_SECCOMP = 22;
    public const int PR_CAPBSET_READ = 23;
    public const int PR_CAPBSET_DROP = 24;
    public const int PR_GET_SECUREBITS = 27;
    public const int PR_SET_SECUREBITS = 28;
    public const int PR_SET_MM = 35;
    public const int PR_SET_MM_EXE_FILE = 13;
    public const int PR_SET_CHILD_SUBREAPER = 36;
    public const int PR_GET_CHILD_SUBREAPER = 37;
    public const int PR_SET_NO_NEW_PRIVS = 38;
    public const int PR_GET_NO_NEW_PRIVS = 39;
    public const int PR_CAP_AMBIENT = 47;
    public const int PR_CAP_AMBIENT_IS_SET = 1;
    public const int PR_CAP_AMBIENT_RAISE = 2;
    public const int PR_CAP_AMBIENT_LOWER = 3;
    public const int PR_CAP_AMBIENT_CLEAR_ALL = 4;
    public const int PR_SET_IO_FLUSHER = 57;
    public const int PR_GET_IO_FLUSHER = 58;
    public const int PR_SET_THP_DISABLE = 41;
    public const int PR_GET_THP_DISABLE = 42;
    public const int PR_SET_TIMERSLACK = 29;
    public const int PR_GET_TIMERSLACK = 30;
    public const int PR_SET_PTRACER = 1499557217;
    public const int PR_SET_SPECULATION_CTRL = 53;
    public const int PR_GET_SPECULATION_CTRL = 52;
    public const int PR_SET_VMA = 1398164801;
    public const int PR_SCHED_CORE = 62;
    /// <summary>Since Linux 6.3.</summary>
    public const int PR_SET_MDWE = 65;
    /// <summary>Since Linux 6.3.</summary>
    public const int PR_GET_MDWE = 66;
    /// <summary>Since Linux 6.4.</summary>
    public const int PR_SET_MEMORY_MERGE = 67;
    /// <summary>Since Linux 6.4.</summary>
    public const int PR_GET_MEMORY_MERGE = 68;
}

/// <summary>Secure bits, capabilities(7).</summary>
public static class SecureBits
{
    public const int SECBIT_NOROOT = 1;
    public const int SECBIT_NOROOT_LOCKED = 2;
    public const int SECBIT_NO_SETUID_FIXUP = 4;
    public const int SECBIT_NO_SETUID_FIXUP_LOCKED = 8;
    public const int SECBIT_KEEP_CAPS = 0x10;
    public const int SECBIT_KEEP_CAPS_LOCKED = 0x20;
    public const int SECBIT_NO_CAP_AMBIENT_RAISE = 0x40;
    public const int SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED = 0x80;
}

/// <summary>Execution domains and flags of personality(2).</summary>
public static class Personality
{
    public const int PER_LINUX = 0;
    public const int PER_LINUX32 = 8;
    public const int PER_LINUX32_3GB = 0x8000008;
    public const int UNAME26 = 0x20000;
    public const int ADDR_NO_RANDOMIZE = 0x40000;
    public const int FDPIC_FUNCPTRS = 0x80000;
    public const int MMAP_PAGE_ZERO = 0x100000;
    public const int ADDR_COMPAT_LAYOUT = 0x200000;
    public const int READ_IMPLIES_EXEC = 0x400000;
    public const int ADDR_LIMIT_32BIT = 0x800000;
    public const int SHORT_INODE = 0x1000000;
    public const int WHOLE_SECONDS = 0x2000000;
    public const int STICKY_TIMEOUTS = 0x4000000;
    public const int ADDR_LIMIT_3GB = 0x8000000;
}

/// <summary>Version of the capget(2) and capset(2) header.</summary>
public static class CapUserVersion
{
    public const int _LINUX_CAPABILITY_VERSION_3 = 0x20080522;
    public const int _LINUX_CAPABILITY_U32S_3 = 2;
}

/// <summary>Operations and special keyrings of keyctl(2).</summary>
public static class Keyctl
{
    public const int KEYCTL_GET_KEYRING_ID = 0;
    public const int KEYCTL_JOIN_SESSION_KEYRING = 1;
    public const int KEYCTL_REVOKE = 3;
    public const int KEYCTL_CHOWN = 4;
    public const int KEYCTL_SETPERM = 5;
    public const int KEYCTL_DESCRIBE = 6;
    public const int KEYCTL_CLEAR = 7;
    public const int KEYCTL_LINK = 8;
    public const int KEYCTL_UNLINK = 9;
    public const int KEYCTL_SESSION_TO_PARENT = 18;
    public const int KEYCTL_INVALIDATE = 21;
    public const int KEYCTL_MOVE = 30;
    public const int KEY_SPEC_THREAD_KEYRING = -1;
    public const int KEY_SPEC_PROCESS_KEYRING = -2;
    public const int KEY_SPEC_SESSION_KEYRING = -3;
    public const int KEY_SPEC_USER_KEYRING = -4;
    public const int KEY_SPEC_USER_SESSION_KEYRING = -5;
}

/// <summary>Permissions of a key, keyctl_setperm(3): what its possessor and its user may do.</summary>
public static class KeyPermission
{
    public const int KEY_POS_ALL = 0x3f000000;
    public const int KEY_USR_VIEW = 0x10000;
    public const int KEY_USR_READ = 0x20000;
    public const int KEY_USR_SEARCH = 0x80000;
    public const int KEY_USR_LINK = 0x100000;
}
