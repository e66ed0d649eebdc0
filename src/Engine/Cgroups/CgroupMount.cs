using System;
using System.Text;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.Cgroups;

/// <summary>The host's cgroup v2 hierarchy, wherever it is mounted.</summary>
public sealed class CgroupMount : IDisposable
{
    internal const int MostProcBytes = 1 << 24;
    string? _ownCgroup;

    CgroupMount(string path, SafeFd root)
    {
        Path = path;
        Root = root;
    }

    /// <summary>Where it is mounted. For messages and bind mounts; files are reached through <see cref="Root"/>.</summary>
    public string Path { get; }

    /// <summary>The mount's root directory (O_PATH).</summary>
    public SafeFd Root { get; }

    /// <summary>The path of the "0::" line of /proc/self/cgroup.</summary>
    public string OwnCgroup => _ownCgroup ??= CgroupOf("self") ?? "/";

    /// <summary>Finds the mount: the usual place, that of hybrid hosts (systemd's unified directory), or what mountinfo
    /// says.</summary>
    public static CgroupMount Find() => TryFind() ??
        throw new RuntimeException("no cgroup v2 hierarchy is mounted", "mount one: mount -t cgroup2 cgroup2 /sys/fs/cgroup");

    /// <summary>Like <see cref="Find"/>; null when there is none.</summary>
    public static CgroupMount? TryFind() => Open("/sys/fs/cgroup") ?? Open("/sys/fs/cgroup/unified") ?? FromMountInfo();

    static CgroupMount? Open(string path)
    {
        int opened = Syscall.TryOpen(path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        if (opened < 0)
        {
            return null;
        }
        SafeFd root = new(opened);
        if (Syscall.Fstatfs(root).f_type == StatfsMagic.CGROUP2_SUPER_MAGIC)
        {
            return new CgroupMount(path, root);
        }
        root.Dispose();
        return null;
    }

    static CgroupMount? FromMountInfo()
    {
        string mounts = Encoding.UTF8.GetString(Syscall.ReadAll("/proc/self/mountinfo", MostProcBytes));
        foreach (string line in mounts.Split('\n'))
        {
            int separator = line.IndexOf(" - cgroup2 ", StringComparison.Ordinal);
            string[] fields = separator < 0 ? [] : line[..separator].Split(' ');
            if (fields.Length > 4 && Open(Unescape(fields[4])) is { } mount)
            {
                return mount;
            }
        }
        return null;
    }

    /// <summary>proc_pid_mountinfo(5) writes space, tab, newline and backslash as octal escapes.</summary>
    internal static string Unescape(string path) =>
        path.Replace("\\040", " ").Replace("\\011", "\t").Replace("\\012", "\n").Replace("\\134", "\\");

    /// <summary>The cgroup v2 path of a process ("self" or a pid); null when it is gone. On hybrid hosts other lines come
    /// first.</summary>
    public static string? CgroupOf(string pid)
    {
        int opened = Syscall.TryOpen("/proc/" + pid + "/cgroup", OpenFlags.O_RDONLY);
        if (opened < 0)
        {
            return null;
        }
        using SafeFd fd = new(opened);
        if (CgroupFiles.TryReadOpen(fd, out string content) < 0)
        {
            return null;
        }
        foreach (string line in content.Split('\n'))
        {
            if (line.StartsWith("0::", StringComparison.Ordinal))
            {
                return line[3..];
            }
        }
        return null;
    }

    public void Dispose() => Root.Dispose();
}
