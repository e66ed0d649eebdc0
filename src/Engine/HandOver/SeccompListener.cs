using System;
using System.Globalization;
using OciRun.Engine.Process;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.HandOver;

/// <summary>Takes the listener of a filter with SCMP_ACT_NOTIFY out of the process that loaded it, and sends it to the agent with
/// a message about the container (config-linux.md, "The Container Process State").</summary>
static class SeccompListener
{
    const string LinkTarget = "anon_inode:seccomp notify";
    /// <summary>The caller's agent for profiles that name none, as with crun.</summary>
    const string ReceiverVariable = "RUN_OCI_SECCOMP_RECEIVER";

    /// <summary>Puts the caller's agent into a config that names none. It is kept with the container, for exec needs it
    /// too.</summary>
    public static void AddReceiver(RuntimeSpec spec)
    {
        bool named = spec.Linux?.Seccomp?.ListenerPath is { Length: > 0 } || SeccompAnnotations.NameReceiver(spec.Annotations);
        if (!named && spec.Linux is { } linux && Environment.GetEnvironmentVariable(ReceiverVariable) is { Length: > 0 } receiver)
        {
            if (!receiver.StartsWith('/'))
            {
                throw new RuntimeException(ReceiverVariable + ": \"" + receiver + "\" is not an absolute path");
            }
            linux.Seccomp ??= new SpecSeccomp();
            linux.Seccomp.ListenerPath = receiver;
        }
    }

    public static void HandOver(ListenerStep step, Products made)
    {
        InitProcess process = made.Process!;
        using SafeFd listener = Take(process);
        bool isInit = made.ContainerInit is null;
        ContainerStatus status = step.IsExec ? ContainerStatus.Running : isInit ? ContainerStatus.Creating
            : ContainerStatus.Created;
        byte[] message = SeccompNotifyMessage.Build(made.Record, status, isInit ? process.Pid : made.Record.Pid, process.Pid,
            step.Metadata);
        Sockets.SendDescriptor(step.Path, message, listener, step.ConfigPath);
    }

    /// <summary>pidfd_getfd(2): the process itself could no longer send it, its filter may be in the way.</summary>
    static SafeFd Take(InitProcess process)
    {
        string directory = "/proc/" + process.Pid.ToString(CultureInfo.InvariantCulture) + "/fd";
        foreach (string name in Syscall.ListDirectory(directory))
        {
            if (Syscall.TryReadlinkAt(AtFlags.AT_FDCWD, directory + "/" + name, out string target) >= 0 && target == LinkTarget)
            {
                return Syscall.PidfdGetFd(process.Pidfd, int.Parse(name, NumberStyles.None, CultureInfo.InvariantCulture));
            }
        }
        throw new RuntimeException("linux.seccomp: the process has no seccomp listener");
    }
}
