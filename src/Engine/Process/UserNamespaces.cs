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
        int pid = Clone.Start(CloneFlags.CLONE_NEWUSER, -1, &ChildPause.Run, null, out SafeFd process);
        if (pid < 0)
        {
            throw new RuntimeException(slot.ConfigPath + ": " + ErrorText.Call("clone3", null, -pid));
        }
        using SafeFd held = process;
        try
        {
            ProcFile.Write(pid, "uid_map", IdMaps.Lines(slot.Uids), slot.ConfigPath + ".uidMappings", null);
            ProcFile.Write(pid, "gid_map", IdMaps.Lines(slot.Gids), slot.ConfigPath + ".gidMappings", null);
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
