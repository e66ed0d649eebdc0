using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;

namespace OciRun.Tests.Integration;

/// <summary>The machine that the tests run on, and the files that they need.</summary>
static class Host
{
    static readonly Lock Building = new();

    /// <summary>The repository: the nearest directory above the test assembly that holds the solution.</summary>
    public static string Repository { get; } = FindRepository();

    public static string Artifacts { get; } = Directory.CreateDirectory(Path.Combine(Repository, "artifacts", "integration"))
        .FullName;

    /// <summary>The runtime under test: OCI_RUN, or what `make` publishes.</summary>
    public static string Runtime { get; } = Environment.GetEnvironmentVariable("OCI_RUN") is { Length: > 0 } path
        ? path
        : Path.Combine(Repository, "bin", "oci-run");

    /// <summary>The static payload, built when missing or older than its sources: tests/Probe/NAME.c, or all files of
    /// tests/Probe/NAME.</summary>
    public static string Probe { get; } = BuildProbe();

    /// <summary>Runs a command and has one of its system calls fail, or kills it there.</summary>
    public static string Inject => _inject ??= Build("inject");

    static string? _inject;

    /// <summary>Runs a command with a directory in the place of the resctrl file system.</summary>
    public static string Resctrl => _resctrl ??= Build("resctrl");

    static string? _resctrl;

    /// <summary>The host's busybox; a copy, so that a link of it may be given to anybody.</summary>
    public static string Busybox { get; } = Copy("/bin/busybox");

    /// <summary>Where cgroup2 is mounted: /sys/fs/cgroup, or /sys/fs/cgroup/unified on a hybrid host.</summary>
    public static string Cgroup2 { get; } = FindCgroup2();

    /// <summary>The controllers that cgroup2 has here.</summary>
    public static HashSet<string> Controllers { get; } =
        [.. File.ReadAllText(Path.Combine(Cgroup2, "cgroup.controllers"))
        .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)];

    public static bool HasCapSysResource { get; } = HasCapability(24);

    static string FindRepository()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d != null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "Runtime.sln")))
            {
                return d.FullName;
            }
        }
        throw new InvalidOperationException("no Runtime.sln above " + AppContext.BaseDirectory);
    }

    static string BuildProbe() => Build("probe");

    static string Build(string name)
    {
        lock (Building)
        {
            var directory = Path.Combine(Repository, "tests", "Probe");
            string[] sources = Directory.Exists(Path.Combine(directory, name))
                ? Directory.GetFiles(Path.Combine(directory, name))
                : [Path.Combine(directory, name + ".c")];
            var target = Path.Combine(Artifacts, name);
            if (File.Exists(target) && sources.All(s => File.GetLastWriteTimeUtc(target) >= File.GetLastWriteTimeUtc(s)))
            {
                return target;
            }
            var temporary = target + "." + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            var gcc = Command.Run("gcc", ["-static", "-O2", "-Wall", "-Wextra", "-Wno-unused-result", "-o", temporary,
                .. sources.Where(s => s.EndsWith(".c", StringComparison.Ordinal))], timeoutSeconds: 120);
            if (gcc.Code != 0)
            {
                throw new InvalidOperationException("gcc: " + gcc.Err);
            }
            File.Move(temporary, target, overwrite: true);
            return target;
        }
    }

    static string Copy(string program)
    {
        var target = Path.Combine(Artifacts, Path.GetFileName(program));
        if (!File.Exists(target) || File.GetLastWriteTimeUtc(target) < File.GetLastWriteTimeUtc(program))
        {
            // By another process: see Bundle.Link.
            var temporary = target + "." + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            ContainerTest.Ok(Command.Run("cp", ["-L", program, temporary]));
            File.Move(temporary, target, overwrite: true);
        }
        return target;
    }

    static string FindCgroup2()
    {
        foreach (var line in File.ReadLines("/proc/self/mountinfo"))
        {
            var m = new MountLine(line);
            if (m.FsType == "cgroup2")
            {
                return m.Point;
            }
        }
        throw new InvalidOperationException("no cgroup2 mount");
    }

    static bool HasCapability(int bit)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        return (Convert.ToUInt64(line[7..].Trim(), 16) >> bit & 1) == 1;
    }

    /// <summary>The target of /proc/PID/ns/KIND, e.g. "net:[4026531840]".</summary>
    public static string Namespace(string kind, string pid = "self") =>
        new FileInfo($"/proc/{pid}/ns/{kind}").LinkTarget ?? throw new InvalidOperationException($"no /proc/{pid}/ns/{kind}");

    /// <summary>The cgroup2 path of a process, "/..." below the hierarchy's root as this process sees it.</summary>
    public static string CgroupOf(int pid) =>
        File.ReadLines($"/proc/{pid}/cgroup").First(l => l.StartsWith("0::", StringComparison.Ordinal))[3..];

    /// <summary>Field 22 of /proc/PID/stat and so on: the fields after the command's closing parenthesis, the first being the
    /// state.</summary>
    public static string[] StatFields(int pid)
    {
        var s = File.ReadAllText($"/proc/{pid}/stat");
        return s[(s.LastIndexOf(')') + 2)..].Trim().Split(' ');
    }

    public static bool IsAlive(int pid)
    {
        try
        {
            return StatFields(pid)[0] is not ("Z" or "X");
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Polls until <paramref name="condition"/> holds; false when it did not within the time.</summary>
    public static bool Eventually(Func<bool> condition, double seconds = 5)
    {
        var end = Environment.TickCount64 + (long)(seconds * 1000);
        while (!condition())
        {
            if (Environment.TickCount64 > end)
            {
                return false;
            }
            Thread.Sleep(5);
        }
        return true;
    }

    public static void Kill(int pid, int signal)
    {
        if (kill(pid, signal) != 0 && Marshal.GetLastPInvokeError() != 3)
        {
            throw new InvalidOperationException($"kill({pid}, {signal}): errno {Marshal.GetLastPInvokeError()}");
        }
    }

    [DllImport("libc", SetLastError = true)]
    static extern int kill(int pid, int signal);

    [DllImport("libc", SetLastError = true)]
    static extern int chown([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint uid, uint gid);

    [DllImport("libc", SetLastError = true)]
    static extern int chmod([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);

    [DllImport("libc", SetLastError = true)]
    static extern int mkfifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);

    [DllImport("libc", SetLastError = true)]
    static extern int link([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    [DllImport("libc", SetLastError = true)]
    static extern int setxattr([MarshalAs(UnmanagedType.LPUTF8Str)] string path, [MarshalAs(UnmanagedType.LPUTF8Str)] string name,
        byte[] value, nint size,
        int flags);

    public static void SetXattr(string path, string name, byte[] value) =>
        Check(setxattr(path, name, value, value.Length, 0), "setxattr " + path);

    /// <summary>A hard link; false where the two would be on different file systems (EXDEV).</summary>
    public static bool TryLink(string from, string to)
    {
        if (link(from, to) == 0)
        {
            return true;
        }
        return Marshal.GetLastPInvokeError() == 18 ? false
            : throw new InvalidOperationException($"link {to}: errno {Marshal.GetLastPInvokeError()}");
    }

    public static void Chown(string path, uint uid, uint gid) => Check(chown(path, uid, gid), "chown " + path);

    public static void Chmod(string path, uint mode) => Check(chmod(path, mode), "chmod " + path);

    public static void MakeFifo(string path) => Check(mkfifo(path, 0x1b6), "mkfifo " + path);

    static void Check(int rc, string what)
    {
        if (rc != 0)
        {
            throw new InvalidOperationException($"{what}: errno {Marshal.GetLastPInvokeError()}");
        }
    }
}

/// <summary>One line of mountinfo (proc_pid_mountinfo(5)).</summary>
sealed class MountLine
{
    public MountLine(string line)
    {
        var f = line.Split(' ');
        Device = f[2];
        Root = Unescape(f[3]);
        Point = Unescape(f[4]);
        Options = f[5].Split(',');
        var dash = Array.IndexOf(f, "-", 6);
        Tags = f[6..dash];
        FsType = f[dash + 1];
        Source = Unescape(f[dash + 2]);
        SuperOptions = f[dash + 3].Split(',');
        Text = line;
    }

    public string Device { get; }
    public string Root { get; }
    public string Point { get; }
    public string[] Options { get; }
    /// <summary>"shared:N", "master:N", "unbindable".</summary>
    public string[] Tags { get; }
    public string FsType { get; }
    public string Source { get; }
    public string[] SuperOptions { get; }
    public string Text { get; }

    public bool Has(string option) => Options.Contains(option);

    public override string ToString() => Text;

    static string Unescape(string s) => s.Replace("\\040", " ", StringComparison.Ordinal)
        .Replace("\\134", "\\", StringComparison.Ordinal);
}
