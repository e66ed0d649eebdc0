namespace OciRun.Planning.Steps;

/// <summary>A descriptor that the runtime opens because init will not be able to. It is handed on by its slot.</summary>
public abstract class OpenStep : RuntimeStep
{
    public required int Slot { get; init; }
    public sealed override Phase Phase => Phase.Prepare;
}

/// <summary>exec: a pidfd of the container's init, which is checked to be the one that was started.</summary>
public sealed class OpenInitStep : OpenStep
{
    public required int Pid { get; init; }
    /// <summary>Field 22 of /proc/PID/stat, in clock ticks since boot.</summary>
    public required ulong StartTime { get; init; }
    public override string Text => "open the container's init process " + Pid;
}

/// <summary>exec: the root of init, for a container in the runtime's mount namespace that is in a chroot.</summary>
public sealed class OpenRootStep : OpenStep
{
    public required int Pid { get; init; }
    public required ulong StartTime { get; init; }
    public override string Text => "open the container's root directory";
}
