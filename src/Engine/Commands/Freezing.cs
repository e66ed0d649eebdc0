using OciRun.Engine.Cgroups;
using OciRun.Engine.State;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Commands;

/// <summary>pause and resume.</summary>
public static class Freezing
{
    /// <summary>Freezes all processes of a running or created container; returns once they stand still.</summary>
    public static void Pause(GlobalOptions globals, string id)
    {
        using ContainerDirectory directory = ContainerDirectory.OpenLocked(globals, id);
        ContainerRecord record = directory.Load(withConfig: false);
        if (Liveness.StatusOf(directory, record) is not (ContainerStatus.Running or ContainerStatus.Created))
        {
            throw new RuntimeException("container not running");
        }
        using Cgroup cgroup = Cgroup.OfContainerOrFail(record);
        cgroup.Freeze();
    }

    /// <summary>Lets a paused container go on. Fails at once on one that is not paused, dead ones included.</summary>
    public static void Resume(GlobalOptions globals, string id)
    {
        using ContainerDirectory directory = ContainerDirectory.OpenLocked(globals, id);
        ContainerRecord record = directory.Load(withConfig: false);
        ContainerStatus status = Liveness.StatusOf(directory, record);
        using Cgroup? cgroup = Cgroup.OfContainer(record);
        if (cgroup is null || status != ContainerStatus.Paused)
        {
            throw new RuntimeException("container not paused");
        }
        cgroup.Thaw();
    }
}
