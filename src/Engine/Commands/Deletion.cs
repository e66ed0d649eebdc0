using OciRun.Engine.State;
using OciRun.Planning;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Commands;

/// <summary>delete.</summary>
public static class Deletion
{
    /// <summary>Removes a stopped or created container; with <paramref name="force"/> any, from whatever its creation
    /// left.</summary>
    public static void Delete(GlobalOptions globals, string id, bool force)
    {
        ContainerDirectory? directory = ContainerDirectory.TryOpen(globals, id);
        if (directory is null)
        {
            if (force)
            {
                return;
            }
            throw new RuntimeException("container does not exist");
        }
        ContainerRecord? record = null;
        try
        {
            record = Claim(directory, force);
        }
        finally
        {
            if (record is null)
            {
                directory.Dispose();
            }
        }
        if (record is null)
        {
            return;
        }
        ContainerStatus status = Liveness.StatusOf(directory, record);
        using var made = new Products(globals, Plan(globals, record, status), record) { Directory = directory };
        if (status is ContainerStatus.Running or ContainerStatus.Paused or ContainerStatus.Creating && !force)
        {
            throw new RuntimeException($"cannot delete container {id} that is not stopped: {StateJson.Word(status)}");
        }
        using var _ = new Timings.Span("delete");
        new Executor(made).Perform(Phase.Delete);
    }

    /// <summary>Locks the directory; null when there is no container in it any more.</summary>
    static ContainerRecord? Claim(ContainerDirectory directory, bool force)
    {
        if (force && directory.TryLoad(withConfig: false, out _) is { IsCreating: true } creating)
        {
            // Its creator holds the lock: without the process it gives up, and cleans up itself.
            StateActs.KillInit(creating);
        }
        if (!directory.Lock())
        {
            return force ? null : throw new RuntimeException("container does not exist");
        }
        if (directory.TryLoad(withConfig: true, out string? problem) is { } record)
        {
            return record;
        }
        if (!force)
        {
            throw ContainerDirectory.Unreadable(problem, "use delete --force");
        }
        directory.Remove();
        return null;
    }

    internal static ContainerPlan Plan(GlobalOptions globals, ContainerRecord record, ContainerStatus status) =>
        Planner.PlanDelete(record, status, new PlanOptions
        {
            Id = record.Id,
            Bundle = record.Bundle,
            StateDirectory = ContainerDirectory.PathOf(globals, record.Id),
            CgroupManager = record.CgroupManager,
        });
}
