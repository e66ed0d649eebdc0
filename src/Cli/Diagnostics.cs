using System;
using System.Text;
using OciRun.Engine;
using OciRun.Syscalls;

namespace OciRun.Cli;

enum LogLevel
{
    Error,
    Warning,
    Debug,
}

/// <summary>Where messages go. An error is one line in the log file, which engines parse (podman takes the whole file for one
/// JSON object, so warnings are off by default), and plain text on stderr, which people read and engines pass on.</summary>
static class Diagnostics
{
    static LogTarget? _log;
    /// <summary>stderr as the log, for debugging without one: with the lines that a log has.</summary>
    static LogTarget? _verbose;

    /// <param name="target">What --log says; null or empty: no log.</param>
    /// <param name="isJson">JSON lines instead of logfmt ones in a file.</param>
    /// <param name="level">The least severe kind that is reported.</param>
    public static void Open(string? target, bool isJson, LogLevel level)
    {
        _log = string.IsNullOrEmpty(target) ? null : LogTarget.Open(target, isJson);
        _verbose = _log is null && level >= LogLevel.Debug ? LogTarget.Stderr(isJson) : null;
        Log.NoteSink = static message =>
            Stdio.TryWrite(Stdio.Error, Encoding.UTF8.GetBytes($"{Program.Name}: {OneLine(message)}\n"));
        // Without a log file nobody but people reads stderr.
        if (level >= LogLevel.Warning || _log is null)
        {
            Log.WarnSink = message => Report("warning", message);
        }

        if (level >= LogLevel.Debug)
        {
            Log.DebugSink = message => Report("debug", message);
        }
    }

    public static void Error(string message, string? hint)
    {
        string line = OneLine(message);
        _log?.Write("error", line);
        string text = $"{Program.Name}: error: {line}\n";
        Stdio.TryWrite(Stdio.Error,
            Encoding.UTF8.GetBytes(hint is null ? text : $"{text}{Program.Name}: hint: {OneLine(hint)}\n"));
    }

    static void Report(string level, string message)
    {
        if ((_log ?? _verbose) is { } log)
        {
            log.Write(level, OneLine(message));
        }
        else
        {
            Stdio.TryWrite(Stdio.Error, Encoding.UTF8.GetBytes($"{Program.Name}: {level}: {OneLine(message)}\n"));
        }
    }

    static string OneLine(string message) => message.TrimEnd('\n').Replace('\n', ' ');
}
