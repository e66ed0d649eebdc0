using System.Collections.Generic;
using OciRun.Engine.Cgroups;
using OciRun.Engine.State;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Commands;

/// <summary>state, list and ps.</summary>
public static class Listing
{
    public static ContainerInfo State(GlobalOptions globals, string id)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, id);
        ContainerRecord record = directory.Load(withConfig: false);
        return new ContainerInfo(record, Liveness.StatusOf(directory, record));
    }

    /// <summary>All containers below the state root; what cannot be read is a warning.</summary>
    public static List<ContainerInfo> List(GlobalOptions globals)
    {
        var result = new List<ContainerInfo>();
        foreach (string name in ContainerDirectory.List(globals))
        {
            using ContainerDirectory? directory = ContainerDirectory.TryOpen(globals, name);
            if (directory is null)
            {
                continue;
            }
            try
            {
                ContainerRecord? record = directory.TryLoad(withConfig: false, out string? problem);
                if (record is null)
                {
                    Log.Note($"container {name}: {problem}");
                    continue;
                }
                result.Add(new ContainerInfo(record, Liveness.StatusOf(directory, record)));
            }
            catch (SyscallException e)
            {
                Log.Note($"container {name}: {e.Message}");
            }
        }
        return result;
    }

    /// <summary>Pids of all processes in the container's cgroup and below, in the runtime's pid namespace.</summary>
    public static List<int> Pids(GlobalOptions globals, string id)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, id);
        ContainerRecord record = directory.Load(withConfig: false);
        using Cgroup? cgroup = Cgroup.OfContainer(record);
        if (cgroup is not null)
        {
            return cgroup.Pids(recursive: true);
        }
        return ProcessStat.IsAlive(record.Pid, record.PidStartTime) ? [record.Pid] : [];
    }
}
