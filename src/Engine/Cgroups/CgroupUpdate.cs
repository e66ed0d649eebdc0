using System.Collections.Generic;
using OciRun.Planning.Cgroups;
using OciRun.Spec;

namespace OciRun.Engine.Cgroups;

/// <summary>Changes the limits of a container that exists.</summary>
public static class CgroupUpdate
{
    /// <summary>Writes what an update changes. On failure the old values are back in place, and the record should not be
    /// saved.</summary>
    /// <returns>The container's resources from now on.</returns>
    public static SpecResources Apply(ContainerRecord record, Cgroup cgroup, SpecResources update)
    {
        SpecResources current = record.Config.Linux?.Resources ?? new SpecResources();
        SpecResources merged = ResourceMerge.Merge(current, update);
        SpecResources delta = ResourceMerge.Delta(update, merged);
        List<ConfigProblem> problems = [];
        List<CgroupWrite> writes = CgroupPlanner.Plan(delta, cgroup.Controllers, problems);
        SystemdDriver.Report(problems);
        if (record.SystemdUnit is not { } unit)
        {
            cgroup.ApplyOrUndo(writes);
            return merged;
        }
        // First systemd, for it writes the same files: the last word is ours, with the values that it rounds or does not know.
        SystemdDriver.Update(unit, delta);
        try
        {
            cgroup.ApplyOrUndo(writes);
        }
        catch (RuntimeException)
        {
            SystemdDriver.Update(unit, current);
            throw;
        }
        return merged;
    }
}
