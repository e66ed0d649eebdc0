using System;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine;

/// <summary>The runtime beside a payload that it waits for: signals go to the payload, its exit code comes back, and orphans that fall
/// to the runtime are reaped.</summary>
sealed class Foreground : IDisposable
{
    const int SigChld = 17;
    const int SigCont = 18;
    const int SigWinch = 28;
    const int SigUrg = 23;

    const int LastRuntimeSignal = 34;

    readonly SignalPipe _signals;
    TerminalRelay? _relay;

    /// <summary>From here on no signal ends the runtime before the container is cleaned up.</summary>
    public Foreground(bool subreaper)
    {
        if (subreaper)
        {
            Syscall.Prctl(36 /* PR_SET_CHILD_SUBREAPER */, 1);
        }
        // Faults stay fatal, SIGPIPE is an error of write(2), and 32 to 34 belong to the C library and the managed runtime.
        ulong all = ulong.MaxValue & ~(Bit(4) | Bit(5) | Bit(6) | Bit(7) | Bit(8) | Bit(9) | Bit(11) | Bit(13) | Bit(19) | Bit(31) |
            Bit(32) | Bit(33) | Bit(LastRuntimeSignal));
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
            fds[0] = new PollFd { fd = pidfd, events = 1 };
            fds[1] = new PollFd { fd = _signals.Fd, events = 1 };
            fds[2] = new PollFd { fd = notify?.Fd ?? -1, events = 1 };
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
            if (signal == SigChld)
            {
                ReapOthers(pid);
            }
            else if (signal == SigWinch && _relay is not null)
            {
                _relay.Resize();
            }
            else if (signal != SigUrg)
            {
                if (signal == SigCont)
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
        while (Syscall.TryWaitId(WaitFlags.P_ALL, 0, WaitFlags.WEXITED | WaitFlags.WNOHANG | WaitFlags.WNOWAIT, out WaitResult result) >= 0 &&
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
