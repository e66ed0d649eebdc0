using OciRun.Engine.Cgroups;
using OciRun.Engine.HandOver;
using OciRun.Engine.Host;
using OciRun.Engine.State;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Commands;

/// <summary>start.</summary>
public static class Starting
{
    /// <summary>Lets the payload of a created container run.</summary>
    public static void Start(GlobalOptions globals, string id)
    {
        ContainerDirectory directory = ContainerDirectory.OpenLocked(globals, id);
        ContainerRecord record;
        try
        {
            record = directory.Load(withConfig: true);
            CheckStatus(Liveness.StatusOf(directory, record), directory);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
        using var made = new Products(globals, Plan(globals, record), record) { Directory = directory };
        made.ContainerInit = Liveness.OpenInit(record);
        var executor = new Executor(made);
        try
        {
            executor.Perform(Phase.Exec);
        }
        catch (RuntimeException) when (executor.Failed is HookStep)
        {
            // runtime.md, "Lifecycle" 8 and 9: the container is stopped.
            Syscall.TryPidfdSendSignal(made.ContainerInit, Signal.SIGKILL);
            throw;
        }
        if (made.Notify is not null)
        {
            // The container runs: other commands need not wait until it is ready.
            directory.Unlock();
            made.Notify.WaitReady(made.ContainerInit);
        }
    }

    static void CheckStatus(ContainerStatus status, ContainerDirectory directory)
    {
        switch (status)
        {
            case ContainerStatus.Created:
                return;
            case ContainerStatus.Stopped:
                throw new RuntimeException("cannot start a container that has stopped");
            case ContainerStatus.Creating:
                throw new RuntimeException("cannot start a container that is still being created");
            case ContainerStatus.Paused when directory.WaitsForStart:
                throw new RuntimeException("cannot start a container in the paused state", "resume it first");
            default:
                throw new RuntimeException("cannot start an already running container");
        }
    }

    internal static ContainerPlan Plan(GlobalOptions globals, ContainerRecord record)
    {
        var options = new PlanOptions
        {
            Id = record.Id,
            Bundle = record.Bundle,
            StateDirectory = ContainerDirectory.PathOf(globals, record.Id),
            NoNewKeyring = record.NoNewKeyring,
            CgroupManager = record.CgroupManager,
            WaitsForStart = true,
            NotifyDirectory = NotifySocket.HostPath is null ? null : NotifySocket.DirectoryOf(globals, record.Id),
        };
        bool hasHooks = record.Config.Hooks?.StartContainer is { Count: > 0 };
        return Planner.PlanStart(record.Config, options, hasHooks ? Preflight.Facts(record.Config) : new HostFacts(),
            Existing(record));
    }

    internal static ExistingContainer Existing(ContainerRecord record) =>
        new() { Pid = record.Pid, StartTime = record.PidStartTime, Cgroup = record.CgroupPath };
}
