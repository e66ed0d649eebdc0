using System;
using OciRun.Kernel;
using Tmds.Linux;

namespace OciRun.Syscalls;

/// <summary>What waitid(2) said about a child.</summary>
/// <param name="Pid">The child, or 0 when WNOHANG found nothing.</param>
/// <param name="ExitCode">The exit status, or 128 + the signal.</param>
/// <param name="Signaled">Whether a signal killed it.</param>
public readonly record struct WaitResult(int Pid, int ExitCode, bool Signaled);

/// <content>pidfd_open(2), waitid(2), kill(2), getpid(2), prctl(2).</content>
public static unsafe partial class Syscall
{
    /// <summary>getpid(2), fresh from the kernel.</summary>
    public static int Getpid() => LibC.getpid();

    /// <summary>geteuid(2).</summary>
    public static uint Geteuid() => (uint)Try(Sys.geteuid);

    /// <summary>getpgrp(2).</summary>
    public static int Getpgrp() => (int)Try(Sys.getpgid);

    /// <summary>getegid(2).</summary>
    public static uint Getegid() => (uint)Try(Sys.getegid);

    /// <summary>pidfd_open(2), Linux 5.3; close-on-exec by nature. Only a process that is known to be alive, or a child not
    /// waited for, is surely the one meant: before the call, a number may have been given to another.</summary>
    public static SafeFd PidfdOpen(int pid, int flags = 0) => Own(TryPidfdOpen(pid, flags), "pidfd_open");

    /// <summary>pidfd_open(2): the descriptor or -errno (ESRCH: no such process).</summary>
    public static int TryPidfdOpen(int pid, int flags = 0) => (int)Try(Sys.pidfd_open, pid, flags);

    /// <summary>pidfd_send_signal(2): 0 or -errno. Signal 0 only asks whether the process is there; a zombie still is.</summary>
    public static int TryPidfdSendSignal(int pidfd, int signal) => (int)Try(Sys.pidfd_send_signal, pidfd, signal, 0, 0);

    /// <summary>pidfd_getfd(2), Linux 5.6; close-on-exec by nature. It wants the right to ptrace the other process.</summary>
    public static SafeFd PidfdGetFd(int pidfd, int targetFd) => Own(Try(Sys.pidfd_getfd, pidfd, targetFd, 0), "pidfd_getfd");

    /// <summary>kill(2): 0 or -errno.</summary>
    public static int TryKill(int pid, int signal) => (int)Try(Sys.kill, pid, signal);

    /// <summary>waitid(2); <paramref name="idType"/> is P_PIDFD, P_PID or P_ALL of <see cref="WaitFlags"/>.</summary>
    public static WaitResult WaitId(int idType, int id, int options = WaitFlags.WEXITED)
    {
        Check(TryWaitId(idType, id, options, out WaitResult result), "waitid");
        return result;
    }

    /// <summary>waitid(2): 0 or -errno (ECHILD). P_PIDFD is of Linux 5.4. With WNOHANG and nothing to report the kernel leaves
    /// the pid 0, and says success.</summary>
    public static int TryWaitId(int idType, int id, int options, out WaitResult result)
    {
        Siginfo info = default;
        int status = (int)Try(Sys.waitid, idType, id, (long)(&info), options, 0);
        bool signaled = info.si_code is SiCode.CLD_KILLED or SiCode.CLD_DUMPED;
        result = new WaitResult(info.si_pid, signaled ? 128 + info.si_status : info.si_status, signaled);
        return status;
    }

    /// <summary>prctl(2).</summary>
    public static long Prctl(int option, long b = 0, long c = 0, long d = 0, long e = 0) =>
        Check(TryPrctl(option, b, c, d, e), "prctl");

    /// <summary>prctl(2): its result or -errno.</summary>
    public static long TryPrctl(int option, long b = 0, long c = 0, long d = 0, long e = 0) => Try(Sys.prctl, option, b, c, d, e);
}
