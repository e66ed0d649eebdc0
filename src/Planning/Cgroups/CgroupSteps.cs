using System.Collections.Generic;
using System.Text;
using OciRun.Planning.Cgroups;
using OciRun.Spec;

namespace OciRun.Planning.Steps;

/// <summary>The container's cgroup is made before the process, which is born into it.</summary>
public sealed class CgroupStep : RuntimeStep
{
    public required string Path { get; init; }
    /// <summary>The config asks for limits or for this path: a user who may not make cgroups cannot go without.</summary>
    public required bool IsAskedFor { get; init; }
    /// <summary>The config names it: one that is there already may be meant. Else one of the same name is another
    /// container's.</summary>
    public required bool IsNamed { get; init; }
    public override Phase Phase => Phase.Prepare;
    public override string? Subject => Path;
    public override string Text => "make the cgroup " + Path;
}

/// <summary>The cgroup below the container's that the payload manages; init moves there, for its cgroup namespace has its root
/// above.</summary>
public sealed class PayloadCgroupStep : RuntimeStep
{
    public required string Name { get; init; }
    /// <summary>The host's id of the user who gets it; null for the runtime's own.</summary>
    public required uint? Owner { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string Text => "move init to the cgroup " + Name + " below the container's" +
        (Owner is null ? "" : ", of user " + Owner);
}

/// <summary>A container that manages cgroups itself (a private cgroup namespace and a writable mount) owns its cgroup.</summary>
public sealed class DelegateStep : RuntimeStep
{
    /// <summary>The host's id of the container's user.</summary>
    public required uint Uid { get; init; }
    public override Phase Phase => Phase.Spawn;
    public override string Text => "give the cgroup to user " + Uid;
}

/// <summary>Limits, written once the init process is small, so that they meet nothing but the container's own work.</summary>
public sealed class ResourcesStep : RuntimeStep
{
    public required IReadOnlyList<CgroupWrite> Writes { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string Text
    {
        get
        {
            var text = new StringBuilder("write limits:");
            foreach (CgroupWrite write in Writes)
            {
                text.Append(' ').Append(write.File).Append('=').Append(write.Value.Replace('\n', ';'));
            }
            return text.ToString();
        }
    }
}

/// <summary>update: changes limits of a container that runs. When one is refused, those before it get their old values
/// back.</summary>
public sealed class UpdateResourcesStep : RuntimeStep
{
    public required IReadOnlyList<CgroupWrite> Writes { get; init; }
    /// <summary>The container's unit, which is told as well; null without systemd.</summary>
    public required string? Unit { get; init; }
    /// <summary>What changes, for the unit's properties.</summary>
    public required SpecResources Changes { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string Text => "change limits";
}

/// <summary>exec: opens the cgroup that the process is born into.</summary>
public sealed class OpenCgroupStep : RuntimeStep
{
    /// <summary>Below the cgroup2 mount.</summary>
    public required string Path { get; init; }
    /// <summary>Asked for by an option: it must be there. The container's own may be gone.</summary>
    public required bool Required { get; init; }
    public override Phase Phase => Phase.Prepare;
    public override string? Subject => Path;
    public override string Text => "open the cgroup " + Path;
}

/// <summary>Whose the processes in a cgroup are that delete finds there.</summary>
public enum Leftovers
{
    /// <summary>Nobody's: what is populated stays. The cgroup may be another's, or all of the container's processes are known to
    /// be dead.</summary>
    Foreign,
    /// <summary>The container's: they are killed.</summary>
    Own,
}

/// <summary>Removes the cgroup with all below, if it is the one that was made; kills what is left in it if that is the
/// container's.</summary>
public sealed class RemoveCgroupStep : RuntimeStep
{
    public required string Path { get; init; }
    /// <summary>Inode of the directory that was made; 0 where it is not known.</summary>
    public ulong Inode { get; init; }
    public Leftovers Leftovers { get; init; } = Leftovers.Own;
    /// <summary>Frozen processes die, but the cgroup would stay frozen for those that are left.</summary>
    public bool Thaw { get; init; }
    public override Phase Phase => Phase.Delete;
    public override string? Subject => Path;
    public override string Text => "remove the cgroup " + Path + (Leftovers == Leftovers.Own ? " and what lives in it"
        : " (where it is empty)") +
        (Thaw ? ", thawed first" : "");
}
