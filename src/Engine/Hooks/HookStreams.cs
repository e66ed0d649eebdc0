using System;
using System.Text;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.Hooks;

/// <summary>Feeds a hook and reads it, without ever waiting for one end only.</summary>
sealed class HookStreams(byte[] state, SafeFd input, SafeFd output, SafeFd errorOutput)
{
    readonly StringBuilder _output = new();
    readonly StringBuilder _error = new();
    const int MostOutput = 4096;
    int _written;

    public string Output => _output.ToString();
    public string ErrorOutput => _error.ToString();

    /// <summary>Whether the container's init process ended before the hook.</summary>
    public bool InitEnded { get; private set; }

    /// <summary>Until the hook has ended; false when the timeout (seconds) or the end of the container's init came
    /// first.</summary>
    public bool Pump(int pidfd, int? timeout, int init)
    {
        Syscall.SetStatusFlags(input, OpenFlags.O_WRONLY | OpenFlags.O_NONBLOCK);
        Syscall.SetStatusFlags(output, OpenFlags.O_NONBLOCK);
        Syscall.SetStatusFlags(errorOutput, OpenFlags.O_NONBLOCK);
        long deadline = timeout is { } seconds ? Syscall.ClockMonotonicNs() + seconds * 1_000_000_000L : long.MaxValue;
        Span<PollFd> fds = stackalloc PollFd[5];
        while (true)
        {
            fds[0] = new PollFd { fd = pidfd, events = PollEvents.POLLIN };
            fds[1] = new PollFd { fd = output, events = PollEvents.POLLIN };
            fds[2] = new PollFd { fd = errorOutput, events = PollEvents.POLLIN };
            fds[3] = new PollFd { fd = input, events = PollEvents.POLLOUT };
            fds[4] = new PollFd { fd = init, events = PollEvents.POLLIN };
            long left = deadline == long.MaxValue ? -1 : Math.Max(0, (deadline - Syscall.ClockMonotonicNs()) / 1_000_000);
            if (Syscall.Poll(fds, (int)Math.Min(left, int.MaxValue)) == 0 && left == 0)
            {
                return false;
            }
            if (fds[0].revents != 0)
            {
                return true;
            }
            if (fds[4].revents != 0)
            {
                InitEnded = true;
                return false;
            }
            if (fds[1].revents != 0)
            {
                Read(output, _output);
            }
            if (fds[2].revents != 0)
            {
                Read(errorOutput, _error);
            }
            if (fds[3].revents != 0)
            {
                Feed();
            }
        }
    }

    /// <summary>A hook that does not read its input is none the worse for it (EPIPE).</summary>
    void Feed()
    {
        int written = Syscall.TryWrite(input, state.AsSpan(_written));
        if (written == -Errno.EAGAIN)
        {
            return;
        }
        _written += Math.Max(written, 0);
        if (written < 0 || _written == state.Length)
        {
            input.Dispose();
        }
    }

    /// <summary>What is left in the pipes; a grandchild that keeps them open is not waited for.</summary>
    public void Drain()
    {
        Read(output, _output);
        Read(errorOutput, _error);
    }

    static void Read(SafeFd fd, StringBuilder text)
    {
        Span<byte> buffer = stackalloc byte[1024];
        while (fd >= 0)
        {
            int size = Syscall.TryRead(fd, buffer);
            if (size == 0)
            {
                fd.Dispose();
            }
            if (size <= 0)
            {
                return;
            }
            if (text.Length < MostOutput)
            {
                text.Append(Encoding.UTF8.GetString(buffer[..size]));
            }
        }
    }
}
