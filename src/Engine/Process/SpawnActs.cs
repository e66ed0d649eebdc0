using System;
using System.Globalization;
using System.Runtime.InteropServices;
using OciRun.Engine.Cgroups;
using OciRun.Engine.Systemd;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Syscalls;

namespace OciRun.Engine.Process;

/// <summary>The steps that bring a process into being and meet it at its gates.</summary>
static class SpawnActs
{
    public static void MakeChannel(ChannelStep step, Products made)
    {
        made.Process = new InitProcess(made.Plan, step.NeedsProc) { Streams = made.Streams };
        made.OnUndo(made.Process.Destroy);
    }

    public static void EnterPidNamespace(EnterPidNamespaceForChildrenStep step, Products made)
    {
        int result = PidNamespaces.TryEnter(made.Slots[step.Slot], out SafeFd? own);
        if (result < 0)
        {
            throw new RuntimeException(step.ConfigPath + ": " + ErrorText.Call("setns", step.Path, -result));
        }
        made.OwnPidNamespace = own;
        made.OnUndo(() => LeavePidNamespace(made));
    }

    public static void LeavePidNamespace(Products made)
    {
        if (made.OwnPidNamespace is { } own)
        {
            PidNamespaces.Return(own);
            own.Dispose();
            made.OwnPidNamespace = null;
        }
    }

    public static void SetAffinity(InitialAffinityStep step, Products made)
    {
        ulong[] own = new ulong[AffinityStep.MostCpus / 64];
        int size = Syscall.TrySchedGetAffinity(0, own);
        int result = Syscall.TrySchedSetAffinity(0, MemoryMarshal.Cast<byte, ulong>(step.Cpus));
        if (result < 0)
        {
            throw new RuntimeException(step.ConfigPath + ": " + ErrorText.Call("sched_setaffinity", null, -result),
                "none of the CPUs " + step.List + " is there and allowed to the caller");
        }
        made.OwnAffinity = size > 0 ? own : null;
        made.OnUndo(() => RestoreAffinity(made));
    }

    public static void RestoreAffinity(Products made)
    {
        if (made.OwnAffinity is { } own)
        {
            Syscall.TrySchedSetAffinity(0, own);
            made.OwnAffinity = null;
        }
    }

    public static void Spawn(SpawnStep step, Products made)
    {
        int result = step.IsExec ? SpawnFurther(step, made) : SpawnInit(step, made);
        if (result < 0)
        {
            string place = step.ConfigPath.Length > 0 ? step.ConfigPath + ": " : "";
            throw new RuntimeException(place + "clone3: " + ErrorText.Describe(-result), step.Hint("clone3", -result));
        }
        made.StartSocket?.Dispose();
        made.CloseSlots();
        if (!step.IsExec)
        {
            Log.Debug("init is process " + made.Process!.Pid.ToString(CultureInfo.InvariantCulture));
        }
    }

    static int SpawnInit(SpawnStep step, Products made)
    {
        InitProcess init = made.Process!;
        int start = made.StartSocket?.Value ?? -1;
        Cgroup? cgroup = step.IntoCgroup ? made.Cgroup : null;
        int result = init.Spawn(step, made, cgroup?.Directory ?? -1, start, 0);
        if (cgroup is null || !Tolerable(result))
        {
            return result;
        }
        // A parent in threaded mode, or one with domain controllers and processes: moved by hand where the kernel lets us.
        result = init.Spawn(step, made, -1, start, Gate.Cgroup);
        if (result == 0)
        {
            cgroup.AddProcess(init.Pid);
            Await(Gate.Cgroup, init);
            init.Answer();
        }
        return result;
    }

    static bool Tolerable(int result) => result is -Errno.EBUSY or -Errno.EOPNOTSUPP or -Errno.EACCES;

    static int SpawnFurther(SpawnStep step, Products made)
    {
        InitProcess process = made.Process!;
        int result = process.Spawn(step, made, made.Cgroup?.Directory ?? -1, -1, 0);
        if (made.Cgroup is not null && result is -Errno.EBUSY or -Errno.EOPNOTSUPP or -Errno.ENODEV)
        {
            // Init has moved itself away, or made its cgroup one that takes no processes: where init is, there is room.
            using Cgroup? other = Cgroup.OfProcess(made.Record.Pid);
            result = process.Spawn(step, made, other?.Directory ?? -1, -1, 0);
        }
        if (made.Cgroup is not null && result is -Errno.EACCES or -Errno.EPERM && SystemdDriver.UsesUserManager())
        {
            // From a login session to the user's services no user may move a process: the cgroup above both is root's
            // (cgroups(7), delegation).
            Log.Warn("the process is not in the container's cgroup: clone3: " + ErrorText.Describe(-result));
            result = process.Spawn(step, made, -1, -1, 0);
        }
        return result;
    }

    /// <summary>The point where both lists of steps meet.</summary>
    public static void Await(GateStep step, Products made)
    {
        Await(step.Gate, made.Process!);
        if (step.Gate == Gate.Ready)
        {
            Log.Debug("init is ready");
        }
    }

    static void Await(Gate gate, InitProcess process)
    {
        Gate reached = process.NextGate() ?? throw new RuntimeException("init process " + process.Reap() +
            " before it was ready");
        if (reached != gate)
        {
            throw new RuntimeException("init process broke the protocol");
        }
    }
}
