using System;
using OciRun.Engine.Child;
using OciRun.Engine.Process;
using OciRun.Kernel;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Hooks;

/// <summary>A cloned hook.</summary>
sealed unsafe class HookProcess
{
    public int Pid { get; private set; }
    public SafeFd Pidfd { get; private set; } = new(-1);

    public int Spawn(SpecHook hook, HookPlace place, int input, int output, int errorOutput, int report)
    {
        using var argv = new CStringVector(hook.Args is { Count: > 0 } args ? args : [hook.Path!]);
        using var envp = new CStringVector(hook.Env is { Count: > 0 } env ? env : place.DefaultEnvironment);
        using var paths = new CStringVector(place.Directory is null ? [hook.Path!] : [hook.Path!, place.Directory]);
        using SafeFd? own = EnterPidNamespace(place);
        using SafeFd? ownTime = TimeOffsets.OpenOwn();
        var context = new SpawnContext
        {
            Path = paths.Pointer[0],
            Directory = place.Directory is null ? null : paths.Pointer[1],
            Argv = argv.Pointer,
            Envp = envp.Pointer,
            Input = input,
            Output = output,
            ErrorOutput = errorOutput,
            Report = report,
            Pidfd = place.Pidfd,
            Namespaces = (uint)place.Namespaces & ~(uint)CloneFlags.CLONE_NEWPID,
            OwnTime = ownTime?.Value ?? -1,
        };
        int pid = Clone.Start(CloneFlags.CLONE_CLEAR_SIGHAND, -1, (delegate*<void*, void>)(delegate*<SpawnContext*, void>)
            &ChildSpawn.Run, &context, out SafeFd pidfd);
        Pid = Math.Max(pid, 0);
        Pidfd = pidfd;
        if (own is not null)
        {
            Return(own);
        }
        return pid < 0 ? -pid : 0;
    }

    /// <summary>Without the way back, the hook must be gone: as long as it is not waited for, the namespace's init cannot
    /// end.</summary>
    void Return(SafeFd own)
    {
        try
        {
            PidNamespaces.Return(own);
        }
        catch (SyscallException) when (Pidfd >= 0)
        {
            Syscall.TryPidfdSendSignal(Pidfd, Signal.SIGKILL);
            Syscall.TryWaitId(WaitFlags.P_PIDFD, Pidfd, WaitFlags.WEXITED, out _);
            throw;
        }
    }

    /// <summary>The pid namespace that the hook is born in. Null: the runtime's own.</summary>
    static SafeFd? EnterPidNamespace(HookPlace place)
    {
        if (place.Pidfd < 0 || (place.Namespaces & CloneFlags.CLONE_NEWPID) == 0)
        {
            return null;
        }
        int result = PidNamespaces.TryEnter(place.Pidfd, out SafeFd? own);
        return own ?? throw new SyscallException("setns", -result);
    }
}
