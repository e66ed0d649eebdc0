using System;
using System.Globalization;
using OciRun.Kernel;
using OciRun.Spec;
using OciRun.Syscalls;
using static OciRun.Kernel.Mode;

namespace OciRun.Engine.Hooks;

/// <summary>Runs hooks one after the other (config.md, "POSIX-platform Hooks"): the state on standard input, output kept for the
/// error message, the whole process group killed at the timeout.</summary>
static class HookRunner
{
    /// <summary>Runs a hook in the place it is to be in. Null: it succeeded.</summary>
    public static string? Run(SpecHook hook, byte[] state, HookPlace place)
    {
        (SafeFd reportRead, SafeFd reportWrite) = Syscall.Pipe2();
        using (reportRead)
        using (reportWrite)
        {
            return WithStreams(hook, state, place, (input, output, errorOutput) =>
            {
                var process = new HookProcess();
                int errno = process.Spawn(hook, place, input, output, errorOutput, reportWrite);
                if (errno != 0)
                {
                    throw new RuntimeException(ErrorText.Call("clone3", null, errno));
                }
                reportWrite.Dispose();
                Span<byte> report = stackalloc byte[4];
                if (Syscall.TryRead(reportRead, report) == 4)
                {
                    Syscall.WaitId(WaitFlags.P_PIDFD, process.Pidfd);
                    throw new RuntimeException(NotExecuted(hook, BitConverter.ToInt32(report)));
                }
                return (process.Pid, process.Pidfd);
            });
        }
    }

    static string NotExecuted(SpecHook hook, int errno) => (errno == Errno.ENOENT
        ? "fork/exec " + hook.Path + ": no such file or directory"
        : "fork/exec " + hook.Path + ": " + ErrnoText.Words(errno)) + " (" + ErrnoText.Name(errno) + ")";

    /// <summary>Starts a process with the state on its standard input, and waits for it. Null: it succeeded.
    /// <paramref name="start"/> gets the three streams, and gives pid and pidfd of what it started or throws why it could
    /// not.</summary>
    public static string? WithStreams(SpecHook hook, byte[] state, HookPlace place,
        Func<int, int, int, (int Pid, SafeFd Pidfd)> start)
    {
        (SafeFd inputRead, SafeFd inputWrite) = Syscall.Pipe2();
        (SafeFd outputRead, SafeFd outputWrite) = Syscall.Pipe2();
        (SafeFd errorRead, SafeFd errorWrite) = Syscall.Pipe2();
        using (inputRead)
        using (inputWrite)
        using (outputRead)
        using (outputWrite)
        using (errorRead)
        using (errorWrite)
        using (SafeFd? outputFile = OpenOutput(place.Output.Standard))
        using (SafeFd? errorFile = OpenOutput(place.Output.Error))
        {
            int pid;
            SafeFd pidfd;
            try
            {
                (pid, pidfd) = start(inputRead, outputFile ?? outputWrite, errorFile ?? errorWrite);
            }
            catch (RuntimeException e)
            {
                return e.Message;
            }
            using (pidfd)
            {
                inputRead.Dispose();
                outputWrite.Dispose();
                errorWrite.Dispose();
                var streams = new HookStreams(state, inputWrite, outputRead, errorRead);
                bool ended = streams.Pump(pidfd, hook.Timeout, place.InitPidfd);
                return Judge(hook, pid, pidfd, streams, ended);
            }
        }
    }

    static SafeFd? OpenOutput(string? path) => path is null
        ? null
        : Syscall.Open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND | OpenFlags.O_CLOEXEC, O600);

    static string? Judge(SpecHook hook, int pid, SafeFd pidfd, HookStreams streams, bool ended)
    {
        if (!ended)
        {
            Syscall.TryKill(-pid, Signal.SIGKILL);
            Syscall.TryPidfdSendSignal(pidfd, Signal.SIGKILL);
            Syscall.WaitId(WaitFlags.P_PIDFD, pidfd);
            return streams.InitEnded
                ? "the container's init process ended while the hook ran"
                : $"hook ran past specified timeout of {(hook.Timeout ?? 0).ToString(CultureInfo.InvariantCulture)}.0s";
        }
        WaitResult result = Syscall.WaitId(WaitFlags.P_PIDFD, pidfd);
        streams.Drain();
        if (!result.Signaled && result.ExitCode == 0)
        {
            return null;
        }
        string how = result.Signaled
            ? "signal: " + Signals.Name(result.ExitCode - 128)
            : "exit status " + result.ExitCode.ToString(CultureInfo.InvariantCulture);
        return $"{how}, stdout: {streams.Output.Trim()}, stderr: {streams.ErrorOutput.Trim()}";
    }
}
