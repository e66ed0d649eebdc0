using OciRun.Kernel;
using static OciRun.Kernel.Capability;

namespace OciRun.Planning.Steps;

/// <summary>The scheduling policy of a process that had to clone itself without it (sched_setattr(2)).</summary>
public sealed class SchedulerStep : RuntimeStep
{
    public required string Policy { get; init; }
    /// <summary>struct sched_attr.</summary>
    public required byte[] Attributes { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string Text => "set the scheduler to " + Policy;
    public override string? Hint(string call, int errno) => errno == Errno.EPERM
        ? "real-time policies need CAP_SYS_NICE; SCHED_DEADLINE does not go with a restricted cpuset"
        : null;
}
