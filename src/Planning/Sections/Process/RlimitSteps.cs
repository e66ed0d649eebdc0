using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using OciRun.Spec;
using static OciRun.Kernel.Capability;

namespace OciRun.Planning.Steps;

/// <summary>Resource limits of the payload, set by the runtime with prlimit(2) while the process still has the runtime's user,
/// for a limit of somebody else's process takes CAP_SYS_RESOURCE. The number of open files comes last, from the process itself:
/// it would be in the way of accept4(2).</summary>
public sealed class RlimitsStep : RuntimeStep
{
    public required IReadOnlyList<SpecRlimit> Rlimits { get; init; }
    /// <summary>The process will clone itself: its number of processes is limited by the child, and only raised here where need
    /// be.</summary>
    public required bool LeavesProcesses { get; init; }
    public override Phase Phase => Phase.Restrict;
    public override string Text
    {
        get
        {
            var text = new System.Text.StringBuilder("set limits:");
            foreach (SpecRlimit limit in Rlimits)
            {
                text.Append(' ').Append(limit.Type).Append('=').Append(Value(limit.Soft)).Append(':').Append(Value(limit.Hard));
            }
            return text.ToString();
        }
    }

    static string Value(ulong value) => value == ulong.MaxValue ? "unlimited" : value.ToString();
    public override string? Hint(string call, int errno) =>
        errno == Errno.EPERM ? "raising a hard limit above the caller's needs CAP_SYS_RESOURCE" : null;
}

/// <summary>A limit that would be in the way before: of open files once no more are opened, of processes once the last is
/// cloned.</summary>
public sealed class LateRlimitStep : Step
{
    public required SpecRlimit Limit { get; init; }
    public override Phase Phase => Phase.Exec;
    public override string Text => $"set {Limit.Type} to {Limit.Soft}:{Limit.Hard}";

    public override void Lower(ProgramBuilder program)
    {
        ulong[] value = [Limit.Soft, Limit.Hard];
        program.Call(Sys.prlimit64, 0, (ulong)Rlimits.Number(Limit.Type!), program.Bytes(MemoryMarshal.AsBytes<ulong>(value)));
    }

    public override string? Hint(string call, int errno) =>
        errno == Errno.EPERM ? "raising a hard limit above the caller's needs CAP_SYS_RESOURCE" : null;
}
