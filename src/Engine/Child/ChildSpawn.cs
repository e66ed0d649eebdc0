using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using OciRun.Syscalls;
using static OciRun.Kernel.CloneFlags;
using static OciRun.Kernel.CloseRangeFlags;
using static OciRun.Kernel.Prctl;
using static OciRun.Kernel.SigHow;

namespace OciRun.Engine.Child;

/// <summary>What a helper process (a hook) has between clone3 and execve.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct SpawnContext
{
    /// <summary>The program, by its path on the host or in the container, whichever it is executed in.</summary>
    public byte* Path;
    /// <summary>Vectors of execve(2), in memory that nobody moves.</summary>
    public byte** Argv;
    public byte** Envp;
    /// <summary>Directory to change to, null to stay.</summary>
    public byte* Directory;
    /// <summary>Standard streams, all three above 2.</summary>
    public int Input;
    public int Output;
    public int ErrorOutput;
    /// <summary>Close-on-exec pipe that takes the errno of a failure.</summary>
    public int Report;
    /// <summary>A process whose namespaces to join, -1 for none, and which (CLONE_NEW*).</summary>
    public int Pidfd;
    public uint Namespaces;
    /// <summary>The time namespace to return to, -1 when it was not left.</summary>
    public int OwnTime;
}

/// <summary>The code of a helper process. The rules of <see cref="ChildProgram"/> hold.</summary>
[SkipLocalsInit]
static unsafe class ChildSpawn
{
    public static void Run(SpawnContext* c)
    {
        ulong none = 0;
        // All zero is SIG_DFL. Ignored and blocked signals survive execve(2) (signal(7)): .NET ignores SIGPIPE, and the runtime
        // blocks all while it clones.
        KernelSigaction defaults = default;
        for (int signal = 1; signal <= Signals.Max; signal++)
        {
            ChildSys.Call(Sys.rt_sigaction, signal, (long)&defaults, 0, sizeof(ulong));
        }
        ChildSys.Call(Sys.rt_sigprocmask, SIG_SETMASK, (long)&none, 0, sizeof(ulong));
        // A group of its own, so that a timeout (hooks.*.timeout) ends all that the hook has started: kill(2) of the group.
        ChildSys.Call(Sys.setpgid, 0, 0);
        Move(c);
        if (c->OwnTime >= 0)
        {
            // The runtime has unshared a time namespace for the container, and its children are born there
            // (time_namespaces(7)): a hook is of the host.
            Check(c, ChildSys.Call(Sys.setns, c->OwnTime, CLONE_NEWTIME));
        }
        if (c->Pidfd >= 0 && c->Namespaces != 0)
        {
            // Before the container's processes can see this one: they must not look into it (CVE-2016-9962).
            ChildSys.Call(Sys.prctl, PR_SET_DUMPABLE, 0);
            Check(c, ChildSys.Call(Sys.setns, c->Pidfd, c->Namespaces));
            if ((c->Namespaces & CLONE_NEWUSER) != 0)
            {
                // A joined user namespace gives capabilities but no id; execve(2) takes those from who is not root.
                Check(c, ChildSys.Call(Sys.setresgid, 0, 0, 0));
                Check(c, ChildSys.Call(Sys.setresuid, 0, 0, 0));
            }
        }
        if (c->Directory is not null)
        {
            Check(c, ChildSys.Call(Sys.chdir, (long)c->Directory));
        }
        // Success closes the pipe of the report, which is close-on-exec: its reader then finds the end and no errno.
        Check(c, ChildSys.Call(Sys.execve, (long)c->Path, (long)c->Argv, (long)c->Envp));
    }

    /// <summary>Puts the streams at 0 to 2 and marks all others close-on-exec. The sources are above 2: the runtime opened them
    /// with its own streams in place.</summary>
    static void Move(SpawnContext* c)
    {
        Check(c, ChildSys.Call(Sys.dup3, c->Input, 0, 0));
        Check(c, ChildSys.Call(Sys.dup3, c->Output, 1, 0));
        Check(c, ChildSys.Call(Sys.dup3, c->ErrorOutput, 2, 0));
        // CLOSE_RANGE_CLOEXEC, Linux 5.11. The pipe of the report must stay until execve(2), so nothing is closed at once.
        Check(c, ChildSys.Call(Sys.close_range, 3, uint.MaxValue, CLOSE_RANGE_CLOEXEC));
    }

    static void Check(SpawnContext* c, long result)
    {
        if (result >= 0)
        {
            return;
        }
        // Four bytes are less than PIPE_BUF: they come whole or not at all (pipe(7)). 127 is the shell's word for a command not
        // found.
        int errno = (int)-result;
        ChildSys.Call(Sys.write, c->Report, (long)&errno, sizeof(int));
        while (true)
        {
            ChildSys.Call(Sys.exit_group, 127);
        }
    }
}
