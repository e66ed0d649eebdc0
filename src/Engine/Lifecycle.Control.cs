using System;
using System.Collections.Generic;
using OciRun.Engine.Cgroups;
using OciRun.Kernel;
using OciRun.Spec;
using OciRun.Syscalls;
using static OciRun.Kernel.Signal;

namespace OciRun.Engine;

public static partial class Lifecycle
{
    /// <summary>Longest wait for a killed process, in milliseconds.</summary>
    const int KillTimeout = 10_000;

    /// <summary>Sends a signal to the container's first process; to all processes where that is what the signal means.</summary>
    public static void Kill(GlobalOptions globals, string id, int signal, bool all)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, id);
        ContainerRecord record = directory.Load(withConfig: true);
        ContainerStatus status = StatusOf(directory, record);
        bool shared = !HasOwnPidNamespace(record.Config);
        if (signal != 0 && (all || (shared && signal == Signal.SIGKILL)))
        {
            KillAll(record, signal);
            if (all || status != ContainerStatus.Stopped)
            {
                return;
            }
        }
        if (status == ContainerStatus.Stopped)
        {
            throw new RuntimeException("container not running");
        }
        using SafeFd pidfd = TryOpenInit(record) ?? throw new RuntimeException("container not running");
        // The program that could handle the signal does not run yet, and the kernel discards what the first process of a pid namespace
        // does not handle: a signal that ends processes has to end this one.
        bool deadly = !shared && directory.WaitsForStart && Signals.Terminates(signal);
        int sent = Syscall.TryPidfdSendSignal(pidfd, deadly ? 9 : signal);
        if (sent == -Errno.ESRCH)
        {
            throw new RuntimeException("container not running");
        }
        if (sent < 0)
        {
            throw new RuntimeException(ErrorText.Call("pidfd_send_signal", null, -sent));
        }
        if ((signal == Signal.SIGKILL || deadly) && status == ContainerStatus.Paused)
        {
            // A frozen process dies of SIGKILL, but its cgroup would stay frozen for those that are left.
            using Cgroup? cgroup = OpenCgroup(record);
            cgroup?.Thaw();
        }
    }

    static void KillAll(ContainerRecord record, int signal)
    {
        using Cgroup? cgroup = OpenCgroup(record);
        if (cgroup is null)
        {
            using SafeFd? pidfd = TryOpenInit(record);
            if (pidfd is not null)
            {
                Syscall.TryPidfdSendSignal(pidfd, signal);
            }
            return;
        }
        if (signal == Signal.SIGKILL)
        {
            cgroup.Kill();
        }
        else
        {
            cgroup.Signal(signal);
        }
    }

    static SafeFd? TryOpenInit(ContainerRecord record)
    {
        try
        {
            return OpenInit(record);
        }
        catch (RuntimeException)
        {
            return null;
        }
    }

    static bool HasOwnPidNamespace(RuntimeSpec spec)
    {
        foreach (SpecNamespace one in spec.Linux?.Namespaces ?? [])
        {
            if (one.Type == "pid" && string.IsNullOrEmpty(one.Path))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The container's cgroup, or null when it has none or it is gone.</summary>
    internal static Cgroup? OpenCgroup(ContainerRecord record)
    {
        if (record.CgroupPath is null || CgroupMount.TryFind() is not { } mount)
        {
            return null;
        }
        return Cgroup.Open(mount, record.CgroupPath);
    }

    /// <summary>Removes a stopped or created container; with <paramref name="force"/> any, from whatever its creation left.</summary>
    public static void Delete(GlobalOptions globals, string id, bool force)
    {
        using ContainerDirectory? directory = ContainerDirectory.TryOpen(globals, id);
        if (directory is null)
        {
            if (force)
            {
                return;
            }
            throw new RuntimeException("container does not exist");
        }
        ContainerRecord? record = directory.TryLoad(withConfig: true, out string? problem);
        if (force && record is { IsCreating: true })
        {
            // Its creator holds the lock: without the process it gives up, and cleans up itself.
            KillInit(record);
        }
        if (!directory.Lock())
        {
            if (force)
            {
                return;
            }
            throw new RuntimeException("container does not exist");
        }
        record = directory.TryLoad(withConfig: true, out problem);
        if (record is null)
        {
            if (!force)
            {
                throw ContainerDirectory.Unreadable(problem, "use delete --force");
            }
            directory.Remove();
            return;
        }
        ContainerStatus status = StatusOf(directory, record);
        if (status is ContainerStatus.Running or ContainerStatus.Paused or ContainerStatus.Creating && !force)
        {
            throw new RuntimeException($"cannot delete container {id} that is not stopped: {StateJson.Word(status)}");
        }
        if (record.IsCreating)
        {
            KillInit(record);
        }
        if (status is ContainerStatus.Running or ContainerStatus.Paused or ContainerStatus.Created)
        {
            KillInit(record);
            if (status == ContainerStatus.Paused)
            {
                using Cgroup? cgroup = OpenCgroup(record);
                cgroup?.Thaw();
            }
        }
        Destroy(globals, directory, record);
    }

    /// <summary>SIGKILL, and a bounded wait for the end.</summary>
    static void KillInit(ContainerRecord record)
    {
        using SafeFd? pidfd = TryOpenInit(record);
        if (pidfd is null)
        {
            return;
        }
        int sent = Syscall.TryPidfdSendSignal(pidfd, Signal.SIGKILL);
        if (sent < 0 && sent != -Errno.ESRCH)
        {
            throw new RuntimeException(ErrorText.Call("pidfd_send_signal", null, -sent));
        }
        if (Syscall.Poll(pidfd, PollEvents.POLLIN, KillTimeout) == 0)
        {
            throw new RuntimeException("container init still running", "pid " + record.Pid + " does not die of SIGKILL: it may be in uninterruptible sleep");
        }
    }

    /// <summary>Kills what is left in the cgroup, removes it and the state, then runs poststop hooks.</summary>
    static void Destroy(GlobalOptions globals, ContainerDirectory directory, ContainerRecord record)
    {
        using var _ = new Timings.Span("remove cgroup and state");
        using (Cgroup? cgroup = OpenCgroup(record))
        {
            if (record.SystemdUnit is not null)
            {
                SystemdDriver.Stop(record.SystemdUnit, cgroup, record.CgroupPath is null ? record.Id : null);
            }
            cgroup?.Remove();
        }
        IntelRdt.Remove(record);
        directory.Remove();
        if (record.Config.Hooks?.Poststop is { Count: > 0 } hooks)
        {
            byte[] state = StateJson.HookState(record, ContainerStatus.Stopped, 0);
            Hooks.RunAll("poststop", hooks, state, new HookPlace { DefaultEnvironment = Hooks.OwnEnvironment(), Annotations = record.Annotations });
        }
    }

    /// <summary>What the kernel says about a container now.</summary>
    internal static ContainerStatus StatusOf(ContainerDirectory directory, ContainerRecord record)
    {
        if (record.IsCreating)
        {
            return ProcessStat.IsAlive(record.CreatorPid, record.CreatorStartTime) ? ContainerStatus.Creating : ContainerStatus.Stopped;
        }
        if (!ProcessStat.IsAlive(record.Pid, record.PidStartTime))
        {
            return ContainerStatus.Stopped;
        }
        using Cgroup? cgroup = OpenCgroup(record);
        return cgroup is { IsFreezing: true } ? ContainerStatus.Paused
            : directory.WaitsForStart ? ContainerStatus.Created : ContainerStatus.Running;
    }

    public static ContainerInfo State(GlobalOptions globals, string id)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, id);
        ContainerRecord record = directory.Load(withConfig: false);
        return new ContainerInfo(record, StatusOf(directory, record));
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
                result.Add(new ContainerInfo(record, StatusOf(directory, record)));
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
        using Cgroup? cgroup = OpenCgroup(record);
        if (cgroup is not null)
        {
            return cgroup.Pids(recursive: true);
        }
        return ProcessStat.IsAlive(record.Pid, record.PidStartTime) ? [record.Pid] : [];
    }
}
