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

/// <summary>Where messages go. An error is one line in the log file, which engines parse (podman takes the whole file for one JSON object, so
/// warnings are off by default), and plain text on stderr, which people read and engines pass on.</summary>
static class Diagnostics
{
    static int s_logFd = -1;
    static bool s_isJson;

    /// <param name="file">Null or empty: no log file.</param>
    /// <param name="isJson">JSON lines instead of logfmt ones.</param>
    /// <param name="level">The least severe kind that is reported.</param>
    public static void Open(string? file, bool isJson, LogLevel level)
    {
        s_isJson = isJson;
        if (!string.IsNullOrEmpty(file))
        {
            s_logFd = Stdio.TryOpenAppend(file);
            if (s_logFd < 0)
            {
                throw new RuntimeException($"--log: open(\"{file}\"): {IoError.Describe(-s_logFd)}");
            }
        }

        Log.NoteSink = static message => Stdio.TryWrite(Stdio.Error, Encoding.UTF8.GetBytes($"{Program.Name}: {OneLine(message)}\n"));
        // Without a log file nobody but people reads stderr.
        if (level >= LogLevel.Warning || s_logFd < 0)
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
        if (s_logFd >= 0)
        {
            WriteLog("error", line);
        }

        string text = $"{Program.Name}: error: {line}\n";
        Stdio.TryWrite(Stdio.Error, Encoding.UTF8.GetBytes(hint is null ? text : $"{text}{Program.Name}: hint: {OneLine(hint)}\n"));
    }

    static void Report(string level, string message)
    {
        if (s_logFd >= 0)
        {
            WriteLog(level, OneLine(message));
        }
        else
        {
            Stdio.TryWrite(Stdio.Error, Encoding.UTF8.GetBytes($"{Program.Name}: {level}: {OneLine(message)}\n"));
        }
    }

    /// <summary>One write(2) to a file opened with O_APPEND, so that lines of concurrent commands do not mix.</summary>
    static void WriteLog(string level, string message)
    {
        string time = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
        var line = new StringBuilder();
        if (s_isJson)
        {
            line.Append("{\"level\":\"").Append(level).Append("\",\"msg\":\"");
            AppendEscaped(line, message);
            line.Append("\",\"time\":\"").Append(time).Append("\"}\n");
        }
        else
        {
            line.Append("time=\"").Append(time).Append("\" level=").Append(level).Append(" msg=\"");
            AppendEscaped(line, message);
            line.Append("\"\n");
        }

        Stdio.TryWrite(s_logFd, Encoding.UTF8.GetBytes(line.ToString()));
    }

    static string OneLine(string message) => message.TrimEnd('\n').Replace('\n', ' ');

    /// <summary>The escapes of a JSON string; logfmt readers take the same.</summary>
    static void AppendEscaped(StringBuilder line, string text)
    {
        foreach (char c in text)
        {
            switch (c)
            {
                case '"':
                    line.Append("\\\"");
                    break;
                case '\\':
                    line.Append("\\\\");
                    break;
                case < ' ' or '\u007f':
                    line.Append("\\u").Append(((int)c).ToString("x4"));
                    break;
                default:
                    line.Append(c);
                    break;
            }
        }
    }
}
