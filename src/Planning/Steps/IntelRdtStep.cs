using System.Collections.Generic;

namespace OciRun.Planning.Steps;

/// <summary>Puts the container into a resctrl group (config-linux.md, "IntelRdt"): one that is there, or one that is made for it.</summary>
public sealed class IntelRdtStep : Step
{
    /// <summary>Name of the group; empty for the default group, the root of resctrl.</summary>
    public required string Group { get; init; }
    /// <summary>config.json names the group, so it is not the container's own: it stays when the container goes.</summary>
    public required bool IsShared { get; init; }
    /// <summary>Lines of the schemata file, in the order of l3CacheSchema, memBwSchema and schemata.</summary>
    public required IReadOnlyList<string> Schemata { get; init; }
    /// <summary>Name of the monitoring group; null for none.</summary>
    public required string? Monitor { get; init; }
    public override Phase Phase => Phase.Spawn;
    public override Actor Actor => Actor.Runtime;
    public override string? Subject => Group.Length == 0 ? "the default group" : Group;
    public override string Text => "put the container into the resctrl group " + (Group.Length == 0 ? "/" : Group) +
        (Schemata.Count == 0 ? "" : " with " + string.Join(", ", Schemata)) + (Monitor is null ? "" : "; monitor it as " + Monitor);
}
