using System;
using OciRun.Engine.Cgroups;
using OciRun.Spec;

namespace OciRun.Engine;

/// <summary>What is done to a container through its cgroup while it lives: freezing, limits, statistics.</summary>
public static class Control
{
    /// <summary>Freezes all processes of a running or created container; returns once they stand still.</summary>
    public static void Pause(GlobalOptions globals, string id)
    {
        using ContainerDirectory directory = OpenLocked(globals, id);
        ContainerRecord record = directory.Load(withConfig: false);
        if (Lifecycle.StatusOf(directory, record) is not (ContainerStatus.Running or ContainerStatus.Created))
        {
            throw new RuntimeException("container not running");
        }
        using Cgroup cgroup = OpenCgroup(record);
        cgroup.Freeze();
    }

    /// <summary>Lets a paused container go on. Fails at once on one that is not paused, dead ones included.</summary>
    public static void Resume(GlobalOptions globals, string id)
    {
        using ContainerDirectory directory = OpenLocked(globals, id);
        ContainerRecord record = directory.Load(withConfig: false);
        ContainerStatus status = Lifecycle.StatusOf(directory, record);
        using Cgroup? cgroup = Lifecycle.OpenCgroup(record);
        if (cgroup is null || status != ContainerStatus.Paused)
        {
            throw new RuntimeException("container not paused");
        }
        cgroup.Thaw();
    }

    /// <summary>Changes limits; what is null in <paramref name="update"/> stays as it is. The state keeps the result only if all of
    /// it took effect.</summary>
    /// <param name="globals">Global options.</param>
    /// <param name="id">The container.</param>
    /// <param name="update">Limits of its cgroup.</param>
    /// <param name="l3CacheSchema">Lines for the schemata of its resctrl group; null leaves them.</param>
    /// <param name="memBwSchema">The line for memory bandwidth; null leaves it.</param>
    public static void Update(GlobalOptions globals, string id, SpecResources update, string? l3CacheSchema = null,
        string? memBwSchema = null)
    {
        using ContainerDirectory directory = OpenLocked(globals, id);
        ContainerRecord record = directory.Load(withConfig: true);
        if (Lifecycle.StatusOf(directory, record) is ContainerStatus.Stopped or ContainerStatus.Creating)
        {
            throw new RuntimeException("container not running");
        }
        using IntelRdtUpdate? rdt = IntelRdtUpdate.Apply(record, l3CacheSchema, memBwSchema);
        try
        {
            // A container without a cgroup may still have a resctrl group.
            if (rdt is null || record.CgroupPath is not null)
            {
                using Cgroup cgroup = OpenCgroup(record);
                SpecResources merged = CgroupUpdate.Apply(record, cgroup, update);
                record.Config.Linux ??= new SpecLinux();
                record.Config.Linux.Resources = merged;
            }
            directory.Save(record);
        }
        catch
        {
            rdt?.Restore();
            throw;
        }
    }

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

    static ContainerDirectory OpenLocked(GlobalOptions globals, string id)
    {
        ContainerDirectory directory = ContainerDirectory.Open(globals, id);
        if (directory.Lock())
        {
            return directory;
        }
        directory.Dispose();
        throw new RuntimeException("container does not exist");
    }

    static Cgroup OpenRunning(GlobalOptions globals, string id, out ContainerRecord record)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, id);
        record = directory.Load(withConfig: true);
        if (Lifecycle.StatusOf(directory, record) is ContainerStatus.Stopped or ContainerStatus.Creating)
        {
            throw new RuntimeException($"container with id {id} is not running");
        }
        return OpenCgroup(record);
    }

    static Cgroup OpenCgroup(ContainerRecord record) =>
        Lifecycle.OpenCgroup(record) ?? throw (record.CgroupPath is { } path
            ? new RuntimeException("the container's cgroup " + path + " is gone", "somebody moved its processes elsewhere and removed it")
            : new RuntimeException("the container has no cgroup of its own",
                "it was created where no cgroup could be made for it, or with --cgroup-manager disabled"));
}
