using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary>Turns <c>linux.resources</c> into writes to a cgroup v2 directory. Devices are <see
/// cref="DeviceFilter"/>'s.</summary>
public static class CgroupPlanner
{
    /// <summary>The writes in the order in which the kernel must see them. A value that asks for nothing (the kernel's default)
    /// is dropped when its controller is not available; any other value for a missing controller is a problem. <paramref
    /// name="controllers"/> are those of the cgroup that gets the values.</summary>
    public static List<CgroupWrite> Plan(SpecResources? resources, ControllerSet controllers, List<ConfigProblem> problems)
    {
        WriteList writes = new(controllers, problems);
        if (resources is null)
        {
            return writes.Writes;
        }
        PidsWrites.Add(resources.Pids, writes);
        MemoryWrites.Add(resources.Memory, writes);
        BlockIOWrites.Add(resources.BlockIO, writes);
        CpuWrites.Add(resources.Cpu, writes);
        CpusetWrites.Add(resources.Cpu, writes);
        HugetlbWrites.Add(resources.HugepageLimits, writes);
        RdmaWrites.Add(resources.Rdma, writes);
        CheckNetwork(resources.Network, writes);
        UnifiedWrites.Add(resources.Unified, writes);
        return writes.Writes;
    }

    /// <summary>What cgroup v1 had and v2 has not is a warning, in every section: a config that was written for v1 runs on, as it
    /// does with runc. net_cls and net_prio exist in cgroup v1 only; v2 leaves classification to eBPF and netfilter.</summary>
    static void CheckNetwork(SpecNetwork? network, WriteList writes)
    {
        const string path = "linux.resources.network";
        if (network?.ClassID is > 0)
        {
            writes.Warning(path + ".classID",
                "ignored: network classes do not exist in cgroup v2; match the cgroup in netfilter instead");
        }
        if (network?.Priorities is { Count: > 0 })
        {
            writes.Warning(path + ".priorities", "ignored: network priorities do not exist in cgroup v2");
        }
    }
}

/// <summary>What the planners of the single controllers add to.</summary>
sealed class WriteList(ControllerSet controllers, List<ConfigProblem> problems)
{
    public List<CgroupWrite> Writes { get; } = [];

    public void Problem(string path, string message) => problems.Add(new ConfigProblem(path, message));

    public void Warning(string path, string message) => problems.Add(new ConfigProblem(path, message, IsWarning: true));

    public bool Has(string controller) => controller.Length == 0 || controllers.Contains(controller);

    public void Add(CgroupWrite write)
    {
        if (Has(write.Controller))
        {
            Writes.Add(write);
        }
        else if (!write.IsDefault)
        {
            string available = controllers.ToString();
            Problem(write.ConfigPath, "cgroup controller \"" + write.Controller + "\" is not available (" +
                (available.Length == 0 ? "no controller is" : "available: " + available) + ")");
        }
    }
}
