using System.Collections.Generic;
using System.Text;
using OciRun.Planning.Cgroups;
using OciRun.Spec;

namespace OciRun.Planning.Steps;

/// <summary>A transient unit of systemd around init, which waits: systemd makes the cgroup and moves processes that
/// exist.</summary>
public sealed class UnitStep : RuntimeStep
{
    public required CgroupLocation Location { get; init; }
    /// <summary>The cgroup below the unit's that holds the container; null for the unit's own.</summary>
    public string? SubGroup { get; init; }
    /// <summary>What the unit's properties are made from; which systemd knows them is found out when it is asked.</summary>
    public required string Description { get; init; }
    public required SpecResources? Resources { get; init; }
    public required Dictionary<string, string>? Annotations { get; init; }
    public override Phase Phase => Phase.Spawn;
    public override string? Subject => Location.Unit;
    public override string Text
    {
        get
        {
            var text = new StringBuilder("start the unit ").Append(Location.Unit).Append(" in ").Append(Location.Slice);
            if (SubGroup is not null)
            {
                text.Append(", the container in ").Append(SubGroup).Append(" below it");
            }
            text.Append(':');
            foreach (UnitProperty property in SystemdProperties.ForUnit(Description, Location, Resources, Annotations,
                int.MaxValue, []))
            {
                text.Append(UnitMemoryStep.LimitsMemory(property) ? "" : " " + property);
            }
            return text.ToString();
        }
    }
}

/// <summary>The memory limits of the unit, set once init is small: systemd removes the cgroup of an init that they kill before
/// anybody can ask why. The files have the values already.</summary>
public sealed class UnitMemoryStep : RuntimeStep
{
    public required string Unit { get; init; }
    public required IReadOnlyList<UnitProperty> Properties { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string Text => "tell systemd the memory limits:" +
        string.Concat(System.Linq.Enumerable.Select(Properties, static one => " " + one));

    /// <summary>Whether systemd might kill for this property.</summary>
    public static bool LimitsMemory(UnitProperty property) => property.Name is "MemoryMax" or "MemoryHigh" or "MemorySwapMax";
}

/// <summary>Kills what is left of the unit and has systemd forget it.</summary>
public sealed class StopUnitStep : RuntimeStep
{
    public required string Unit { get; init; }
    /// <summary>Path of the container's cgroup; null when its creation was cut short before it was known.</summary>
    public required string? Path { get; init; }
    /// <summary>Inode of the container's cgroup; 0 where it is not known.</summary>
    public required ulong Inode { get; init; }
    /// <summary>Description that the unit must have, where its creation was cut short; null where the cgroup is known.</summary>
    public required string? OnlyOf { get; init; }
    public override Phase Phase => Phase.Delete;
    public override string? Subject => Unit;
    public override string Text => "stop the unit " + Unit + (OnlyOf is null ? "" : " (where it is this container's)");
}
