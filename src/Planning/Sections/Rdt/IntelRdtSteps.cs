using System.Collections.Generic;

namespace OciRun.Planning.Steps;

/// <summary>The resctrl group of the container (config-linux.md, "IntelRdt"): one that is there, or one that is made for
/// it.</summary>
public sealed class IntelRdtStep : RuntimeStep
{
    /// <summary>Name of the group; empty for the default group, the root of resctrl.</summary>
    public required string Group { get; init; }
    /// <summary>config.json names the group, so it is not the container's own: it stays when the container goes.</summary>
    public required bool IsShared { get; init; }
    /// <summary>Lines of the schemata file, in the order of l3CacheSchema, memBwSchema and schemata.</summary>
    public required IReadOnlyList<string> Schemata { get; init; }
    /// <summary>Name of the monitoring group; null for none.</summary>
    public required string? Monitor { get; init; }
    /// <summary>The directory of resctrl that is made for the container, null for none: its group, or its monitoring group in one
    /// of others.</summary>
    public string? MadeGroup => !IsShared && Group.Length > 0 ? Group
        : Monitor is null ? null : Group.Length == 0 ? "mon_groups/" + Monitor : Group + "/mon_groups/" + Monitor;
    public override Phase Phase => Phase.Prepare;
    public override string? Subject => Group.Length == 0 ? "the default group" : Group;
    public override string Text => "make or check the resctrl group " + (Group.Length == 0 ? "/" : Group) +
        (Schemata.Count == 0 ? "" : " with " + string.Join(", ", Schemata)) +
        (Monitor is null ? "" : "; monitor it as " + Monitor);
}

/// <summary>Init, and with it all that it will fork, becomes a task of the group.</summary>
public sealed class IntelRdtJoinStep : RuntimeStep
{
    public required string Group { get; init; }
    public required string? Monitor { get; init; }
    public override Phase Phase => Phase.Spawn;
    public override string? Subject => Group.Length == 0 ? "the default group" : Group;
    public override string Text => "put init into the resctrl group " + (Group.Length == 0 ? "/" : Group) +
        (Monitor is null ? "" : " and its monitor " + Monitor);
}

/// <summary>update: lines of the group's schemata file, which get their old values back when something later fails.</summary>
public sealed class IntelRdtUpdateStep : RuntimeStep
{
    public required string Group { get; init; }
    public required IReadOnlyList<string> Schemata { get; init; }
    /// <summary>The option that gave the lines, for an error.</summary>
    public required string Option { get; init; }
    public override Phase Phase => Phase.Prepare;
    public override string? Subject => Group.Length == 0 ? "the default group" : Group;
    public override string Text => "change the schemata of the resctrl group " + (Group.Length == 0 ? "/" : Group) + ": " +
        string.Join(", ", Schemata);
}

/// <summary>Removes the group that was made for the container; its tasks fall back to the parent group.</summary>
public sealed class RemoveIntelRdtStep : RuntimeStep
{
    public required string Group { get; init; }
    public override Phase Phase => Phase.Delete;
    public override string? Subject => Group;
    public override string Text => "remove the resctrl group " + Group;
}
