using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Finds what a test left on the host: mounts, cgroups, processes and state that carry the test's tag. Other tests and
/// other users of the machine do not disturb it.</summary>
sealed class LeakCheck(string tag, string directory)
{
    readonly HashSet<string> _runBefore = TopOfRun();

    /// <summary>Fails if something is there. What dies asynchronously (a killed process, its cgroup) has two seconds.</summary>
    public void Verify(string stateRoot)
    {
        List<string> found = [];
        Host.Eventually(() => (found = Find(stateRoot)).Count == 0, 2);
        Assert.True(found.Count == 0, "left behind:\n" + string.Join('\n', found));
    }

    List<string> Find(string stateRoot)
    {
        var found = new List<string>();
        found.AddRange(Mounts().Select(m => "mount " + m));
        found.AddRange(Cgroups().Select(c => "cgroup " + c));
        found.AddRange(Processes().Select(p => $"process {p} {CommandLine(p)}"));
        found.AddRange(Directory.EnumerateFileSystemEntries(stateRoot).Select(e => "state " + e));
        found.AddRange(TopOfRun().Where(e => !_runBefore.Contains(e) && e.Contains(tag, StringComparison.Ordinal))
            .Select(e => "file " + e));
        return found;
    }

    /// <summary>Removes what a failed test left, so that it does not disturb the next.</summary>
    public void Sweep()
    {
        foreach (var c in Cgroups())
        {
            try
            {
                // A parked init has no environment to be known by.
                File.WriteAllText(Path.Combine(c, "cgroup.kill"), "1");
            }
            catch (IOException)
            {
                // Gone meanwhile.
            }
        }
        foreach (var p in Processes())
        {
            Host.Kill(p, 9);
        }
        foreach (var m in Mounts().OrderByDescending(m => m.Length))
        {
            Command.Run("umount", ["-l", m]);
        }
        Host.Eventually(() =>
        {
            foreach (var c in Cgroups().OrderByDescending(c => c.Length))
            {
                try
                {
                    Directory.Delete(c);
                }
                catch (IOException)
                {
                    // Busy or with children: the next round.
                }
            }
            return Cgroups().Count == 0;
        }, 2);
    }

    IEnumerable<string> Mounts() => File.ReadLines("/proc/self/mountinfo").Select(l => new MountLine(l))
        .Where(m => m.Point.StartsWith(directory + "/", StringComparison.Ordinal)
        || m.Root.Contains(tag, StringComparison.Ordinal)).Select(m => m.Point);

    List<string> Cgroups()
    {
        var found = new List<string>();
        Walk(Host.Cgroup2, 0);
        return found;

        void Walk(string d, int depth)
        {
            IEnumerable<string> children;
            try
            {
                children = Directory.GetDirectories(d);
            }
            catch (IOException)
            {
                return;
            }
            foreach (var c in children)
            {
                if (c.Contains(tag, StringComparison.Ordinal))
                {
                    found.Add(c);
                }
                if (depth < 6)
                {
                    Walk(c, depth + 1);
                }
            }
        }
    }

    /// <summary>Processes that were started with OCI_TEST=tag in their environment: containers, hooks, the runtime
    /// itself.</summary>
    IEnumerable<int> Processes()
    {
        var needle = Encoding.UTF8.GetBytes("OCI_TEST=" + tag);
        foreach (var d in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                || pid == Environment.ProcessId)
            {
                continue;
            }
            byte[] env;
            try
            {
                env = File.ReadAllBytes(d + "/environ");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }
            if (env.AsSpan().IndexOf(needle) >= 0)
            {
                yield return pid;
            }
        }
    }

    static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "(gone)";
        }
    }

    static HashSet<string> TopOfRun() => [.. Directory.EnumerateFileSystemEntries("/run")];
}
