using OciRun.Kernel;
using static OciRun.Kernel.Capability;

namespace OciRun.Planning.Steps;

/// <summary>How soon the kernel kills the process when memory runs out (proc_pid_oom_score_adj(5)).</summary>
public sealed class OomScoreStep : RuntimeStep
{
    public required int Value { get; init; }
    /// <summary>The process joins a user namespace, which on some kernels may not change its badness; that is tolerated, as runc
    /// does.</summary>
    public required bool MayBeRefused { get; init; }
    public override Phase Phase => Phase.Spawn;
    public override string Text => "set oom_score_adj to " + Value;
    public override string? Hint(string call, int errno) => errno is Errno.EACCES or Errno.EPERM
        ? "lowering it below the caller's own value needs CAP_SYS_RESOURCE"
        : null;
}
