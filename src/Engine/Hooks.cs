using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using OciRun.Engine.Child;
using OciRun.Kernel;
using OciRun.Spec;
using OciRun.Syscalls;
using static OciRun.Kernel.Mode;

namespace OciRun.Engine;

/// <summary>Where and with what a hook runs.</summary>
sealed class HookPlace
{
    /// <summary>The container's process whose namespaces the hook joins, -1 for the runtime's own.</summary>
    public int Pidfd { get; init; } = -1;
    public ulong Namespaces { get; init; }
    /// <summary>Directory to run in; null for the runtime's.</summary>
    public string? Directory { get; init; }
    /// <summary>The environment of a hook that has none of its own.</summary>
    public required IReadOnlyList<string> DefaultEnvironment { get; init; }
    /// <summary>The container's annotations.</summary>
    public required IReadOnlyDictionary<string, string>? Annotations { get; init; }
    /// <summary>Files that the hooks' output is appended to, as with crun.</summary>
    public string? OutputFile => Annotations?.GetValueOrDefault("run.oci.hooks.stdout");
    public string? ErrorFile => Annotations?.GetValueOrDefault("run.oci.hooks.stderr");
    /// <summary>The container's init process, whose end ends the hook; -1 when the hook may outlive it.</summary>
    public int InitPidfd { get; init; } = -1;
}

/// <summary>Runs hooks one after the other (config.md, "POSIX-platform Hooks"): the state on standard input, output kept for the error
/// message, the whole process group killed at the timeout.</summary>
static class Hooks
{
    /// <summary>Runs the hooks of one kind; the first that fails ends it.</summary>
    /// <exception cref="RuntimeException">Names hook, reason and output.</exception>
    public static void Run(string kind, IReadOnlyList<SpecHook> hooks, byte[] state, HookPlace place)
    {
        for (int i = 0; i < hooks.Count; i++)
        {
            Run(kind, i, hooks[i], state, place);
        }
    }

    /// <summary>Runs one hook.</summary>
    public static void Run(string kind, int index, SpecHook hook, byte[] state, HookPlace place)
    {
        string? failure = RunOne(hook, state, place);
        if (failure is not null)
        {
            throw new RuntimeException($"hooks.{kind}[{index}] ({hook.Path}): error running {kind} hook #{index}: {failure}");
        }
    }

    /// <summary>Runs all hooks of one kind; a failure is a warning (poststop, runtime.md "Lifecycle" 13).</summary>
    public static void RunAll(string kind, IReadOnlyList<SpecHook> hooks, byte[] state, HookPlace place)
    {
        for (int i = 0; i < hooks.Count; i++)
        {
            string? failure = RunOne(hooks[i], state, place);
            if (failure is not null)
            {
                Log.Warn($"hooks.{kind}[{i}] ({hooks[i].Path}): error running {kind} hook #{i}: {failure}");
            }
        }
    }

    /// <summary>The runtime's own environment, as hooks without one get it.</summary>
    public static List<string> OwnEnvironment()
    {
        var result = new List<string>();
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            result.Add(entry.Key + "=" + entry.Value);
        }
        return result;
    }

    static string? RunOne(SpecHook hook, byte[] state, HookPlace place)
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

    /// <summary>Starts a process with the state on its standard input, and waits for it. Null: it succeeded. <paramref name="start"/> gets
    /// the three streams, and gives pid and pidfd of what it started or throws why it could not.</summary>
    public static string? WithStreams(SpecHook hook, byte[] state, HookPlace place, Func<int, int, int, (int Pid, SafeFd Pidfd)> start)
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
        using (SafeFd? outputFile = OpenOutput(place.OutputFile))
        using (SafeFd? errorFile = OpenOutput(place.ErrorFile))
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
