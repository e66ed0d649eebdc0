using System.Globalization;
using OciRun.Engine.Child;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Syscalls;

namespace OciRun.Engine.Process;

/// <summary>User namespaces that hold nothing but a mapping, for id-mapped mounts.</summary>
static unsafe class UserNamespaces
{
    /// <summary>Clones a process into a new user namespace, maps its ids, takes the namespace's descriptor and ends it.</summary>
    public static int Make(OpenIdMapStep slot)
    {
        int pidfd = -1;
        var clone = new CloneArgs
        {
            flags = CloneFlags.CLONE_PIDFD | CloneFlags.CLONE_NEWUSER,
            pidfd = (ulong)&pidfd,
            exit_signal = Signal.SIGCHLD,
        };
        ulong mask = Syscall.Sigprocmask(SigHow.SIG_SETMASK, ulong.MaxValue);
        long pid = ChildSys.Clone3(&clone, sizeof(CloneArgs));
        if (pid == 0)
        {
            ChildPause.Run();
        }
        Syscall.Sigprocmask(SigHow.SIG_SETMASK, mask);
        if (pid < 0)
        {
            throw new RuntimeException(slot.ConfigPath + ": " + ErrorText.Call("clone3", null, (int)-pid));
        }
        using var process = new SafeFd(pidfd);
        try
        {
            ProcFile.Write((int)pid, "uid_map", IdMaps.Lines(slot.Uids), slot.ConfigPath + ".uidMappings", null);
            ProcFile.Write((int)pid, "gid_map", IdMaps.Lines(slot.Gids), slot.ConfigPath + ".gidMappings", null);
            return Syscall.Open("/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/ns/user", OpenFlags.O_RDONLY |
                OpenFlags.O_CLOEXEC).Release();
        }
        finally
        {
            Syscall.TryPidfdSendSignal(process, Signal.SIGKILL);
            Syscall.TryWaitId(WaitFlags.P_PIDFD, process, WaitFlags.WEXITED, out _);
        }
    }
}
