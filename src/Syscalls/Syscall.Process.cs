using System;
using OciRun.Kernel;
using Tmds.Linux;

namespace OciRun.Syscalls;

/// <summary>What waitid(2) said about a child.</summary>
/// <param name="Pid">The child, or 0 when WNOHANG found nothing.</param>
/// <param name="ExitCode">The exit status, or 128 + the signal.</param>
/// <param name="Signaled">Whether a signal killed it.</param>
public readonly record struct WaitResult(int Pid, int ExitCode, bool Signaled);

/// <content>pidfd_open(2), waitid(2), kill(2), execve(2), getpid(2), chdir(2), umask(2), prctl(2).</content>
public static unsafe partial class Syscall
{
    /// <summary>getpid(2), fresh from the kernel.</summary>
    public static int Getpid() => LibC.getpid();

    /// <summary>getppid(2).</summary>
    public static int Getppid() => LibC.getppid();

    /// <summary>geteuid(2).</summary>
    public static uint Geteuid() => (uint)Try(Sys.geteuid);

    /// <summary>getpgrp(2).</summary>
    public static int Getpgrp() => (int)Try(Sys.getpgrp);

    /// <summary>getegid(2).</summary>
    public static uint Getegid() => (uint)Try(Sys.getegid);

    /// <summary>getuid(2).</summary>
    public static uint Getuid() => (uint)Try(Sys.getuid);

    /// <summary>getgid(2).</summary>
    public static uint Getgid() => (uint)Try(Sys.getgid);

    /// <summary>pidfd_open(2); close-on-exec by nature.</summary>
    public static SafeFd PidfdOpen(int pid, int flags = 0) => Own(TryPidfdOpen(pid, flags), "pidfd_open");

    /// <summary>pidfd_open(2): the descriptor or -errno (ESRCH: no such process).</summary>
    public static int TryPidfdOpen(int pid, int flags = 0) => (int)Try(Sys.pidfd_open, pid, (long)flags);

    /// <summary>pidfd_send_signal(2).</summary>
    public static void PidfdSendSignal(int pidfd, int signal) => Check(TryPidfdSendSignal(pidfd, signal), "pidfd_send_signal");

    /// <summary>pidfd_send_signal(2): 0 or -errno. Signal 0 only asks whether the process is there; a zombie still is.</summary>
    public static int TryPidfdSendSignal(int pidfd, int signal) => (int)Try(Sys.pidfd_send_signal, pidfd, signal, 0, 0);

    /// <summary>pidfd_getfd(2), Linux 5.6; close-on-exec by nature.</summary>
    public static SafeFd PidfdGetFd(int pidfd, int targetFd) => Own(Try(Sys.pidfd_getfd, pidfd, targetFd, 0), "pidfd_getfd");

    /// <summary>kill(2).</summary>
    public static void Kill(int pid, int signal) => Check(TryKill(pid, signal), "kill");

    /// <summary>kill(2): 0 or -errno.</summary>
    public static int TryKill(int pid, int signal) => (int)Try(Sys.kill, pid, signal);

    /// <summary>waitid(2); <paramref name="idType"/> is P_PIDFD, P_PID or P_ALL of <see cref="WaitFlags"/>.</summary>
    public static WaitResult WaitId(int idType, int id, int options = WaitFlags.WEXITED)
    {
        Check(TryWaitId(idType, id, options, out WaitResult result), "waitid");
        return result;
    }

    /// <summary>waitid(2): 0 or -errno (ECHILD).</summary>
    public static int TryWaitId(int idType, int id, int options, out WaitResult result)
    {
        Siginfo info = default;
        int status = (int)Try(Sys.waitid, idType, id, (long)(&info), options, 0);
        bool signaled = info.si_code is SiCode.CLD_KILLED or SiCode.CLD_DUMPED;
        result = new WaitResult(info.si_pid, signaled ? 128 + info.si_status : info.si_status, signaled);
        return status;
    }

    /// <summary>execve(2): returns only on failure, with -errno.</summary>
    public static int TryExecve(string path, CStringVector argv, CStringVector envp)
    {
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.execve, (long)p, (long)argv.Pointer, (long)envp.Pointer);
        }
    }

    /// <summary>execveat(2): returns only on failure, with -errno. The empty path with AT_EMPTY_PATH executes the descriptor.</summary>
    public static int TryExecveAt(int dirfd, string path, CStringVector argv, CStringVector envp, int flags) =>
        TryPath(Sys.execveat, dirfd, path, (long)argv.Pointer, (long)envp.Pointer, flags);

    /// <summary>exit_group(2), at once: no finalizers, no flushing.</summary>
    public static void ExitGroup(int status) => Try(Sys.exit_group, status);

    /// <summary>prctl(2).</summary>
    public static long Prctl(int option, long b = 0, long c = 0, long d = 0, long e = 0) =>
        Check(TryPrctl(option, b, c, d, e), "prctl");

    /// <summary>prctl(2): its result or -errno.</summary>
    public static long TryPrctl(int option, long b = 0, long c = 0, long d = 0, long e = 0) => Try(Sys.prctl, option, b, c, d, e);

    /// <summary>umask(2): the old mask.</summary>
    public static uint Umask(uint mask) => (uint)Try(Sys.umask, mask);

    /// <summary>chdir(2).</summary>
    public static void Chdir(string path)
    {
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        {
            Check(Try(Sys.chdir, (long)p), "chdir", path);
        }
    }

    /// <summary>fchdir(2).</summary>
    public static void Fchdir(int fd) => Check(FromLibC(LibC.fchdir(fd)), "fchdir");

    /// <summary>setsid(2): the session or -errno (EPERM for a group leader).</summary>
    public static int TrySetsid() => (int)Try(Sys.setsid);
}
