using System;
using OciRun.Engine.Cgroups;
using OciRun.Engine.State;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Commands;

/// <summary>events.</summary>
public static class Monitoring
{
    /// <summary>One line of statistics, as JSON without its end.</summary>
    public static byte[] Stats(GlobalOptions globals, string id)
    {
        using Cgroup cgroup = OpenRunning(globals, id, out ContainerRecord record);
        return ContainerStats.StatsLine(cgroup, record);
    }

    /// <summary>Statistics at an interval and a line for each kill by the OOM killer, until the container ends.</summary>
    /// <param name="globals">Global options.</param>
    /// <param name="id">The container.</param>
    /// <param name="intervalMs">Between two lines of statistics.</param>
    /// <param name="write">Gets each line without its end; false stops.</param>
    public static void Events(GlobalOptions globals, string id, int intervalMs, Func<byte[], bool> write)
    {
        using Cgroup cgroup = OpenRunning(globals, id, out ContainerRecord record);
        CgroupWatch.Run(cgroup, record, intervalMs, write);
    }

    static Cgroup OpenRunning(GlobalOptions globals, string id, out ContainerRecord record)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, id);
        record = directory.Load(withConfig: true);
        if (Liveness.StatusOf(directory, record) is ContainerStatus.Stopped or ContainerStatus.Creating)
        {
            throw new RuntimeException($"container with id {id} is not running");
        }
        return Cgroup.OfContainerOrFail(record);
    }
}
