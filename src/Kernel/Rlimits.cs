namespace OciRun.Kernel;

/// <summary>Names and numbers of resource limits, getrlimit(2).</summary>
public static class Rlimits
{
    /// <summary>How many resources there are; numbers are 0 to Count - 1.</summary>
    public const int Count = 16;

    /// <summary>RLIM_INFINITY of prlimit64(2).</summary>
    public const ulong Infinity = ulong.MaxValue;

    /// <summary>The name of resource <paramref name="number"/>, such as <c>RLIMIT_NOFILE</c>, or null.</summary>
    public static string? Name(int number) => (Rlimit)number switch
    {
        Rlimit.RLIMIT_CPU => "RLIMIT_CPU",
        Rlimit.RLIMIT_FSIZE => "RLIMIT_FSIZE",
        Rlimit.RLIMIT_DATA => "RLIMIT_DATA",
        Rlimit.RLIMIT_STACK => "RLIMIT_STACK",
        Rlimit.RLIMIT_CORE => "RLIMIT_CORE",
        Rlimit.RLIMIT_RSS => "RLIMIT_RSS",
        Rlimit.RLIMIT_NPROC => "RLIMIT_NPROC",
        Rlimit.RLIMIT_NOFILE => "RLIMIT_NOFILE",
        Rlimit.RLIMIT_MEMLOCK => "RLIMIT_MEMLOCK",
        Rlimit.RLIMIT_AS => "RLIMIT_AS",
        Rlimit.RLIMIT_LOCKS => "RLIMIT_LOCKS",
        Rlimit.RLIMIT_SIGPENDING => "RLIMIT_SIGPENDING",
        Rlimit.RLIMIT_MSGQUEUE => "RLIMIT_MSGQUEUE",
        Rlimit.RLIMIT_NICE => "RLIMIT_NICE",
        Rlimit.RLIMIT_RTPRIO => "RLIMIT_RTPRIO",
        Rlimit.RLIMIT_RTTIME => "RLIMIT_RTTIME",
        _ => null,
    };

    /// <summary>The number of a resource by its exact name (as the OCI specification asks), or -1.</summary>
    public static int Number(string name) => name switch
    {
        "RLIMIT_CPU" => (int)Rlimit.RLIMIT_CPU,
        "RLIMIT_FSIZE" => (int)Rlimit.RLIMIT_FSIZE,
        "RLIMIT_DATA" => (int)Rlimit.RLIMIT_DATA,
        "RLIMIT_STACK" => (int)Rlimit.RLIMIT_STACK,
        "RLIMIT_CORE" => (int)Rlimit.RLIMIT_CORE,
        "RLIMIT_RSS" => (int)Rlimit.RLIMIT_RSS,
        "RLIMIT_NPROC" => (int)Rlimit.RLIMIT_NPROC,
        "RLIMIT_NOFILE" => (int)Rlimit.RLIMIT_NOFILE,
        "RLIMIT_MEMLOCK" => (int)Rlimit.RLIMIT_MEMLOCK,
        "RLIMIT_AS" => (int)Rlimit.RLIMIT_AS,
        "RLIMIT_LOCKS" => (int)Rlimit.RLIMIT_LOCKS,
        "RLIMIT_SIGPENDING" => (int)Rlimit.RLIMIT_SIGPENDING,
        "RLIMIT_MSGQUEUE" => (int)Rlimit.RLIMIT_MSGQUEUE,
        "RLIMIT_NICE" => (int)Rlimit.RLIMIT_NICE,
        "RLIMIT_RTPRIO" => (int)Rlimit.RLIMIT_RTPRIO,
        "RLIMIT_RTTIME" => (int)Rlimit.RLIMIT_RTTIME,
        _ => -1,
    };
}
