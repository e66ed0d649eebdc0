using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using OciRun.Engine.Child;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Syscalls;
using static OciRun.Kernel.Mode;
using static OciRun.Kernel.Signal;

namespace OciRun.Engine.Process;

/// <summary>The container's first process, or one that exec starts: it is cloned, answered at its gates, and fed its init
/// program.</summary>
sealed unsafe class InitProcess : IDisposable
{
    const int DeathTimeoutMs = 1000;

    readonly ContainerPlan _plan;
    readonly SafeFd _channel;
    readonly SafeFd _peer;
    readonly SafeFd _program;
    readonly SafeFd _programReadOnly;
    /// <summary>The host's procfs, when the init program needs it.</summary>
    readonly SafeFd? _proc;
    /// <summary>The container's /etc/passwd, when it has sent one.</summary>
    SafeFd? _passwd;
    /// <summary>The step in which the process clones itself: one record that names a pid is believed. -1: none, or
    /// done.</summary>
    int _cloneStep = -1;
    /// <summary>From here on the process is no more this program's own code.</summary>
    bool _programFilled;

    /// <summary>Makes the channel and the program's file; with <paramref name="needsProc"/> also opens the host's
    /// procfs.</summary>
    public InitProcess(ContainerPlan plan, bool needsProc)
    {
        _plan = plan;
        (_channel, _peer) = Syscall.SocketPair(SocketType.SOCK_SEQPACKET | SocketType.SOCK_CLOEXEC);
        PeerNumber = _peer;
        _program = MakeProgramFile();
        // The kernel executes no file that is open for writing: the process has this descriptor, and the other is closed in time.
        _programReadOnly = Syscall.Open("/proc/self/fd/" + _program, OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC);
        if (Syscall.Geteuid() == 0)
        {
            // In a user namespace a program that cannot be read is not dumpable from its first instruction on, and belongs to the
            // runtime's user namespace: CAP_SYS_PTRACE in the container does not reach it (execve(2), ptrace(2)).
            Syscall.Fchmod(_program, O111);
        }
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            if (plan.Steps[i] is CloneAgainStep or EnterPidNamespaceStep)
            {
                _cloneStep = i;
            }
        }
        if (needsProc)
        {
            _proc = HostProc();
            ProcNumber = _proc;
        }
    }

    /// <summary>The root of procfs and nothing else: attributes written to another file would confine nobody.</summary>
    static SafeFd HostProc()
    {
        SafeFd proc = Syscall.Open("/proc", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW |
            OpenFlags.O_CLOEXEC);
        if (Syscall.Fstatfs(proc).f_type != StatfsMagic.PROC_SUPER_MAGIC || Syscall.Fstat(proc).st_ino != 1)
        {
            proc.Dispose();
            throw new RuntimeException("/proc is not the root of procfs on this host", "mount it: mount -t proc proc /proc");
        }
        return proc;
    }

    /// <summary>Number of the host's procfs in the process, -1 for none.</summary>
    int ProcNumber { get; } = -1;

    /// <summary>Number of the channel's other end in the process.</summary>
    int PeerNumber { get; }
    public int Pid { get; private set; }
    public SafeFd Pidfd { get; private set; } = new(-1);
    /// <summary>What the process gets as its standard streams; -1 for the runtime's own.</summary>
    public (int Input, int Output, int Error) Streams { get; init; } = (-1, -1, -1);
    public SafeFd Terminal { get; private set; } = new(-1);

    /// <summary>MFD_EXEC is needed where the default is noexec, and unknown before Linux 6.3.</summary>
    static SafeFd MakeProgramFile()
    {
        const int flags = MemfdFlags.MFD_CLOEXEC | MemfdFlags.MFD_ALLOW_SEALING;
        try
        {
            return Syscall.MemfdCreate("oci-run-init", flags | MemfdFlags.MFD_EXEC);
        }
        catch (SyscallException e) when (e.Errno == Errno.EINVAL)
        {
            return Syscall.MemfdCreate("oci-run-init", flags);
        }
        catch (SyscallException e) when (e.Errno == Errno.EACCES)
        {
            throw new RuntimeException(e.Message,
                "executable memfds are forbidden here: set /proc/sys/vm/memfd_noexec to 0 or 1");
        }
    }

    /// <summary>Clones the process, which performs init's steps.</summary>
    /// <param name="step">What it is born into.</param>
    /// <param name="made">The descriptors that it is born with.</param>
    /// <param name="cgroup">Its cgroup's directory, -1 for the runtime's.</param>
    /// <param name="startSocket">The listening socket for start, -1 for none.</param>
    /// <param name="waitFirst">A gate before its first step; 0 for none.</param>
    /// <returns>0, or a negative errno.</returns>
    public int Spawn(SpawnStep step, Products made, int cgroup, int startSocket, Gate waitFirst)
    {
        ProgramBuilder program = Lowering.Lower(_plan, new ProgramBuilder(Stage.Clone));
        ulong* times = Timings.Share(_plan, program);
        int pid;
        SafeFd pidfd;
        fixed (Op* ops = program.Ops)
        fixed (byte* data = program.Data)
        fixed (int* descriptors = made.Slots)
        {
            var context = new ChildContext
            {
                Ops = ops,
                Count = program.Count,
                Data = data,
                Slots = descriptors,
                Channel = _peer,
                StartSocket = startSocket,
                InitProgram = _programReadOnly,
                CloseFirst = _program,
                RuntimeEnd = _channel,
                InheritedFds = _plan.Options.InheritedFds,
                Root = made.Root,
                Proc = ProcNumber,
                Null = -1,
                MaskMount = -1,
                Directory = -1,
                Dev = -1,
                WaitFirst = (int)waitFirst,
                Input = Streams.Input,
                Output = Streams.Output,
                ErrorOutput = Streams.Error,
                InitProc = ProcNumber,
                Times = times,
            };
            pid = Clone.Start((uint)step.CloneFlags | (ulong)CloneFlags.CLONE_CLEAR_SIGHAND, cgroup,
                (delegate*<void*, void>)(delegate*<ChildContext*, void>)&ChildProgram.Run, &context, out pidfd);
        }
        if (pid < 0)
        {
            return pid;
        }
        Pid = pid;
        Pidfd = pidfd;
        _peer.Dispose();
        return 0;
    }

    /// <summary>Lets the process go on from the gate that it waits at.</summary>
    public void Answer()
    {
        Record record = new() { Type = RecordType.Gate };
        var bytes = new ReadOnlySpan<byte>(&record, Record.Size);
        int written = Syscall.TryWrite(_channel, bytes);
        // A process that has died is noticed by the next read, with its reason.
        if (written < 0 && written != -Errno.EPIPE && written != -Errno.ECONNRESET)
        {
            throw new RuntimeException(ErrorText.Call("write", null, -written));
        }
    }

    /// <summary>What the process has reported as the reason of its end, where it has: to be asked when something that the runtime
    /// did to it failed. Null: it lives, or ended without a word.</summary>
    public RuntimeException? PendingError()
    {
        Span<byte> buffer = stackalloc byte[Record.Size + Record.MostDetail];
        Span<int> fds = stackalloc int[4];
        while (Pidfd >= 0 && !_programFilled)
        {
            int size = Syscall.TryRecvMsg(_channel, buffer, fds, out int count, MsgFlags.MSG_DONTWAIT);
            foreach (int fd in fds[..count])
            {
                Syscall.TryClose(fd);
            }
            if (size < Record.Size)
            {
                return null;
            }
            Record record = System.Runtime.InteropServices.MemoryMarshal.Read<Record>(buffer);
            if (record.Type == RecordType.Error)
            {
                return ErrorOf(record, buffer[..size]);
            }
        }
        return null;
    }

    RuntimeException ErrorOf(Record record, ReadOnlySpan<byte> message)
    {
        string detail = Encoding.UTF8.GetString(message[Record.Size..]).Trim();
        return ErrorText.OfRecord(_plan, record, detail.StartsWith("e ", StringComparison.Ordinal) ? detail[2..] : detail);
    }

    /// <summary>Waits for the next gate. Null: the channel was closed without an error, as execve of the payload does.</summary>
    public Gate? NextGate()
    {
        Span<byte> buffer = stackalloc byte[Record.Size + Record.MostDetail];
        Span<int> fds = stackalloc int[4];
        Gate? early = null;
        while (true)
        {
            int size = Syscall.TryRecvMsg(_channel, buffer, fds, out int count);
            if (size is 0 or -Errno.ECONNRESET)
            {
                return null;
            }
            if (size < Record.Size)
            {
                throw new RuntimeException(ErrorText.Call("recvmsg", null, size < 0 ? -size : Errno.EPROTO));
            }
            Record record = System.Runtime.InteropServices.MemoryMarshal.Read<Record>(buffer);
            switch (record.Type)
            {
                case RecordType.Gate when _cloneStep >= 0 && record.Step > _cloneStep && early is null:
                    // The child was faster than its parent's word about it, which must come first: what the gate does is for the
                    // child.
                    early = (Gate)record.Aux;
                    AwaitWord();
                    break;
                case RecordType.Gate when early is null:
                    return Reached((Gate)record.Aux);
                case RecordType.Adopt when _cloneStep >= 0:
                    _cloneStep = -1;
                    Adopt((int)record.Aux);
                    if (early is { } gate)
                    {
                        return Reached(gate);
                    }
                    break;
                case RecordType.Descriptor when !_programFilled:
                    Receive((DescriptorKind)record.Aux, count > 0 ? fds[0] : -1);
                    break;
                default:
                    throw ErrorOf(record, buffer[..size]);
            }
        }
    }

    static Gate Reached(Gate gate)
    {
        if (gate == Gate.Ready)
        {
            Timings.NoteReady();
        }
        return gate;
    }

    /// <summary>Until the process that cloned itself has said so; it may have died before.</summary>
    void AwaitWord()
    {
        Span<PollFd> fds = [new PollFd { fd = _channel, events = PollEvents.POLLIN },
            new PollFd { fd = Pidfd, events = PollEvents.POLLIN }];
        Syscall.Poll(fds, -1);
        if (fds[0].revents == 0)
        {
            throw new RuntimeException("the process " + Reap() + " before it was ready");
        }
    }

    /// <summary>The process's child, which the kernel made the runtime's own, is the container's process from now on.</summary>
    void Adopt(int pid)
    {
        int child = Syscall.TryWaitId(WaitFlags.P_PID, pid, WaitFlags.WEXITED | WaitFlags.WNOHANG | WaitFlags.WNOWAIT, out _);
        if (child < 0)
        {
            // ECHILD: it named a process of somebody else.
            throw new RuntimeException(child == -Errno.ECHILD ? "init process broke the protocol"
                : ErrorText.Call("waitid", null, -child));
        }
        Syscall.TryWaitId(WaitFlags.P_PIDFD, Pidfd, WaitFlags.WEXITED, out _);
        Pidfd.Dispose();
        Pid = pid;
        Pidfd = Syscall.PidfdOpen(pid);
    }

    void Receive(DescriptorKind kind, int fd)
    {
        if (fd < 0)
        {
            return;
        }
        if (kind == DescriptorKind.Terminal)
        {
            Terminal = new SafeFd(fd);
            return;
        }
        _passwd = new SafeFd(fd);
    }

    /// <summary>Waits until the payload is executed, or the process has ended. Not for the end of the channel alone: whoever else
    /// holds it must not keep the runtime waiting.</summary>
    /// <exception cref="RuntimeException">The payload could not be executed.</exception>
    public void AwaitExec()
    {
        Span<PollFd> fds = [new PollFd { fd = _channel, events = PollEvents.POLLIN },
            new PollFd { fd = Pidfd, events = PollEvents.POLLIN }];
        Syscall.Poll(fds, -1);
        if (fds[0].revents != 0 && NextGate() is not null)
        {
            throw new RuntimeException("init process broke the protocol");
        }
    }

    /// <summary>Writes and seals the program that the process executes next.</summary>
    public void FillProgram(InitProgramStep step, int startSocket)
    {
        var program = new ProgramBuilder(Stage.Init)
        {
            ChannelFd = PeerNumber,
            StartFd = startSocket,
            InheritedFds = _plan.Options.InheritedFds,
            ProcFd = ProcNumber,
            Home = step.HomeOf is { } uid && _passwd is not null ? Passwd.HomeOf(_passwd, uid) ?? "/" : "/",
        };
        Syscall.WriteAll(_program, InitImage.Build(Lowering.Lower(_plan, program)));
        Syscall.FcntlAddSeals(_program, Seal.F_SEAL_SEAL | Seal.F_SEAL_SHRINK | Seal.F_SEAL_GROW | Seal.F_SEAL_WRITE);
        _program.Dispose();
        _programReadOnly.Dispose();
        _programFilled = true;
    }

    bool _reapedAfterKill;

    /// <summary>True when the process has ended by SIGKILL. Its cgroup is empty, and may be removed, a moment before the kernel
    /// reports its end: hence the wait.</summary>
    public bool WasKilled() => _reapedAfterKill || Pidfd >= 0 && Syscall.Poll(Pidfd, PollEvents.POLLIN, DeathTimeoutMs) > 0 &&
        Syscall.TryWaitId(WaitFlags.P_PIDFD, Pidfd, WaitFlags.WEXITED | WaitFlags.WNOHANG | WaitFlags.WNOWAIT,
        out WaitResult result) >= 0 &&
        result.Signaled && result.ExitCode == 128 + Signal.SIGKILL;

    /// <summary>Why the process is gone, for a message: "was killed by signal 9", "exited with status 1".</summary>
    public string Reap()
    {
        if (Pidfd < 0 || Syscall.TryWaitId(WaitFlags.P_PIDFD, Pidfd, WaitFlags.WEXITED, out WaitResult result) < 0)
        {
            return "is gone";
        }
        _reapedAfterKill = result.Signaled && result.ExitCode == 128 + Signal.SIGKILL;
        return result.Signaled
            ? "was killed by signal " + Signals.Name(result.ExitCode - 128)
            : "exited with status " + result.ExitCode.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Kills the process and waits for its end, after a failure.</summary>
    public void Destroy()
    {
        if (Pidfd >= 0)
        {
            Syscall.TryPidfdSendSignal(Pidfd, Signal.SIGKILL);
            Syscall.TryWaitId(WaitFlags.P_PIDFD, Pidfd, WaitFlags.WEXITED, out _);
        }
    }

    public void Dispose()
    {
        _channel.Dispose();
        _peer.Dispose();
        _program.Dispose();
        _programReadOnly.Dispose();
        _proc?.Dispose();
        _passwd?.Dispose();
        Pidfd.Dispose();
        Terminal.Dispose();
    }
}
