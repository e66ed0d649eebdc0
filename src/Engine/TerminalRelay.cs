using System;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine;

/// <summary>Moves bytes between the caller's terminal and the payload's. Both directions have a buffer and wait for the slower end, so
/// that nothing is lost and nothing spins.</summary>
sealed class TerminalRelay : IDisposable
{
    /// <summary>How many descriptors it polls.</summary>
    public const int Descriptors = 4;
    const int BufferSize = 32768;

    readonly SafeFd _master;
    readonly byte[] _toPayload = new byte[BufferSize];
    readonly byte[] _toCaller = new byte[BufferSize];
    int _toPayloadStart;
    int _toPayloadEnd;
    int _toCallerStart;
    int _toCallerEnd;
    bool _inputEnded;
    bool _masterEnded;
    readonly bool _wasTerminal;
    readonly Termios _saved;

    public TerminalRelay(SafeFd master)
    {
        _master = master;
        Syscall.SetStatusFlags(master, Syscall.GetStatusFlags(master) | OpenFlags.O_NONBLOCK);
        // The payload's line ends are the caller's terminal's business.
        Termios payload = Syscall.GetTermios(master);
        payload.c_oflag &= ~4u /* ONLCR */;
        Syscall.SetTermios(master, payload);
        _wasTerminal = Syscall.IsTerminal(0);
        if (_wasTerminal)
        {
            _saved = Syscall.GetTermios(0);
            Termios raw = _saved;
            // cfmakeraw(3)
            raw.c_iflag &= ~0x5EBu;
            raw.c_oflag &= ~1u;
            raw.c_lflag &= ~0x804Bu;
            raw.c_cflag = (raw.c_cflag & ~0x130u) | 0x30u;
            SetCaller(raw);
            Resize();
        }
    }

    /// <summary>From a background process group, the kernel stops the caller with SIGTTOU unless it is blocked.</summary>
    static void SetCaller(Termios termios)
    {
        ulong mask = Syscall.Sigprocmask(0, Syscall.SignalBit(22));
        Syscall.SetTermios(0, termios);
        Syscall.Sigprocmask(2, mask);
    }

    public void Resize()
    {
        if (Syscall.TryGetWindowSize(0, out Winsize size) >= 0)
        {
            Syscall.SetWindowSize(_master, size.ws_row, size.ws_col);
        }
    }

    /// <summary>Sets what to poll for: input only while there is room for it.</summary>
    public void Prepare(Span<PollFd> fds)
    {
        bool roomIn = _toPayloadEnd < BufferSize;
        bool roomOut = _toCallerEnd < BufferSize;
        fds[0] = new PollFd { fd = _inputEnded || !roomIn ? -1 : 0, events = 1 };
        fds[1] = new PollFd { fd = _masterEnded || !roomOut ? -1 : _master.Value, events = 1 };
        fds[2] = new PollFd { fd = _masterEnded || _toPayloadStart == _toPayloadEnd ? -1 : _master.Value, events = 4 };
        fds[3] = new PollFd { fd = _toCallerStart == _toCallerEnd ? -1 : 1, events = 4 };
    }

    public void Move(Span<PollFd> fds)
    {
        if (fds[0].fd >= 0 && fds[0].revents != 0)
        {
            int size = Syscall.TryRead(0, _toPayload.AsSpan(_toPayloadEnd));
            _inputEnded = size is 0 or < 0 and not -(int)Errno.EAGAIN;
            _toPayloadEnd += Math.Max(size, 0);
        }
        if (fds[1].fd >= 0 && fds[1].revents != 0)
        {
            ReadMaster();
        }
        if (fds[2].fd >= 0 && (fds[2].revents & 4) != 0)
        {
            _toPayloadStart += Math.Max(Syscall.TryWrite(_master, _toPayload.AsSpan(_toPayloadStart, _toPayloadEnd - _toPayloadStart)), 0);
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
        _masterEnded = size is 0 or < 0 and not -(int)Errno.EAGAIN;
        _toCallerEnd += Math.Max(size, 0);
    }

    void WriteCaller()
    {
        int size = Syscall.TryWrite(1, _toCaller.AsSpan(_toCallerStart, _toCallerEnd - _toCallerStart));
        if (size < 0 && size != -(int)Errno.EAGAIN)
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

    /// <summary>After the payload's end: all that it wrote reaches the caller.</summary>
    public void Drain()
    {
        while (true)
        {
            while (_toCallerStart < _toCallerEnd)
            {
                Syscall.Poll(1, 4, -1);
                WriteCaller();
            }
            if (_masterEnded)
            {
                return;
            }
            int before = _toCallerEnd;
            ReadMaster();
            if (_toCallerEnd == before)
            {
                return;
            }
        }
    }

    public void Dispose()
    {
        if (_wasTerminal)
        {
            SetCaller(_saved);
        }
    }
}
