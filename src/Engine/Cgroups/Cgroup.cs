using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Kernel;
using OciRun.Planning.Cgroups;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Cgroups;

/// <summary>A cgroup v2 directory. ENODEV from one of its files means that it was removed meanwhile, as ENOENT does.</summary>
public sealed partial class Cgroup : IDisposable
{
    const int FreezeTimeoutMs = 10000;
    const int KillTimeoutMs = 5000;
    const int RemoveTimeoutMs = 1000;

    readonly CgroupMount _mount;

    internal Cgroup(CgroupMount mount, string path, SafeFd directory, bool isNew)
    {
        _mount = mount;
        Path = path;
        Directory = directory;
        IsNew = isNew;
    }

    /// <summary>The container's cgroup, or null when it has none or it is gone.</summary>
    public static Cgroup? OfContainer(ContainerRecord record) =>
        record.CgroupPath is null || CgroupMount.TryFind() is not { } mount ? null : Open(mount, record.CgroupPath);

    /// <summary>Like <see cref="OfContainer"/>, for what takes a cgroup.</summary>
    /// <exception cref="RuntimeException">There is none.</exception>
    public static Cgroup OfContainerOrFail(ContainerRecord record) =>
        OfContainer(record) ?? throw (record.CgroupPath is { } path
            ? new RuntimeException("the container's cgroup " + path + " is gone",
            "somebody moved its processes elsewhere and removed it")
            : new RuntimeException("the container has no cgroup of its own",
                "it was created where no cgroup could be made for it, or with --cgroup-manager disabled"));

    /// <summary>The cgroup that a process is in now; null when it is gone.</summary>
    public static Cgroup? OfProcess(int pid) =>
        CgroupMount.CgroupOf(pid.ToString(CultureInfo.InvariantCulture)) is { } path ? Open(CgroupMount.Find(), path) : null;

    /// <summary>Below the mount, starting with '/'.</summary>
    public string Path { get; }

    /// <summary>O_PATH directory: good for CLONE_INTO_CGROUP and bpf(2).</summary>
    public SafeFd Directory { get; }

    /// <summary>Tells this cgroup from another of the same path.</summary>
    public ulong Inode => Syscall.Fstat(Directory).st_ino;

    /// <summary>True when this process made it, so that every file has the kernel's default.</summary>
    public bool IsNew { get; }

    /// <summary>Where the directory is, for messages and mounts.</summary>
    public string FullPath => _mount.Path + Path;

    /// <summary>Opens an existing cgroup; null when it is gone.</summary>
    public static Cgroup? Open(CgroupMount mount, string path)
    {
        int opened = CgroupFiles.TryOpenDirectory(mount.Root, path);
        if (opened >= 0)
        {
            return new Cgroup(mount, path, new SafeFd(opened), isNew: false);
        }
        return opened is -Errno.ENOENT or -Errno.ENODEV ? null
            : throw new RuntimeException("cannot open cgroup " + path + ": " + CgroupFiles.Describe(-opened));
    }

    /// <summary>Makes a cgroup with all its ancestors; see <see cref="CgroupSite.Create"/>.</summary>
    public static Cgroup Create(CgroupMount mount, string path)
    {
        using CgroupSite site = CgroupSite.Probe(mount, path);
        return site.Create();
    }

    /// <summary>The content of a file: 0 or -errno.</summary>
    public int TryRead(string file, out string content) => CgroupFiles.TryRead(Directory, file, out content);

    /// <summary>Writes one line: 0 or -errno.</summary>
    public int TryWrite(string file, string value) => CgroupFiles.TryWrite(Directory, file, value);

    /// <summary>The controllers that the cgroup has.</summary>
    public ControllerSet Controllers
    {
        get
        {
            TryRead("cgroup.controllers", out string words);
            return new ControllerSet(words);
        }
    }

    /// <summary>True while a process lives in the cgroup or below it.</summary>
    public bool IsPopulated =>
        TryRead("cgroup.events", out string events) == 0 && CgroupFiles.KeyedNumber(events, "populated") == 1;

    /// <summary>True once somebody asked to freeze this cgroup, settled or not.</summary>
    public bool IsFreezing => TryRead("cgroup.freeze", out string frozen) == 0 && frozen.StartsWith('1');

    /// <summary>True when every process of the cgroup is stopped, by itself or an ancestor.</summary>
    public bool IsFrozen => TryRead("cgroup.events", out string events) == 0 && CgroupFiles.KeyedNumber(events, "frozen") == 1;

    /// <summary>How often the OOM killer killed in this cgroup or below; 0 without the memory controller.</summary>
    public ulong OomKills() =>
        TryRead("memory.events", out string events) == 0 ? CgroupFiles.KeyedNumber(events, "oom_kill") ?? 0 : 0;

    /// <summary>Moves a process into the cgroup, for kernels and situations where CLONE_INTO_CGROUP is not possible.</summary>
    public void AddProcess(int pid)
    {
        int result = TryWrite("cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
        if (result == -Errno.EOPNOTSUPP && JoinThreadedParent())
        {
            result = TryWrite("cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
        }
        if (result < 0)
        {
            throw new RuntimeException("cannot move process " + pid + " into cgroup " + Path + ": " +
                CgroupFiles.Describe(-result),
                -result == Errno.EBUSY ? "a cgroup that hands controllers down cannot have processes itself" : null);
        }
    }

    /// <summary>A new cgroup below a threaded one is "domain invalid" and takes no process until it becomes threaded too
    /// (cgroups(7), "Creating a threaded subtree").</summary>
    /// <returns>True when it was one.</returns>
    public bool JoinThreadedParent() => TryRead("cgroup.type", out string type) == 0 &&
        type.StartsWith("domain invalid", StringComparison.Ordinal) && TryWrite("cgroup.type", "threaded") == 0;

    /// <summary>Process ids in the runtime's pid namespace; with <paramref name="recursive"/> those of all cgroups below,
    /// too.</summary>
    public List<int> Pids(bool recursive)
    {
        List<int> pids = [];
        AddPids(Directory, pids);
        if (recursive)
        {
            using CgroupTree tree = new(Directory);
            do
            {
                while (tree.Down())
                {
                    AddPids(tree.Directory, pids);
                }
            }
            while (tree.Up(out _));
        }
        return pids;
    }

    static void AddPids(int directory, List<int> pids)
    {
        // In a threaded cgroup the processes are listed at the root of the threaded subtree only.
        int result = CgroupFiles.TryRead(directory, "cgroup.procs", out string list);
        if (result == -Errno.EOPNOTSUPP)
        {
            CgroupFiles.TryRead(directory, "cgroup.threads", out list);
        }
        foreach (ReadOnlySpan<char> line in list.AsSpan().EnumerateLines())
        {
            // A process of a foreign pid namespace reads as 0.
            if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0)
            {
                pids.Add(pid);
            }
        }
    }

    /// <summary>Gives the cgroup to a user, as /sys/kernel/cgroup/delegate says (Linux 4.15): the directory and the files that
    /// manage what is below it, but none of the limits. The group stays. Best effort: a runtime without root's rights cannot give
    /// files away, and the container then sees its cgroup read-only.</summary>
    public void Delegate(uint uid)
    {
        Give(Directory, uid);
        string list;
        using (SafeFd fd = Syscall.Open("/sys/kernel/cgroup/delegate", OpenFlags.O_RDONLY))
        {
            CgroupFiles.TryReadOpen(fd, out list);
        }
        foreach (string file in list.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // The list names files of controllers that this cgroup may not have.
            int opened = CgroupFiles.TryOpen(Directory, file, OpenFlags.O_PATH);
            if (opened >= 0)
            {
                using SafeFd fd = new(opened);
                Give(fd, uid);
            }
        }
    }

    void Give(SafeFd file, uint uid)
    {
        try
        {
            Syscall.FchownAt(file, "", uid, uint.MaxValue, AtFlags.AT_EMPTY_PATH);
        }
        catch (SyscallException e)
        {
            Log.Debug("cgroup " + Path + " is not handed over to user " + uid + ": " + e.Message);
        }
    }

    public void Dispose() => Directory.Dispose();
}
