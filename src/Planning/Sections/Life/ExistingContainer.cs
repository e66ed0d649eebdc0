namespace OciRun.Planning;
/// <summary>A container that exists, as its state and the kernel tell.</summary>
public sealed record ExistingContainer
{
    /// <summary>Init, in the runtime's pid namespace; 0 when it is not known yet.</summary>
    public int Pid { get; init; }
    /// <summary>Field 22 of /proc/PID/stat, in clock ticks since boot.</summary>
    public ulong StartTime { get; init; }
    /// <summary>The cgroup for a further process, below the cgroup2 mount; null for none.</summary>
    public string? Cgroup { get; init; }
    /// <summary>An option named the cgroup.</summary>
    public bool CgroupIsRequired { get; init; }
}
