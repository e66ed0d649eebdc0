using OciRun.Engine.Cgroups;
using OciRun.Engine.State;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Commands;

/// <summary>kill.</summary>
public static class Killing
{
    /// <summary>Sends a signal to the container's first process; to all processes where that is what the signal means.</summary>
    public static void Kill(GlobalOptions globals, string id, int signal, bool all)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, id);
        ContainerRecord record = directory.Load(withConfig: true);
        ContainerStatus status = Liveness.StatusOf(directory, record);
        bool shared = !NamespaceKind.HasOwnPidNamespace(record.Config);
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
        using SafeFd pidfd = Liveness.TryOpenInit(record) ?? throw new RuntimeException("container not running");
        // The program that could handle the signal does not run yet, and the kernel discards what the first process of a pid
        // namespace does not handle: a signal that ends processes has to end this one.
        bool deadly = !shared && directory.WaitsForStart && Signals.Terminates(signal);
        int sent = Syscall.TryPidfdSendSignal(pidfd, deadly ? Signal.SIGKILL : signal);
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
            using Cgroup? cgroup = Cgroup.OfContainer(record);
            cgroup?.Thaw();
        }
    }

    static void KillAll(ContainerRecord record, int signal)
    {
        using Cgroup? cgroup = Cgroup.OfContainer(record);
        if (cgroup is null)
        {
            using SafeFd? pidfd = Liveness.TryOpenInit(record);
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
}
