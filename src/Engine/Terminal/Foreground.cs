using System;
using OciRun.Engine.HandOver;
using OciRun.Kernel;
using OciRun.Syscalls;
using static OciRun.Kernel.Signal;

namespace OciRun.Engine.Terminal;

/// <summary>The runtime beside a payload that it waits for: signals go to the payload, its exit code comes back, and orphans that
/// fall to the runtime are reaped.</summary>
sealed class Foreground : IDisposable
{
    // The C library keeps two for its threads (nptl(7)), and the managed runtime uses the next.
    const int FirstRuntimeSignal = Signals.SIGRTMIN - 2;

    readonly SignalPipe _signals;
    TerminalRelay? _relay;

    /// <summary>From here on no signal ends the runtime before the container is cleaned up.</summary>
    public Foreground(bool subreaper)
    {
        if (subreaper)
        {
            Syscall.Prctl(Prctl.PR_SET_CHILD_SUBREAPER, 1);
        }
        // Faults stay fatal, and SIGPIPE is an error of write(2).
        ulong all = ~(Bit(SIGILL) | Bit(SIGTRAP) | Bit(SIGABRT) | Bit(SIGBUS) | Bit(SIGFPE) | Bit(SIGKILL) | Bit(SIGSEGV) |
            Bit(SIGPIPE) |
            Bit(SIGSTOP) | Bit(SIGSYS));
        for (int signal = FirstRuntimeSignal; signal <= Signals.SIGRTMIN; signal++)
        {
            all &= ~Bit(signal);
        }
        _signals = new SignalPipe(all);
    }

    static ulong Bit(int signal) => Syscall.SignalBit(signal);

    /// <summary>Connects the caller's terminal to the payload's, when it has one.</summary>
    public void Attach(SafeFd terminal)
    {
        if (terminal >= 0)
        {
            _relay = new TerminalRelay(terminal);
        }
    }

    /// <summary>Waits for the process, and hands its notifications on meanwhile.</summary>
    /// <returns>Its exit code, 128 + N for signal N.</returns>
    public int Wait(int pid, SafeFd pidfd, NotifySocket? notify = null)
    {
        using var _ = new Timings.Span("wait for the payload");
        Span<PollFd> fds = stackalloc PollFd[3 + TerminalRelay.Descriptors];
        while (true)
        {
            fds[0] = new PollFd { fd = pidfd, events = PollEvents.POLLIN };
            fds[1] = new PollFd { fd = _signals.Fd, events = PollEvents.POLLIN };
            fds[2] = new PollFd { fd = notify?.Fd ?? -1, events = PollEvents.POLLIN };
            Span<PollFd> relay = fds[3..];
            relay.Fill(new PollFd { fd = -1 });
            _relay?.Prepare(relay);
            Syscall.Poll(fds, _relay?.Timeout ?? -1);
            _relay?.Move(relay);
            if (fds[2].revents != 0)
            {
                notify!.Relay();
            }
            if (fds[1].revents != 0)
            {
                Forward(pid, pidfd);
            }
            if (fds[0].revents != 0)
            {
                WaitResult result = Syscall.WaitId(WaitFlags.P_PIDFD, pidfd);
                notify?.Relay();
                _relay?.Drain(_signals);
                return result.ExitCode;
            }
        }
    }

    void Forward(int pid, SafeFd pidfd)
    {
        while (_signals.Next() is > 0 and int signal)
        {
            if (signal == SIGCHLD)
            {
                ReapOthers(pid);
            }
            else if (signal == SIGWINCH && _relay is not null)
            {
                _relay.Resize();
            }
            else if (signal != SIGURG)
            {
                if (signal == SIGCONT)
                {
                    _relay?.Continue();
                }
                Syscall.TryPidfdSendSignal(pidfd, signal);
            }
        }
    }

    /// <summary>Orphans of the container without a pid namespace of its own fall to the subreaper.</summary>
    static void ReapOthers(int pid)
    {
        while (Syscall.TryWaitId(WaitFlags.P_ALL, 0, WaitFlags.WEXITED | WaitFlags.WNOHANG | WaitFlags.WNOWAIT,
            out WaitResult result) >= 0 &&
            result.Pid != 0 && result.Pid != pid)
        {
            Syscall.TryWaitId(WaitFlags.P_PID, result.Pid, WaitFlags.WEXITED | WaitFlags.WNOHANG, out _);
        }
    }

    public void Dispose()
    {
        _relay?.Dispose();
        _signals.Dispose();
    }
}
