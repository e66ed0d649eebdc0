using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using OciRun.Engine.Child;
using OciRun.Kernel;
using OciRun.Spec;
using OciRun.Syscalls;

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
    /// <summary>Files that the hooks' output is appended to (annotations run.oci.hooks.stdout and .stderr).</summary>
    public string? OutputFile { get; init; }
    public string? ErrorFile { get; init; }
}

/// <summary>Runs hooks one after the other (config.md, "POSIX-platform Hooks"): the state on standard input, output kept for the error
/// message, the whole process group killed at the timeout.</summary>
static unsafe class Hooks
{
    const int MostOutput = 4096;

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
        (SafeFd inputRead, SafeFd inputWrite) = Syscall.Pipe2();
        (SafeFd outputRead, SafeFd outputWrite) = Syscall.Pipe2();
        (SafeFd errorRead, SafeFd errorWrite) = Syscall.Pipe2();
        (SafeFd reportRead, SafeFd reportWrite) = Syscall.Pipe2();
        using (inputRead)
        using (inputWrite)
        using (outputRead)
        using (outputWrite)
        using (errorRead)
        using (errorWrite)
        using (reportRead)
        using (reportWrite)
        using (SafeFd? outputFile = OpenOutput(place.OutputFile))
        using (SafeFd? errorFile = OpenOutput(place.ErrorFile))
        {
            using var process = new HookProcess();
            int errno = process.Spawn(hook, place, inputRead, outputFile ?? outputWrite, errorFile ?? errorWrite, reportWrite);
            if (errno != 0)
            {
                return ErrorText.Call("clone3", null, errno);
            }
            inputRead.Dispose();
            outputWrite.Dispose();
            errorWrite.Dispose();
            reportWrite.Dispose();
            Span<byte> report = stackalloc byte[4];
            if (Syscall.TryRead(reportRead, report) == 4)
            {
                process.Wait();
                int failed = BitConverter.ToInt32(report);
                return (failed == (int)Errno.ENOENT ? "fork/exec " + hook.Path + ": no such file or directory"
                    : "fork/exec " + hook.Path + ": " + ErrnoText.Describe(failed).ToLowerInvariant()) + " (" + ErrnoText.Name(failed) + ")";
            }
            var streams = new HookStreams(state, inputWrite, outputRead, errorRead);
            bool inTime = streams.Pump(process.Pidfd, hook.Timeout);
            return Judge(hook, process, streams, inTime);
        }
    }

    static SafeFd? OpenOutput(string? path) => path is null
        ? null
        : Syscall.Open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_APPEND | OpenFlags.O_CLOEXEC, 0x180);

    static string? Judge(SpecHook hook, HookProcess process, HookStreams streams, bool inTime)
    {
        if (!inTime)
        {
            Syscall.TryKill(-process.Pid, 9);
            process.Wait();
            return $"hook ran past specified timeout of {(hook.Timeout ?? 0).ToString(CultureInfo.InvariantCulture)}.0s";
        }
        WaitResult result = process.Wait();
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

    /// <summary>A cloned hook.</summary>
    sealed class HookProcess : IDisposable
    {
        public int Pid { get; private set; }
        public SafeFd Pidfd { get; private set; } = new(-1);

        public int Spawn(SpecHook hook, HookPlace place, int input, int output, int errorOutput, int report)
        {
            using var argv = new CStringVector(hook.Args is { Count: > 0 } args ? args : [hook.Path!]);
            using var envp = new CStringVector(hook.Env is { Count: > 0 } env ? env : place.DefaultEnvironment);
            using var paths = new CStringVector(place.Directory is null ? [hook.Path!] : [hook.Path!, place.Directory]);
            using SafeFd? own = EnterPidNamespace(place);
            using SafeFd? ownTime = TimeOffsets.OpenOwn();
            var context = new SpawnContext
            {
                Path = paths.Pointer[0],
                Directory = place.Directory is null ? null : paths.Pointer[1],
                Argv = argv.Pointer,
                Envp = envp.Pointer,
                Input = input,
                Output = output,
                ErrorOutput = errorOutput,
                Report = report,
                Pidfd = place.Pidfd,
                Namespaces = (uint)(place.Namespaces & ~(ulong)CloneFlags.CLONE_NEWPID),
                OwnTime = ownTime?.Value ?? -1,
            };
            int pidfd = -1;
            var clone = new CloneArgs
            {
                flags = (ulong)(CloneFlags.CLONE_PIDFD | CloneFlags.CLONE_CLEAR_SIGHAND),
                pidfd = (ulong)&pidfd,
                exit_signal = 17, // SIGCHLD
            };
            ulong mask = Syscall.Sigprocmask(2, ulong.MaxValue);
            long pid = ChildSys.Clone3(&clone, sizeof(CloneArgs));
            if (pid == 0)
            {
                ChildSpawn.Run(&context);
            }
            Syscall.Sigprocmask(2, mask);
            if (own is not null)
            {
                Syscall.Setns(own, CloneFlags.CLONE_NEWPID);
            }
            Pid = (int)Math.Max(pid, 0);
            Pidfd = new SafeFd(pid < 0 ? -1 : pidfd);
            return pid < 0 ? (int)-pid : 0;
        }

        /// <summary>setns(2) into a pid namespace takes effect for children: the runtime enters it for this one and returns.</summary>
        static SafeFd? EnterPidNamespace(HookPlace place)
        {
            if (place.Pidfd < 0 || (place.Namespaces & (ulong)CloneFlags.CLONE_NEWPID) == 0)
            {
                return null;
            }
            SafeFd own = Syscall.Open("/proc/self/ns/pid", OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC);
            Syscall.Setns(place.Pidfd, CloneFlags.CLONE_NEWPID);
            return own;
        }

        public WaitResult Wait() => Syscall.WaitId(WaitFlags.P_PIDFD, Pidfd);

        public void Dispose() => Pidfd.Dispose();
    }

    /// <summary>Feeds a hook and reads it, without ever waiting for one end only.</summary>
    sealed class HookStreams(byte[] state, SafeFd input, SafeFd output, SafeFd errorOutput)
    {
        readonly StringBuilder _output = new();
        readonly StringBuilder _error = new();
        int _written;

        public string Output => _output.ToString();
        public string ErrorOutput => _error.ToString();

        /// <summary>Until the hook has ended; false when the timeout (seconds) came first.</summary>
        public bool Pump(int pidfd, int? timeout)
        {
            Syscall.SetStatusFlags(input, OpenFlags.O_WRONLY | OpenFlags.O_NONBLOCK);
            Syscall.SetStatusFlags(output, OpenFlags.O_NONBLOCK);
            Syscall.SetStatusFlags(errorOutput, OpenFlags.O_NONBLOCK);
            long deadline = timeout is { } seconds ? Syscall.ClockMonotonicNs() + seconds * 1_000_000_000L : long.MaxValue;
            Span<PollFd> fds = stackalloc PollFd[4];
            while (true)
            {
                fds[0] = new PollFd { fd = pidfd, events = 1 };
                fds[1] = new PollFd { fd = output, events = 1 };
                fds[2] = new PollFd { fd = errorOutput, events = 1 };
                fds[3] = new PollFd { fd = input, events = 4 };
                long left = deadline == long.MaxValue ? -1 : Math.Max(0, (deadline - Syscall.ClockMonotonicNs()) / 1_000_000);
                if (Syscall.Poll(fds, (int)Math.Min(left, int.MaxValue)) == 0 && left == 0)
                {
                    return false;
                }
                if (fds[0].revents != 0)
                {
                    return true;
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
            if (written == -(int)Errno.EAGAIN)
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
}
