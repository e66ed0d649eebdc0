using System;
using OciRun.Kernel;

namespace OciRun.Planning.Steps;

/// <summary>sched_setaffinity(2) of the process itself, once it is in its cgroup.</summary>
public sealed class AffinityStep : Step
{
    /// <summary>Bit mask of CPUs; null for all, so that the caller's own restriction does not reach the payload. The kernel leaves out
    /// what the cpuset of the cgroup forbids.</summary>
    public required byte[]? Cpus { get; init; }
    public string List { get; init; } = "";
    /// <summary>CPUs that a mask has room for: the largest CONFIG_NR_CPUS.</summary>
    public const int MostCpus = 8192;
    public override Phase Phase => Cpus is null ? Phase.Spawn : Phase.Restrict;
    public override string Text => Cpus is null ? "run on any CPU" : "run on the CPUs " + List;

    public override void Lower(ProgramBuilder program)
    {
        if (Cpus is null)
        {
            Span<byte> all = stackalloc byte[MostCpus / 8];
            all.Fill(0xff);
            program.Call(Sys.sched_setaffinity, 0, MostCpus / 8, program.Bytes(all), dataArguments: 4);
        }
    }

    public override void Lower(InitImageBuilder image)
    {
        if (Cpus is not null)
        {
            image.Call(Sys.sched_setaffinity, 0, (ulong)Cpus.Length, image.Bytes(Cpus));
        }
    }

    public override string? Hint(string call, int errno) =>
        errno == Errno.EINVAL ? "none of these CPUs is there and allowed by the cpuset of the container's cgroup" : null;
}
