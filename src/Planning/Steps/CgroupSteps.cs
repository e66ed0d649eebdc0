using System.Collections.Generic;
using System.Text;
using OciRun.Planning.Cgroups;

namespace OciRun.Planning.Steps;

/// <summary>The container's cgroup is made before the process, which is born into it.</summary>
public sealed class CgroupStep : Step
{
    public required CgroupLocation Location { get; init; }
    /// <summary>The cgroup below the unit's that holds the container; null for the unit's own.</summary>
    public string? SubGroup { get; init; }
    /// <summary>The one below that, which the payload manages; null for none.</summary>
    public string? Delegated { get; init; }
    public override Phase Phase => Location.Unit is null ? Phase.Prepare : Phase.Spawn;
    public override Actor Actor => Actor.Runtime;
    public override string? Subject => Location.Path;
    public override string Text => Location.Unit is null
        ? "make the cgroup " + Location.Path
        : "start the unit " + Location.Unit + " in " + Location.Slice + (SubGroup is null ? "" : ", the container in " + SubGroup + " below it") +
            (Delegated is null ? "" : ", the payload in " + Delegated + " below that");
}

/// <summary>A container that manages cgroups itself (a private cgroup namespace and a writable mount) owns its cgroup.</summary>
public sealed class DelegateStep : Step
{
    /// <summary>The host's id of the container's user.</summary>
    public required uint Uid { get; init; }
    public override Phase Phase => Phase.Join;
    public override Actor Actor => Actor.Runtime;
    public override string Text => "give the cgroup to user " + Uid;
}

/// <summary>Limits, written once the init process is small.</summary>
public sealed class ResourcesStep : Step
{
    public required IReadOnlyList<CgroupWrite> Writes { get; init; }
    public override Phase Phase => Phase.Wait;
    public override Actor Actor => Actor.Runtime;
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

/// <summary>Attaches the device rules as an eBPF program to the cgroup.</summary>
public sealed class DeviceFilterStep : Step
{
    public required byte[] Program { get; init; }
    public override Phase Phase => Phase.Root;
    public override Actor Actor => Actor.Runtime;
    public override string Text => $"attach the device rules to the cgroup (eBPF, {Program.Length / DeviceFilter.InstructionSize} instructions)";
}
