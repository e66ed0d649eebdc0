using System;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>rt_sigprocmask(2), poll(2).</content>
public static unsafe partial class Syscall
{
    /// <summary>sizeof(sigset_t) of the kernel.</summary>
    internal const int MaskBytes = 8;

    /// <summary>The bit of a signal in a 64-bit mask.</summary>
    public static ulong SignalBit(int signal) => 1UL << (signal - 1);

    /// <summary>rt_sigprocmask(2) of the calling thread: the old mask. How is of <see cref="SigHow"/>.</summary>
    public static ulong Sigprocmask(int how, ulong mask)
    {
        ulong old;
        Check(Try(Sys.rt_sigprocmask, how, (long)(&mask), (long)(&old), MaskBytes), "rt_sigprocmask");
        return old;
    }

    /// <summary>
    /// poll(2): how many entries have events, 0 after <paramref name="timeoutMs"/> (-1 waits for ever). An interrupted wait goes
    /// on for the time that is left.
    /// </summary>
    public static int Poll(Span<PollFd> fds, int timeoutMs)
    {
        // ppoll(2), for arm64 has no poll(2); the kernel leaves in it what is left of the time.
        Timespec left = new() { tv_sec = timeoutMs / 1000, tv_nsec = timeoutMs % 1000 * 1_000_000 };
        fixed (PollFd* p = fds)
        {
            return (int)Check(Try(Sys.ppoll, (long)p, fds.Length, timeoutMs < 0 ? 0 : (long)(&left), 0, MaskBytes), "ppoll");
        }
    }

    /// <summary>Waits for a time, however often a signal interrupts.</summary>
    public static void Sleep(int milliseconds) => Poll([], milliseconds);

    /// <summary>poll(2) of one descriptor: the events that came, 0 after the timeout.</summary>
    public static short Poll(int fd, short events, int timeoutMs)
    {
        PollFd entry = new() { fd = fd, events = events };
        Poll(new Span<PollFd>(ref entry), timeoutMs);
        return entry.revents;
    }
}
