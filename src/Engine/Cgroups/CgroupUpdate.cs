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
        List<(string File, string Value)> old = cgroup.ApplyOrUndo(writes);
        if (record.SystemdUnit is { } unit)
        {
            // The kernel has taken everything; now systemd, which would undo it some day. It writes the same files, so that the
            // last word is ours again, with the values that it rounds.
            try
            {
                SystemdDriver.Update(unit, delta);
            }
            catch (RuntimeException)
            {
                cgroup.Restore(old);
                throw;
            }
            cgroup.Apply(writes);
        }
        return merged;
    }
}
