using System;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>rt_sigprocmask(2), rt_sigaction(2), signalfd(2), poll(2), epoll(7), eventfd(2), inotify(7).</content>
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

    /// <summary>rt_sigaction(2) to SIG_DFL, or to SIG_IGN: 0 or -errno (EINVAL for SIGKILL and SIGSTOP).</summary>
    public static int TrySigactionReset(int signal, bool ignore = false)
    {
        KernelSigaction action = new() { sa_handler = ignore ? 1UL : 0UL };
        return (int)Try(Sys.rt_sigaction, signal, (long)(&action), 0, MaskBytes);
    }

    /// <summary>signalfd(2), always SFD_CLOEXEC. The signals must be blocked to arrive there.</summary>
    public static SafeFd SignalFd(ulong mask, int flags = SignalfdFlags.SFD_CLOEXEC) =>
        Own(Try(Sys.signalfd4, -1, (long)(&mask), MaskBytes, (long)(flags | SignalfdFlags.SFD_CLOEXEC)), "signalfd4");

    /// <summary>Reads one signal from a signalfd; false when it is non-blocking and there is none.</summary>
    public static bool TryReadSignal(int fd, out SignalfdSiginfo info)
    {
        fixed (SignalfdSiginfo* p = &info)
        {
            *p = default;
            long count = Try(Sys.read, fd, (long)p, sizeof(SignalfdSiginfo));
            if (count == -Errno.EAGAIN)
            {
                return false;
            }
            return Check(count, "read") == sizeof(SignalfdSiginfo);
        }
    }

    /// <summary>
    /// poll(2): how many entries have events, 0 after <paramref name="timeoutMs"/> (-1 waits for ever). An interrupted wait goes on
    /// for the time that is left.
    /// </summary>
    public static int Poll(Span<PollFd> fds, int timeoutMs)
    {
        long deadline = timeoutMs > 0 ? ClockMonotonicNs() + (timeoutMs * 1_000_000L) : 0;
        int left = timeoutMs;
        fixed (PollFd* p = fds)
        {
            while (true)
            {
                long result = Once(Sys.poll, (long)p, fds.Length, left);
                if (result != -Errno.EINTR)
                {
                    return (int)Check(result, "poll");
                }
                if (timeoutMs > 0)
                {
                    left = (int)Math.Max(0, (deadline - ClockMonotonicNs() + 999_999) / 1_000_000);
                }
            }
        }
    }

    /// <summary>poll(2) of one descriptor: the events that came, 0 after the timeout.</summary>
    public static short Poll(int fd, short events, int timeoutMs)
    {
        PollFd entry = new() { fd = fd, events = events };
        Poll(new Span<PollFd>(ref entry), timeoutMs);
        return entry.revents;
    }

    /// <summary>epoll_create1(2), always EPOLL_CLOEXEC.</summary>
    public static SafeFd EpollCreate() => Own(Try(Sys.epoll_create1, Epoll.EPOLL_CLOEXEC), "epoll_create1");

    /// <summary>epoll_ctl(2); operation is EPOLL_CTL_*.</summary>
    public static void EpollCtl(int epoll, uint operation, int fd, uint events, ulong data)
    {
        EpollEvent entry = new() { events = events, data = data };
        Check(Try(Sys.epoll_ctl, epoll, operation, fd, (long)(&entry)), "epoll_ctl");
    }

    /// <summary>epoll_wait(2): how many events; an interrupted wait starts again.</summary>
    public static int EpollWait(int epoll, Span<EpollEvent> events, int timeoutMs)
    {
        fixed (EpollEvent* p = events)
        {
            return (int)Check(Try(Sys.epoll_pwait, epoll, (long)p, events.Length, timeoutMs, 0, MaskBytes), "epoll_pwait");
        }
    }

    /// <summary>eventfd2(2), always EFD_CLOEXEC.</summary>
    public static SafeFd EventFd(uint initial = 0, int flags = 0) =>
        Own(Try(Sys.eventfd2, initial, flags | Eventfd.EFD_CLOEXEC), "eventfd2");

    /// <summary>inotify_init1(2), always IN_CLOEXEC.</summary>
    public static SafeFd InotifyInit(uint flags = 0) => Own(Try(Sys.inotify_init1, flags | Inotify.IN_CLOEXEC), "inotify_init1");

    /// <summary>inotify_add_watch(2): the watch.</summary>
    public static int InotifyAddWatch(int inotify, string path, uint mask)
    {
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        {
            return (int)Check(Try(Sys.inotify_add_watch, inotify, (long)p, mask), "inotify_add_watch", path);
        }
    }
}
