using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Steps;

/// <summary>A descriptor that the runtime opens because init will not be able to. It is handed on by its slot.</summary>
public abstract class OpenStep : RuntimeStep
{
    public required int Slot { get; init; }
    public sealed override Phase Phase => Phase.Prepare;
}

/// <summary>Takes the descriptor of a namespace that was opened to be judged before planning (a path could lead to another one by now), and
/// makes sure that it is of its kind.</summary>
public sealed class OpenNamespaceStep : OpenStep
{
    /// <summary>In linux.namespaces.</summary>
    public required int Index { get; init; }
    public required string Path { get; init; }
    public required NamespaceKind Kind { get; init; }
    public override string? Subject => Path;
    public override string Text => "take the " + Kind.Type + " namespace " + Path;
}

/// <summary>open_tree(2): a detached clone of the mount at a path, out of the host's propagation.</summary>
public sealed class OpenSourceStep : OpenStep
{
    public required string Path { get; init; }
    public required bool Recursive { get; init; }
    public required bool NoFollow { get; init; }
    /// <summary>An earlier slot, whose user namespace maps the mount's ids; -1 for none.</summary>
    public required int IdMapSlot { get; init; }
    public required bool RecursiveIdMap { get; init; }
    public override string? Subject => Path;
    public override string Text => "clone the mount of " + Path + (Recursive ? " with what is below" : "") + (IdMapSlot < 0 ? "" : "; with mapped ids");
}

/// <summary>Makes a user namespace that holds nothing but the id mappings of a mount.</summary>
public sealed class OpenIdMapStep : OpenStep
{
    public required IReadOnlyList<SpecIdMapping> Uids { get; init; }
    public required IReadOnlyList<SpecIdMapping> Gids { get; init; }
    public override string Text => "make a user namespace for the mount's ids: uid " + MapIdsStep.Ranges(Uids) + "; gid " + MapIdsStep.Ranges(Gids);
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
