namespace OciRun.Kernel;

/// <summary>Options of prctl(2).</summary>
public static class Prctl
{
    public const int PR_SET_DUMPABLE = 4;
    public const int PR_SET_KEEPCAPS = 8;
    public const int PR_SET_NAME = 15;
    public const int PR_CAPBSET_READ = 23;
    public const int PR_CAPBSET_DROP = 24;
    public const int PR_SET_CHILD_SUBREAPER = 36;
    public const int PR_SET_NO_NEW_PRIVS = 38;
    public const int PR_CAP_AMBIENT = 47;
    public const int PR_CAP_AMBIENT_RAISE = 2;
    public const int PR_CAP_AMBIENT_CLEAR_ALL = 4;
}

/// <summary>Execution domains and flags of personality(2).</summary>
public static class Personality
{
    public const int PER_LINUX = 0;
    public const int PER_LINUX32 = 8;
}

/// <summary>Version of the capget(2) and capset(2) header.</summary>
public static class CapUserVersion
{
    public const int _LINUX_CAPABILITY_VERSION_3 = 0x20080522;
}

/// <summary>Operations and special keyrings of keyctl(2).</summary>
public static class Keyctl
{
    public const int KEYCTL_JOIN_SESSION_KEYRING = 1;
    public const int KEYCTL_SETPERM = 5;
}

/// <summary>Permissions of a key, keyctl_setperm(3): what its possessor may do.</summary>
public static class KeyPermission
{
    public const int KEY_POS_ALL = 0x3f000000;
}
