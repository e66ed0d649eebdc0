using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using OciRun.Engine.Cgroups;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine;

/// <summary>The life cycle of a container (runtime.md, "Lifecycle"), one method per command.</summary>
public static partial class Lifecycle
{
    /// <summary>Makes a container whose process waits for <see cref="Start"/>.</summary>
    public static void Create(GlobalOptions globals, CreateOptions options)
    {
        using var preflight = new Preflight();
        ContainerPlan plan = MakePlan(globals, options, preflight, waitsForStart: true, out _);
        CheckTerminal(plan, options, detached: true);
        using var creation = new Creation(globals, options, plan, preflight);
        creation.Perform();
        HandOver(creation, options, plan);
    }

    /// <summary>Makes a container and starts it; in the foreground also waits for it and deletes it.</summary>
    /// <returns>The payload's exit code, 128 + N for signal N; 0 when detached.</returns>
    public static int Run(GlobalOptions globals, CreateOptions options)
    {
        using var preflight = new Preflight();
        ContainerPlan plan = MakePlan(globals, options, preflight, waitsForStart: false, out _);
        CheckTerminal(plan, options, options.Detach);
        using Foreground? foreground = options.Detach ? null : new Foreground(subreaper: !options.NoSubreaper);
        using var creation = new Creation(globals, options, plan, preflight);
        creation.Perform();
        HandOver(creation, options, plan);
        NotifySocket? notify = null;
        try
        {
            notify = NotifySocket.TryOpen(creation.Directory, creation.Init.Pid);
            foreground?.Attach(creation.Init.Terminal);
            Launch(creation, plan);
        }
        catch (Exception e) when (e is RuntimeException or SyscallException)
        {
            notify?.Dispose();
            creation.Undo();
            throw e as RuntimeException ?? new RuntimeException(e.Message);
        }
        using NotifySocket? open = notify;
        // Other commands need not wait for the payload's end.
        creation.Directory.Unlock();
        if (foreground is null)
        {
            notify?.WaitReady(creation.Init.Pidfd);
            return 0;
        }
        int status;
        try
        {
            status = foreground.Wait(creation.Init.Pid, creation.Init.Pidfd, notify);
        }
        catch (SyscallException)
        {
            // Nobody else waits for it.
            creation.Undo();
            throw;
        }
        // Without the directory, somebody else has deleted the container.
        if (!options.Keep && creation.Directory.Lock())
        {
            Destroy(globals, creation.Directory, creation.Record);
        }
        return status;
    }

    /// <summary>startContainer hooks, the word to start, and poststart hooks once the payload runs.</summary>
    static void Launch(Creation creation, ContainerPlan plan)
    {
        ContainerHooks.RunStart(creation.Record, plan.Spec, creation.Init.Pidfd);
        creation.Init.Answer();
        creation.Init.AwaitExec();
        Log.Debug("init has executed the container's program");
        RunPoststart(creation.Record, plan.Spec, creation.Init.Pidfd);
    }

    /// <summary>Terminal, pidfd and pid file go to the caller, in this order: who sees the pid file has the terminal already.</summary>
    static void HandOver(Creation creation, CreateOptions options, ContainerPlan plan)
    {
        try
        {
            if (plan.Options.Terminal && options.ConsoleSocket is { } console)
            {
                Sockets.SendDescriptor(console, "/dev/ptmx", creation.Init.Terminal, "--console-socket");
            }
            if (options.PidfdSocket is { } socket)
            {
                Sockets.SendDescriptor(socket, "standard", creation.Init.Pidfd, "--pidfd-socket");
            }
            if (options.PidFile is { } file)
            {
                PidFile.Write(file, creation.Init.Pid);
            }
        }
        catch (Exception e) when (e is RuntimeException or SyscallException)
        {
            creation.Undo();
            throw e as RuntimeException ?? new RuntimeException(e.Message);
        }
    }

    static void CheckTerminal(ContainerPlan plan, CreateOptions options, bool detached)
    {
        bool terminal = plan.Options.Terminal;
        if (terminal && detached && options.ConsoleSocket is null)
        {
            throw new RuntimeException("cannot allocate tty if oci-run will detach without setting console socket",
                "give --console-socket, or set process.terminal to false");
        }
        if (options.ConsoleSocket is not null && !(terminal && detached))
        {
            throw new RuntimeException("cannot use console socket if oci-run will not detach or allocate tty");
        }
    }

    /// <summary>Reads, checks and plans; all problems in one error, before any side effect.</summary>
    internal static ContainerPlan MakePlan(GlobalOptions globals, CreateOptions options, Preflight preflight, bool waitsForStart,
        out HostFacts facts)
    {
        string file = options.ConfigFile.StartsWith('/') ? options.ConfigFile : options.Bundle + "/" + options.ConfigFile;
        var problems = new List<ConfigProblem>();
        RuntimeSpec spec;
        using (new Timings.Span("read config.json"))
        {
            spec = Preflight.ReadConfig(file, problems);
            SeccompListener.AddReceiver(spec);
        }
        using (new Timings.Span("look at the host"))
        {
            facts = preflight.Gather(spec, globals, options.Id);
        }
        InheritedDescriptors inherited = InheritedDescriptors.Read(options.PreserveFds);
        var planOptions = new PlanOptions
        {
            Id = options.Id,
            Bundle = options.Bundle,
            NoPivot = options.NoPivot,
            NoNewKeyring = options.NoNewKeyring,
            WaitsForStart = waitsForStart,
            CgroupManager = globals.CgroupManager,
            Terminal = spec.Process?.Terminal ?? false,
            InheritedFds = inherited.Count,
            ListenFds = inherited.ListenFds,
            NotifyDirectory = NotifySocket.HostPath is null ? null : NotifySocket.DirectoryOf(globals, options.Id),
        };
        ContainerPlan? plan;
        using (new Timings.Span("validate and plan"))
        {
            plan = Planner.Plan(spec, planOptions, facts, problems);
            Preflight.CheckPaths(spec, options.Bundle, problems);
        }
        if (plan is null || Preflight.HasErrors(problems))
        {
            throw ErrorText.OfProblems(problems, Preflight.NameOf(file));
        }
        foreach (ConfigProblem warning in plan.Warnings)
        {
            Log.Warn(warning.ToString());
        }
        LogUnknownCalls(plan);
        Log.Debug(plan);
        return plan;
    }

    static void LogUnknownCalls(ContainerPlan plan)
    {
        foreach (Step step in plan.Steps)
        {
            if (step is SeccompStep { UnknownNames: { } names })
            {
                Log.Debug("linux.seccomp: rules for unknown system calls are left out: " + string.Join(", ", names));
            }
        }
    }

    /// <summary>Lets the payload of a created container run.</summary>
    public static void Start(GlobalOptions globals, string id)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, id);
        if (!directory.Lock())
        {
            throw new RuntimeException("container does not exist");
        }
        ContainerRecord record = directory.Load(withConfig: true);
        switch (StatusOf(directory, record))
        {
            case ContainerStatus.Created:
                break;
            case ContainerStatus.Stopped:
                throw new RuntimeException("cannot start a container that has stopped");
            case ContainerStatus.Creating:
                throw new RuntimeException("cannot start a container that is still being created");
            case ContainerStatus.Paused when directory.WaitsForStart:
                throw new RuntimeException("cannot start a container in the paused state", "resume it first");
            default:
                throw new RuntimeException("cannot start an already running container");
        }
        using SafeFd pidfd = OpenInit(record);
        try
        {
            ContainerHooks.RunStart(record, record.Config, pidfd);
        }
        catch (RuntimeException)
        {
            // runtime.md, "Lifecycle" 8: the container is stopped.
            Syscall.TryPidfdSendSignal(pidfd, Signal.SIGKILL);
            throw;
        }
        using NotifySocket? notify = NotifySocket.TryOpen(directory, record.Pid);
        Release(directory, pidfd, record);
        Log.Debug("init has executed the container's program");
        RunPoststart(record, record.Config, pidfd);
        if (notify is not null)
        {
            // The container runs: other commands need not wait until it is ready.
            directory.Unlock();
            notify.WaitReady(pidfd);
        }
    }

    /// <summary>One byte over the start socket; its end then says that the payload was executed, a record that it was not.</summary>
    static void Release(ContainerDirectory directory, SafeFd pidfd, ContainerRecord record)
    {
        using SafeFd socket = Syscall.Socket(AddressFamily.AF_UNIX, SocketType.SOCK_SEQPACKET | SocketType.SOCK_CLOEXEC);
        int connected = Syscall.TryConnectUnix(socket, directory.ShortPath(ContainerDirectory.StartSocketName));
        if (connected < 0)
        {
            throw new RuntimeException("container init exited before it was started (" + ErrnoText.Name(-connected) + ")");
        }
        // Before the word is out: a command killed in between leaves no running container that looks like a created one.
        directory.RemoveStartSocket();
        int sent = Syscall.TryWrite(socket, [1]);
        if (sent < 0 && sent != -Errno.EPIPE)
        {
            throw new RuntimeException(ErrorText.Call("write", null, -sent));
        }
        if (ReadRecord(socket, pidfd) is null)
        {
            throw new RuntimeException("container init exited before it was started");
        }
        if (ReadRecord(socket, pidfd) is not { } error)
        {
            return;
        }
        string program = record.Config.Process?.Args is { Count: > 0 } args ? args[0] : "";
        throw new RuntimeException("exec: \"" + program + "\": " + ErrnoText.Words(error.Errno));
    }

    /// <summary>The next record of a process that starts; null when it has executed its payload, or has ended.</summary>
    static Record? ReadRecord(SafeFd socket, SafeFd pidfd)
    {
        Span<PollFd> fds = [new PollFd { fd = socket, events = PollEvents.POLLIN }, new PollFd { fd = pidfd, events = PollEvents.POLLIN }];
        Syscall.Poll(fds, -1);
        Span<byte> reply = stackalloc byte[Record.Size];
        if (fds[0].revents == 0 || Syscall.TryRead(socket, reply) < Record.Size)
        {
            return null;
        }
        return System.Runtime.InteropServices.MemoryMarshal.Read<Record>(reply);
    }

    /// <summary>A failure stops the container (runtime.md, "Lifecycle" 9).</summary>
    static void RunPoststart(ContainerRecord record, RuntimeSpec spec, SafeFd pidfd)
    {
        if (spec.Hooks?.Poststart is not { Count: > 0 } hooks)
        {
            return;
        }
        byte[] state = StateJson.HookState(record, ContainerStatus.Running, record.Pid);
        try
        {
            Hooks.Run("poststart", hooks, state, new HookPlace { DefaultEnvironment = Hooks.OwnEnvironment(), Annotations = record.Annotations });
        }
        catch (RuntimeException)
        {
            Syscall.TryPidfdSendSignal(pidfd, Signal.SIGKILL);
            throw;
        }
    }

    internal static SafeFd OpenInit(ContainerRecord record)
    {
        int fd = record.Pid > 0 ? Syscall.TryPidfdOpen(record.Pid) : -Errno.ESRCH;
        if (fd is -Errno.ESRCH or -Errno.EINVAL or -Errno.ENOENT)
        {
            throw new RuntimeException("container init exited");
        }
        Syscall.Check(fd, "pidfd_open");
        var pidfd = new SafeFd(fd);
        // The pid may have been given to another between the check and the open.
        if (!ProcessStat.IsAlive(record.Pid, record.PidStartTime))
        {
            pidfd.Dispose();
            throw new RuntimeException("container init exited");
        }
        return pidfd;
    }
}
