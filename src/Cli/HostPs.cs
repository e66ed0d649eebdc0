using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using OciRun.Engine;
using OciRun.Syscalls;

namespace OciRun.Cli;

/// <summary>The table of ps(1), reduced to some processes.</summary>
static class HostPs
{
    /// <param name="options">ps's own; none means -ef.</param>
    /// <param name="pids">The processes to keep.</param>
    public static string Table(string[] options, List<int> pids)
    {
        List<string> command = ["ps"];
        if (options.Length == 0)
        {
            command.Add("-ef");
        }

        command.AddRange(options);
        int status = HostProgram.Capture(command, out byte[] output, out int errno);
        if (errno != 0)
        {
            throw new RuntimeException($"posix_spawnp(\"ps\"): {IoError.Describe(errno)}",
                "install procps, or use --format json");
        }

        if (status != 0)
        {
            throw new RuntimeException($"ps {string.Join(' ', command[1..])} failed, wait status 0x{status:x}");
        }

        return Filter(Encoding.UTF8.GetString(output), pids);
    }

    /// <summary>The header and the rows whose column titled PID holds one of the pids.</summary>
    public static string Filter(string table, List<int> pids)
    {
        string[] lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int column = lines.Length == 0 ? -1 : Array.IndexOf(Fields(lines[0]), "PID");
        if (column < 0)
        {
            throw new RuntimeException("couldn't find PID field in ps output",
                "choose ps options that print it, such as -o pid,args");
        }

        var kept = new StringBuilder(lines[0]).Append('\n');
        for (int i = 1; i < lines.Length; i++)
        {
            string[] fields = Fields(lines[i]);
            if (column < fields.Length && int.TryParse(fields[column], CultureInfo.InvariantCulture, out int pid)
                && pids.Contains(pid))
            {
                kept.Append(lines[i]).Append('\n');
            }
        }

        return kept.ToString();
    }

    static string[] Fields(string line) => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
