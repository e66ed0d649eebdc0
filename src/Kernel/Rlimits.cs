using static OciRun.Kernel.Rlimit;

namespace OciRun.Kernel;

/// <summary>Names and numbers of resource limits, getrlimit(2).</summary>
public static class Rlimits
{
    /// <summary>How many resources there are; numbers are 0 to Count - 1.</summary>
    public const int Count = 16;

    /// <summary>The name of resource <paramref name="number"/>, such as <c>RLIMIT_NOFILE</c>, or null.</summary>
    public static string? Name(int number) => number switch
    {
        RLIMIT_CPU => nameof(RLIMIT_CPU),
        RLIMIT_FSIZE => nameof(RLIMIT_FSIZE),
        RLIMIT_DATA => nameof(RLIMIT_DATA),
        RLIMIT_STACK => nameof(RLIMIT_STACK),
        RLIMIT_CORE => nameof(RLIMIT_CORE),
        RLIMIT_RSS => nameof(RLIMIT_RSS),
        RLIMIT_NPROC => nameof(RLIMIT_NPROC),
        RLIMIT_NOFILE => nameof(RLIMIT_NOFILE),
        RLIMIT_MEMLOCK => nameof(RLIMIT_MEMLOCK),
        RLIMIT_AS => nameof(RLIMIT_AS),
        RLIMIT_LOCKS => nameof(RLIMIT_LOCKS),
        RLIMIT_SIGPENDING => nameof(RLIMIT_SIGPENDING),
        RLIMIT_MSGQUEUE => nameof(RLIMIT_MSGQUEUE),
        RLIMIT_NICE => nameof(RLIMIT_NICE),
        RLIMIT_RTPRIO => nameof(RLIMIT_RTPRIO),
        RLIMIT_RTTIME => nameof(RLIMIT_RTTIME),
        _ => null,
    };

    /// <summary>The number of a resource by its exact name (as the OCI specification asks), or -1.</summary>
    public static int Number(string name)
    {
        for (int i = 0; i < Count; i++)
        {
            if (Name(i) == name)
            {
                return i;
            }
        }
        return -1;
    }
}
