namespace OciRun.Kernel;

/// <summary>Sizes that the kernel's interface fixes, of linux/limits.h and others.</summary>
public static class Limits
{
    /// <summary>Bytes of a path with its final NUL, path_resolution(7).</summary>
    public const int PATH_MAX = 4096;
    /// <summary>Bytes of a name in a directory.</summary>
    public const int NAME_MAX = 255;
    /// <summary>Groups of setgroups(2).</summary>
    public const int NGROUPS_MAX = 65536;
    /// <summary>Bytes of sethostname(2).</summary>
    public const int HOST_NAME_MAX = 64;
    /// <summary>Bytes of a network device's name with its final NUL.</summary>
    public const int IFNAMSIZ = 16;
    /// <summary>Bytes of a unix(7) address's path with its final NUL.</summary>
    public const int UNIX_PATH_MAX = 108;
}
