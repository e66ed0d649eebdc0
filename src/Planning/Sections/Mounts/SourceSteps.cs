using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Steps;

/// <summary>open_tree(2) with OPEN_TREE_CLONE: a detached clone of the mount at a path, out of the host's propagation. The
/// runtime does it while it has the host's rights: a container's root need not be able to reach the source (a directory with
/// mode 0700), nor map ids of the host's file systems.</summary>
public sealed class OpenSourceStep : OpenStep
{
    public required string Path { get; init; }
    public required bool Recursive { get; init; }
    public required bool NoFollow { get; init; }
    /// <summary>An earlier slot, whose user namespace maps the mount's ids; -1 for none.</summary>
    public required int IdMapSlot { get; init; }
    public required bool RecursiveIdMap { get; init; }
    public override string? Subject => Path;
    public override string Text => "clone the mount of " + Path + (Recursive ? " with what is below" : "") +
        (IdMapSlot < 0 ? "" : "; with mapped ids");
}

/// <summary>Makes a user namespace that holds nothing but the id mappings of a mount. It takes a process to make one, which is
/// gone when the maps are written: the descriptor keeps the namespace (namespaces(7)).</summary>
public sealed class OpenIdMapStep : OpenStep
{
    public required IReadOnlyList<SpecIdMapping> Uids { get; init; }
    public required IReadOnlyList<SpecIdMapping> Gids { get; init; }
    public override string Text => "make a user namespace for the mount's ids: uid " + MapIdsStep.Ranges(Uids) + "; gid " +
        MapIdsStep.Ranges(Gids);
}
