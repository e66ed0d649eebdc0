using System;
using System.Collections.Generic;
using OciRun.Kernel;

namespace OciRun.Planning.Steps;

/// <summary>exec: the CPUs of the runtime while it clones a process, and so of the process until it is in the container's
/// cgroup.</summary>
public sealed class InitialAffinityStep : RuntimeStep
{
    public required byte[] Cpus { get; init; }
    public required string List { get; init; }
    public override Phase Phase => Phase.Spawn;
    public override string Text => "be on the CPUs " + List + " while the process is cloned";
}

/// <summary>The runtime's own CPUs again.</summary>
public sealed class RestoreAffinityStep : RuntimeStep
{
    public override Phase Phase => Phase.Spawn;
    public override string Text => "be on the runtime's own CPUs again";
}

/// <summary>sched_setaffinity(2) of the process itself, once it is in its cgroup.</summary>
public sealed class AffinityStep : Step
{
    /// <summary>Bit mask of CPUs; null for all, so that the caller's own restriction does not reach the payload. The kernel
    /// leaves out what the cpuset of the cgroup forbids.</summary>
    public required byte[]? Cpus { get; init; }
    public string List { get; init; } = "";
    /// <summary>CPUs that a mask has room for: the largest CONFIG_NR_CPUS.</summary>
    public const int MostCpus = 8192;
    public override Phase Phase => Cpus is null ? Phase.Spawn : Phase.Restrict;
    public override string Text => Cpus is null ? "run on any CPU" : "run on the CPUs " + List;

    public override void Lower(ProgramBuilder program)
    {
        Span<byte> all = stackalloc byte[MostCpus / 8];
        all.Fill(0xff);
        ReadOnlySpan<byte> mask = Cpus is null ? all : Cpus;
        program.Call(Sys.sched_setaffinity, 0, (ulong)mask.Length, program.Bytes(mask), dataArguments: 1 << 2);
    }

    public override string? Hint(string call, int errno) =>
        errno == Errno.EINVAL ? "none of these CPUs is there and allowed by the cpuset of the container's cgroup" : null;
}
