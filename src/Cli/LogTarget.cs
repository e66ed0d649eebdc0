using System;
using System.Text;
using OciRun.Engine;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Cli;

/// <summary>Where --log leads to: a file, or the log of the host, one datagram for each message.</summary>
sealed class LogTarget
{
    const string JournalSocket = "/run/systemd/journal/socket";
    const string SyslogSocket = "/dev/log";

    readonly int _fd;
    /// <summary>Who the host's log is told that it is; null for a file.</summary>
    readonly string? _identifier;
    readonly bool _isJournal;
    readonly bool _isJson;

    LogTarget(int fd, string? identifier, bool isJournal, bool isJson)
    {
        _fd = fd;
        _identifier = identifier;
        _isJournal = isJournal;
        _isJson = isJson;
    }

    /// <summary>Opens <c>PATH</c>, <c>file:PATH</c>, <c>journald:IDENTIFIER</c> or <c>syslog:IDENTIFIER</c>, as crun takes
    /// them.</summary>
    public static LogTarget Open(string target, bool isJson)
    {
        if (After(target, "journald:") is { } journal)
        {
            return new LogTarget(Connect(target, journal, JournalSocket), journal, true, isJson);
        }
        if (After(target, "syslog:") is { } syslog)
        {
            return new LogTarget(Connect(target, syslog, SyslogSocket), syslog, false, isJson);
        }

        string file = After(target, "file:") ?? target;
        int fd = Stdio.TryOpenAppend(file);
        return fd >= 0 ? new LogTarget(fd, null, false, isJson)
            : throw new RuntimeException($"--log: open(\"{file}\"): {IoError.Describe(-fd)}");
    }

    public static LogTarget Stderr(bool isJson) => new(Stdio.Error, null, false, isJson);

    static string? After(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..]
        : null;

    static int Connect(string target, string identifier, string path)
    {
        if (identifier.Length == 0 || identifier.AsSpan().IndexOfAny('\n', '\0') >= 0)
        {
            throw new RuntimeException($"--log: \"{target}\" needs an identifier after the colon");
        }

        // Not disposed: it is open until the program ends.
        SafeFd socket = Syscall.Socket(AddressFamily.AF_UNIX, SocketType.SOCK_DGRAM | SocketType.SOCK_CLOEXEC);
        int connected = Syscall.TryConnectUnix(socket, path);
        if (connected < 0)
        {
            throw new RuntimeException($"--log: connect(\"{path}\"): {IoError.Describe(-connected)}");
        }

        return socket;
    }

    /// <param name="level">error, warning or debug.</param>
    /// <param name="message">One line.</param>
    public void Write(string level, string message)
    {
        // Severities of syslog(3).
        int severity = level switch { "error" => 3, "warning" => 4, _ => 7 };
        byte[] bytes = Encoding.UTF8.GetBytes(_identifier is null
            ? Line(level, message)
            : _isJournal
                ? $"PRIORITY={severity}\nSYSLOG_IDENTIFIER={_identifier}\nMESSAGE={message}\n"
                : $"<{8 + severity}>{DateTime.UtcNow:MMM dd HH:mm:ss} {_identifier}: {message}");
        if (_identifier is null)
        {
            // One write(2) to a file opened with O_APPEND, so that lines of concurrent commands do not mix.
            Stdio.TryWrite(_fd, bytes);
        }
        else
        {
            Syscall.TrySendMsg(_fd, bytes);
        }
    }

    string Line(string level, string message)
    {
        string time = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
        var line = new StringBuilder();
        if (_isJson)
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

        return line.ToString();
    }

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
