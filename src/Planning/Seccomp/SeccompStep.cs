using System.Collections.Generic;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using OciRun.Planning.Seccomp;
using OciRun.Spec;

namespace OciRun.Planning.Steps;

/// <summary>Loads the seccomp filter: the last call before execve(2), so that no profile can block anything but the
/// payload.</summary>
public sealed class SeccompStep : Step
{
    public required byte[] Filter { get; init; }
    /// <summary>SECCOMP_FILTER_FLAG_*.</summary>
    public required uint Flags { get; init; }
    /// <summary>Socket of the agent that gets the listener. Such a filter is loaded before the process is ready, for the agent
    /// must be there from create on; null for others.</summary>
    public string? ListenerPath { get; init; }
    /// <summary>Names that no architecture has; their rules are left out, for engines' lists hold calls of other
    /// kernels.</summary>
    public IReadOnlyList<string>? UnknownNames { get; init; }
    /// <summary>What the filter was compiled from; null when the config brings a program.</summary>
    public SpecSeccomp? Profile { get; init; }
    public override Phase Phase => ListenerPath is null ? Phase.Exec : Phase.Restrict;
    public override string Text => $"load the seccomp filter ({Filter.Length / 8} instructions)" +
        (ListenerPath is null ? "" : "; its listener goes to " + ListenerPath);

    public override void Lower(ProgramBuilder program)
    {
        ulong instructions = program.Bytes(Filter);
        ulong[] prog = [(ulong)(Filter.Length / 8), instructions];
        program.Call(Sys.seccomp, SeccompMode.SECCOMP_SET_MODE_FILTER, Flags, program.Bytes(MemoryMarshal.AsBytes<ulong>(prog)));
    }

    public override string? Hint(string call, int errno) => errno switch
    {
        Errno.EINVAL when ConfigPath == SeccompAnnotations.ProgramPath =>
            "it is no program that the kernel takes as a filter, or the kernel does not know one of linux.seccomp.flags",
        Errno.EINVAL => "the kernel does not know one of linux.seccomp.flags or an action",
        Errno.EACCES => "without noNewPrivileges, loading a filter needs CAP_SYS_ADMIN",
        _ => null,
    };
}
