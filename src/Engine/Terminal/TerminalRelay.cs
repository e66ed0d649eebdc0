using System;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.Terminal;

/// <summary>Moves bytes between the caller's terminal and the payload's. Both directions have a buffer and wait for the slower
/// end, so that nothing is lost and nothing spins.</summary>
sealed class TerminalRelay : IDisposable
{
    /// <summary>How many descriptors it polls.</summary>
    public const int Descriptors = 4;
    const int BufferSize = 32768;
    const int BackgroundPollMs = 250;

    readonly SafeFd _master;
    readonly SafeFd? _slave;
    readonly CallerTerminal _caller = new();
    readonly byte[] _toPayload = new byte[BufferSize];
    readonly byte[] _toCaller = new byte[BufferSize];
    int _toPayloadStart;
    int _toPayloadEnd;
    int _toCallerStart;
    int _toCallerEnd;
    bool _inputEnded;
    bool _masterEnded;

    public TerminalRelay(SafeFd master)
    {
        _master = master;
        // Held open, for a payload may close all of its terminal and open it again later (init systems do, between two services):
        // the master would be at its end for good with the first, or have to be polled without pause.
        const long flags = OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC;
        long slave = Syscall.TryIoctl(master, Ioctl.TIOCGPTPEER, flags);
        _slave = slave < 0 ? null : new SafeFd((int)slave);
        Syscall.SetStatusFlags(master, Syscall.GetStatusFlags(master) | OpenFlags.O_NONBLOCK);
        // The payload's line ends are the caller's terminal's business.
        Termios payload = Syscall.GetTermios(master);
        payload.c_oflag &= ~TermiosFlags.ONLCR;
        Syscall.SetTermios(master, payload);
        Resize();
    }

    public void Resize()
    {
        if (Syscall.TryGetWindowSize(0, out Winsize size) >= 0)
        {
            Syscall.SetWindowSize(_master, size.ws_row, size.ws_col);
        }
    }

    /// <summary>After SIGCONT: the settings are the shell's, and the window may have another size.</summary>
    public void Continue()
    {
        _caller.MakeRaw();
        Resize();
    }

    /// <summary>How long to poll: no signal tells that a shell has brought the job to the foreground.</summary>
    public int Timeout => _caller.WaitsForItsTurn ? BackgroundPollMs : -1;

    /// <summary>Sets what to poll for: input only while there is room for it.</summary>
    public void Prepare(Span<PollFd> fds)
    {
        if (_caller.WaitsForItsTurn)
        {
            _caller.MakeRaw();
        }
        bool takesInput = !_inputEnded && _toPayloadEnd < BufferSize && !_caller.WaitsForItsTurn;
        bool roomOut = _toCallerEnd < BufferSize;
        fds[0] = new PollFd { fd = takesInput ? 0 : -1, events = PollEvents.POLLIN };
        fds[1] = new PollFd { fd = _masterEnded || !roomOut ? -1 : _master.Value, events = PollEvents.POLLIN };
        fds[2] = new PollFd
        {
            fd = _masterEnded || _toPayloadStart == _toPayloadEnd ? -1 : _master.Value,
            events = PollEvents.POLLOUT
        };
        fds[3] = new PollFd { fd = _toCallerStart == _toCallerEnd ? -1 : _caller.Output, events = PollEvents.POLLOUT };
    }

    public void Move(Span<PollFd> fds)
    {
        if (fds[0].fd >= 0 && fds[0].revents != 0 && !_caller.IsOurs)
        {
            // Read from the background, a terminal answers with SIGTTIN.
            _caller.GiveUp();
        }
        else if (fds[0].fd >= 0 && fds[0].revents != 0)
        {
            int size = Syscall.TryRead(0, _toPayload.AsSpan(_toPayloadEnd));
            _inputEnded = size is 0 or < 0 and not -Errno.EAGAIN;
            _toPayloadEnd += Math.Max(size, 0);
        }
        if (fds[1].fd >= 0 && fds[1].revents != 0)
        {
            ReadMaster();
        }
        if (fds[2].fd >= 0 && (fds[2].revents & PollEvents.POLLOUT) != 0)
        {
            _toPayloadStart += Math.Max(Syscall.TryWrite(_master,
                _toPayload.AsSpan(_toPayloadStart, _toPayloadEnd - _toPayloadStart)), 0);
            Compact(ref _toPayloadStart, ref _toPayloadEnd);
        }
        if (fds[3].fd >= 0 && fds[3].revents != 0)
        {
            WriteCaller();
        }
    }

    void ReadMaster()
    {
        int size = Syscall.TryRead(_master, _toCaller.AsSpan(_toCallerEnd));
        // EIO: no process has the other side open any more.
        _masterEnded = size is 0 or < 0 and not -Errno.EAGAIN;
        _toCallerEnd += Math.Max(size, 0);
    }

    void WriteCaller()
    {
        int size = Syscall.TryWrite(_caller.Output, _toCaller.AsSpan(_toCallerStart, _toCallerEnd - _toCallerStart));
        if (size < 0 && size != -Errno.EAGAIN)
        {
            // Nobody reads any more; the payload goes on without being seen.
            size = _toCallerEnd - _toCallerStart;
        }
        _toCallerStart += Math.Max(size, 0);
        Compact(ref _toCallerStart, ref _toCallerEnd);
    }

    static void Compact(ref int start, ref int end)
    {
        if (start == end)
        {
            start = end = 0;
        }
    }

    /// <summary>After the payload's end: all that it wrote reaches the caller, unless a signal ends the wait for a caller that
    /// does not read.</summary>
    public void Drain(SignalPipe signals)
    {
        while (true)
        {
            while (_toCallerStart < _toCallerEnd)
            {
                Span<PollFd> fds = [new PollFd { fd = _caller.Output, events = PollEvents.POLLOUT },
                    new PollFd { fd = signals.Fd, events = PollEvents.POLLIN }];
                Syscall.Poll(fds, -1);
                if (fds[1].revents != 0 && EndsWait(signals.Next()))
                {
                    return;
                }
                if (fds[0].revents != 0)
                {
                    WriteCaller();
                }
            }
            if (_masterEnded)
            {
                return;
            }
            ReadMaster();
            if (_toCallerEnd == 0)
            {
                return;
            }
        }
    }

    static bool EndsWait(int signal) => signal is Signal.SIGHUP or Signal.SIGINT or Signal.SIGQUIT or Signal.SIGTERM;

    public void Dispose()
    {
        _caller.Dispose();
        _slave?.Dispose();
    }
}
