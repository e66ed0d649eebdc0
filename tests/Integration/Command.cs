using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;

namespace OciRun.Tests.Integration;

/// <summary>What a finished command left: exit code (128 + N after a signal) and its output.</summary>
sealed record Result(int Code, string Out, string Err, string What, double Seconds)
{
    public override string ToString() => $"{What}\nexit code {Code}\nstdout: {Out}\nstderr: {Err}";
}

/// <summary>Runs host commands with output in files, not in pipes: `create` leaves a process behind that holds them
/// open.</summary>
sealed class Command : IDisposable
{
    static int _counter;
    readonly Process _process;
    readonly string _base;
    readonly string _what;
    bool _disposed;
    readonly long _start = Stopwatch.GetTimestamp();

    /// <param name="shell">Shell text put before the command, e.g. "ulimit -n 64;", or redirections such as
    /// "3&lt;/etc/passwd".</param>
    Command(string file, IEnumerable<string> args, string? stdin, IReadOnlyDictionary<string, string?>? env, string? cwd,
        string? shell, string? redirect)
    {
        _base = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture,
            $"oci-run-{Environment.ProcessId}-{Interlocked.Increment(ref _counter)}"));
        var input = "/dev/null";
        if (stdin != null)
        {
            input = _base + ".in";
            File.WriteAllText(input, stdin);
        }
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, WorkingDirectory = cwd ?? "/" };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"{shell} exec \"$0\" \"$@\" >{_base}.out 2>{_base}.err <{input} {redirect}");
        start.ArgumentList.Add(file);
        var what = new StringBuilder(file);
        foreach (var a in args)
        {
            start.ArgumentList.Add(a);
            what.Append(' ').Append(a);
        }
        foreach (var (k, v) in env ?? new Dictionary<string, string?>())
        {
            start.Environment[k] = v;
        }
        _what = what.ToString();
        _process = Process.Start(start)!;
    }

    public int Pid => _process.Id;

    public string OutSoFar => Read(_base + ".out");

    public string ErrSoFar => Read(_base + ".err");

    public bool HasExited => _process.HasExited;

    public static Command Start(string file, IEnumerable<string> args, string? stdin = null,
        IReadOnlyDictionary<string, string?>? env = null,
        string? cwd = null, string? shell = null, string? redirect = null) => new(file, args, stdin, env, cwd, shell, redirect);

    public static Result Run(string file, IEnumerable<string> args, string? stdin = null,
        IReadOnlyDictionary<string, string?>? env = null,
        string? cwd = null, string? shell = null, string? redirect = null, double timeoutSeconds = 20)
    {
        using var c = new Command(file, args, stdin, env, cwd, shell, redirect);
        return c.Wait(timeoutSeconds);
    }

    /// <summary>Waits for the end; a command that takes longer is killed and the test fails.</summary>
    public Result Wait(double timeoutSeconds = 20)
    {
        if (!_process.WaitForExit(TimeSpan.FromSeconds(timeoutSeconds)))
        {
            _process.Kill();
            _process.WaitForExit();
            throw new TimeoutException($"hung for {timeoutSeconds} s: {_what}\nstdout: {OutSoFar}\nstderr: {ErrSoFar}");
        }
        return new Result(_process.ExitCode, OutSoFar, ErrSoFar, _what, Stopwatch.GetElapsedTime(_start).TotalSeconds);
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
        // Processes that the command left behind may hold these open; nobody reads them any more.
        foreach (var suffix in (string[])[".out", ".err", ".in"])
        {
            File.Delete(_base + suffix);
        }
    }

    static string Read(string path)
    {
        try
        {
            using var s = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var r = new StreamReader(s);
            return r.ReadToEnd();
        }
        catch (FileNotFoundException)
        {
            // The shell has not got there yet.
            return "";
        }
    }
}
