using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.State;

/// <summary>The steps that make, write and remove a container's state.</summary>
static class StateActs
{
    /// <summary>Longest wait for a killed process, in milliseconds.</summary>
    const int KillTimeout = 10_000;

    public static void MakeDirectory(Products made)
    {
        made.Directory = ContainerDirectory.Create(made.Globals, made.Record.Id);
        made.OnUndo(made.Directory.Remove);
    }

    public static void Save(SaveStateStep step, Products made)
    {
        if (step.When == Phase.Prepare)
        {
            // Where the cgroup or the unit will be, so that delete finds them whenever this process is killed.
            made.Record.CgroupPath = made.Plan.Find<CgroupStep>()?.Path;
            made.Record.CgroupIsShared = made.Site?.IsThere == true;
            made.Record.SystemdUnit = made.Plan.Find<UnitStep>()?.Location.Unit;
            made.Directory!.Save(made.Record);
        }
        else
        {
            NoteInit(made);
            made.Directory!.Save(made.Record);
        }
    }

    static void NoteInit(Products made)
    {
        made.Record.Pid = made.Process!.Pid;
        made.Record.PidStartTime = ProcessStat.StartTimeOf(made.Process.Pid);
    }

    public static void Stage(StageStateStep step, Products made)
    {
        NoteInit(made);
        made.Record.IsCreating = false;
        made.Record.Config = step.Config;
        made.Directory!.Stage(made.Record);
    }

    /// <summary>A named socket: connecting to it reaches this init process or nobody, so start cannot hang on a dead
    /// one.</summary>
    public static void ListenForStart(Products made)
    {
        made.StartSocket = Syscall.Socket(AddressFamily.AF_UNIX, SocketType.SOCK_SEQPACKET | SocketType.SOCK_CLOEXEC);
        made.Directory!.BindStartSocket(made.StartSocket);
        Syscall.Listen(made.StartSocket, 8);
        made.StartSocketNumber = made.StartSocket;
    }

    /// <summary>SIGKILL, and a bounded wait for the end.</summary>
    public static void KillInit(ContainerRecord record)
    {
        using SafeFd? pidfd = Liveness.TryOpenInit(record);
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
            throw new RuntimeException("container init still running",
                "pid " + record.Pid + " does not die of SIGKILL: it may be in uninterruptible sleep");
        }
    }
}
