using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Syscalls;
using static OciRun.Kernel.Mode;

namespace OciRun.Engine.Rdt;

/// <summary>Groups of the resctrl file system (Documentation/filesystems/resctrl.rst): cache and memory bandwidth of a
/// container.</summary>
sealed class IntelRdt : IDisposable
{
    const int MostBytes = 1 << 20;
    /// <summary>Where everybody mounts it (Documentation/filesystems/resctrl.rst).</summary>
    const string UsualPath = "/sys/fs/resctrl";

    readonly SafeFd _root;

    IntelRdt(SafeFd root) => _root = root;

    /// <summary>The mounted resctrl, or null.</summary>
    public static IntelRdt? TryOpen() =>
        (TryOpen(UsualPath) ?? (FindMount() is { } elsewhere ? TryOpen(elsewhere) : null)) is { } root ? new IntelRdt(root)
        : null;

    /// <summary>A directory, if it is of resctrl: groups are made and tasks moved through this descriptor, so it must not be
    /// anything else.</summary>
    static SafeFd? TryOpen(string path)
    {
        int fd = Syscall.TryOpen(path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
        if (fd < 0)
        {
            return null;
        }
        if (Syscall.Fstatfs(fd).f_type == StatfsMagic.RDTGROUP_SUPER_MAGIC)
        {
            return new SafeFd(fd);
        }
        new SafeFd(fd).Dispose();
        return null;
    }

    static string? FindMount()
    {
        string mounts = Encoding.UTF8.GetString(Syscall.ReadAll("/proc/self/mountinfo", 1 << 24));
        foreach (string line in mounts.Split('\n'))
        {
            if (line.Contains(" - resctrl ", StringComparison.Ordinal))
            {
                return line.Split(' ')[4];
            }
        }
        return null;
    }

    /// <summary>Makes or checks the group. What delete is to remove is in the record before it exists.</summary>
    public static void Prepare(IntelRdtStep step, Products made)
    {
        IntelRdt rdt = TryOpen() ?? throw new RuntimeException("linux.intelRdt: no resctrl file system is mounted",
            "mount -t resctrl resctrl /sys/fs/resctrl; it needs a CPU and a kernel with resource control");
        made.Rdt = rdt;
        made.OnUndo(() => Remove(made.Record.IntelRdtGroup));
        if (step.Group.Length > 0)
        {
            rdt.PrepareGroup(step, made);
        }
        if (step.Monitor is { } monitor)
        {
            string path = Below(step.Group, "mon_groups/" + monitor);
            if (made.Record.IntelRdtGroup is null)
            {
                Note(path, made);
            }
            rdt.MakeDirectory(path, step);
        }
    }

    static void Note(string group, Products made)
    {
        made.Record.IntelRdtGroup = group;
        made.Directory!.Save(made.Record);
    }

    /// <summary>The content of a file below the root.</summary>
    public string Read(string path) => Encoding.UTF8.GetString(Syscall.ReadAllAt(_root, path, MostBytes));

    /// <summary>Like <see cref="Read"/>; null when the file is not there or cannot be read.</summary>
    public string? TryRead(string path)
    {
        try
        {
            return Read(path);
        }
        catch (SyscallException)
        {
            return null;
        }
    }

    /// <summary>The names in a directory below the root; none when it is not there.</summary>
    public List<string> List(string path)
    {
        int fd = Syscall.TryOpenAt(_root, path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW |
            OpenFlags.O_CLOEXEC);
        if (fd < 0)
        {
            return [];
        }
        using var directory = new SafeFd(fd);
        return [.. Syscall.ListDirectory(directory)];
    }

    /// <summary>A path in a group.</summary>
    public static string Below(string group, string name) => group.Length == 0 ? name : group + "/" + name;

    void PrepareGroup(IntelRdtStep step, Products made)
    {
        bool exists = Syscall.TryFstatAt(_root, step.Group, AtFlags.AT_SYMLINK_NOFOLLOW, out _) == 0;
        if (exists && !step.IsShared)
        {
            throw new RuntimeException($"linux.intelRdt: there is a resctrl group \"{step.Group}\" already",
                "name it as closID to use it");
        }
        if (exists)
        {
            Compare(step);
            return;
        }
        if (step.IsShared && step.Schemata.Count == 0)
        {
            throw new RuntimeException($"linux.intelRdt.closID: there is no resctrl group \"{step.Group}\"",
                "give schemata to have it made");
        }
        if (!step.IsShared)
        {
            Note(step.Group, made);
        }
        MakeDirectory(step.Group, step);
        WriteSchemata(step.Group, step.Schemata, "linux.intelRdt.schemata");
    }

    /// <summary>A group that others may use is not changed: it must be as the config wants it.</summary>
    void Compare(IntelRdtStep step)
    {
        if (step.Schemata.Count == 0)
        {
            return;
        }
        string content = Read(step.Group + "/schemata");
        var present = new List<string>(content.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        foreach (string line in step.Schemata)
        {
            if (!Holds(present, line))
            {
                throw new RuntimeException($"linux.intelRdt: the resctrl group \"{step.Group}\" exists and does not have " +
                    $"\"{line}\" but " +
                    string.Join(", ", present).Trim(), "leave the schemata out to use the group as it is");
            }
        }
    }

    /// <summary>Whether each domain of a line has this value; the file pads names, and numbers may have leading zeros.</summary>
    public static bool Holds(IReadOnlyList<string> present, string wanted)
    {
        int colon = wanted.IndexOf(':');
        foreach (string line in present)
        {
            int at = line.IndexOf(':');
            if (colon < 0 || at < 0 || line[..at].Trim() != wanted[..colon].Trim())
            {
                continue;
            }
            var domains = new HashSet<string>();
            foreach (string domain in line[(at + 1)..].Split(';'))
            {
                domains.Add(Plain(domain));
            }
            bool all = true;
            foreach (string domain in wanted[(colon + 1)..].Split(';', StringSplitOptions.RemoveEmptyEntries))
            {
                all &= domains.Contains(Plain(domain));
            }
            return all;
        }
        return false;
    }

    /// <summary><c>0=00ff</c> as <c>0=ff</c>.</summary>
    static string Plain(string domain)
    {
        string text = domain.Trim();
        int equals = text.IndexOf('=');
        string value = equals < 0 ? text : text[(equals + 1)..].Trim().TrimStart('0').ToLowerInvariant();
        return equals < 0 ? text : text[..equals].Trim() + "=" + (value.Length == 0 ? "0" : value);
    }

    void MakeDirectory(string path, IntelRdtStep step)
    {
        int made = Syscall.TryMkdirAt(_root, path, O755);
        if (made < 0 && made != -Errno.EEXIST)
        {
            throw new RuntimeException(step.ConfigPath + ": " + ErrorText.Call("mkdir", path, -made) + LastStatus(),
                made == -Errno.ENOSPC ? "the hardware has no more classes of service or monitoring ids" : null);
        }
    }

    /// <summary>All lines in one write(2): the kernel takes all or none of them.</summary>
    public void WriteSchemata(string group, IReadOnlyList<string> lines, string configPath)
    {
        if (lines.Count > 0)
        {
            Write(Below(group, "schemata"), string.Join('\n', lines) + "\n", configPath);
        }
    }

    /// <summary>The process and all that it will fork.</summary>
    public void Join(IntelRdtJoinStep step, int pid)
    {
        string text = pid.ToString(CultureInfo.InvariantCulture);
        Write(Below(step.Group, "tasks"), text, step.ConfigPath);
        if (step.Monitor is not null)
        {
            Write(Below(step.Group, "mon_groups/" + step.Monitor + "/tasks"), text, step.ConfigPath);
        }
    }

    void Write(string path, string text, string configPath)
    {
        int fd = Syscall.TryOpenAt(_root, path, OpenFlags.O_WRONLY | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC);
        int result = fd;
        if (fd >= 0)
        {
            using var file = new SafeFd(fd);
            result = Syscall.TryWrite(file, Encoding.UTF8.GetBytes(text));
        }
        if (result < 0)
        {
            throw new RuntimeException(configPath + ": " + ErrorText.Call("write", path, -result) + LastStatus());
        }
    }

    /// <summary>The kernel's own words about the last failure (info/last_cmd_status).</summary>
    string LastStatus()
    {
        int fd = Syscall.TryOpenAt(_root, "info/last_cmd_status", OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC);
        if (fd < 0)
        {
            return "";
        }
        using var file = new SafeFd(fd);
        string text = Encoding.UTF8.GetString(Syscall.ReadAll(file, MostBytes)).Trim();
        return text is "" or "ok" ? "" : ": " + text;
    }

    /// <summary>Removes what was made for a container; its tasks fall back to the parent group.</summary>
    public static void Remove(string? group)
    {
        if (group is not { Length: > 0 } || TryOpen() is not { } rdt)
        {
            return;
        }
        using (rdt)
        {
            // rmdir(2) of a group takes its files with it.
            int removed = Syscall.TryUnlinkAt(rdt._root, group, AtFlags.AT_REMOVEDIR);
            if (removed < 0 && removed != -Errno.ENOENT)
            {
                throw new RuntimeException("linux.intelRdt: " + ErrorText.Call("rmdir", group, -removed));
            }
        }
    }

    public void Dispose() => _root.Dispose();
}
