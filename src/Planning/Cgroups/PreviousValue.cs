using System;

namespace OciRun.Planning.Cgroups;

/// <summary>What to write to undo a write, out of what the file said before it.</summary>
public static class PreviousValue
{
    /// <summary>The value that puts a file back; null when nothing can. Files of one value say what they take. Files keyed by
    /// device say nothing about a device without a setting, whose keys then go back to their default.</summary>
    public static string? Of(string file, string written, string content)
    {
        string before = content.Trim();
        switch (file)
        {
            case "io.max":
                return Line(before, written) ?? Key(written) + " rbps=max wbps=max riops=max wiops=max";
            case "io.weight" or "io.bfq.weight":
                string key = written.Contains(':') ? Key(written) : "default";
                return Line(before, key) ?? (key == "default" ? null : key + " default");
            case "rdma.max":
                return Line(before, written);
            // An idle cgroup reads 0, which cannot be written.
            case "cpu.weight":
                return before == "0" ? null : before;
            // An empty cpuset is inherited; it takes an empty line.
            case "cpuset.cpus" or "cpuset.mems":
                return before.Length == 0 ? "\n" : before;
            default:
                return before.Length == 0 || before.Contains('\n') ? null : before;
        }
    }

    static string Key(string line)
    {
        int space = line.IndexOf(' ');
        return space < 0 ? line : line[..space];
    }

    static string? Line(string content, string written)
    {
        string key = Key(written) + " ";
        foreach (string line in content.Split('\n'))
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
            {
                return line.Trim();
            }
        }
        return null;
    }
}
