using System.Collections.Generic;
using OciRun.Engine.Cgroups;
using OciRun.Engine.Rdt;
using OciRun.Engine.State;
using OciRun.Engine.Systemd;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Commands;

/// <summary>update.</summary>
public static class Updating
{
    /// <summary>Changes limits; what is null in <paramref name="update"/> stays as it is. The state keeps the result only if all
    /// of it took effect.</summary>
    /// <param name="globals">Global options.</param>
    /// <param name="id">The container.</param>
    /// <param name="update">Limits of its cgroup.</param>
    /// <param name="l3CacheSchema">Lines for the schemata of its resctrl group; null leaves them.</param>
    /// <param name="memBwSchema">The line for memory bandwidth; null leaves it.</param>
    public static void Update(GlobalOptions globals, string id, SpecResources update, string? l3CacheSchema = null,
        string? memBwSchema = null)
    {
        using ContainerDirectory directory = ContainerDirectory.OpenLocked(globals, id);
        ContainerRecord record = directory.Load(withConfig: true);
        if (Liveness.StatusOf(directory, record) is ContainerStatus.Stopped or ContainerStatus.Creating)
        {
            throw new RuntimeException("container not running");
        }
        IntelRdtUpdateStep? rdt = IntelRdtUpdate.Step(record, l3CacheSchema, memBwSchema);
        // A container without a cgroup may still have a resctrl group.
        using Cgroup? cgroup = rdt is null || record.CgroupPath is not null ? Cgroup.OfContainerOrFail(record) : null;
        var problems = new List<ConfigProblem>();
        var options = new PlanOptions { Id = id, Bundle = record.Bundle, CgroupManager = record.CgroupManager };
        ContainerPlan? plan = Planner.PlanUpdate(record, update, options, cgroup?.Controllers, rdt, problems);
        if (plan is null)
        {
            SystemdDriver.Report(problems);
        }
        foreach (ConfigProblem warning in plan!.Warnings)
        {
            Log.Warn(warning.ToString());
        }
        using var made = new Products(globals, plan, record) { Cgroup = cgroup, Directory = directory };
        new Executor(made).Perform(Phase.Wait);
    }
}
