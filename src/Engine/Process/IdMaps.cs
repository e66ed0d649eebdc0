using System.Collections.Generic;
using System.Globalization;
using System.Text;
using OciRun.Engine.Child;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Engine.Process;

/// <summary>Files of a process below /proc.</summary>
static class ProcFile
{
    /// <summary>Writes a value; returns 0 or a negative errno.</summary>
    public static int TryWrite(int pid, string file, string value)
    {
        string path = "/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/" + file;
        int fd = Syscall.TryOpen(path, OpenFlags.O_WRONLY | OpenFlags.O_CLOEXEC | OpenFlags.O_NOFOLLOW);
        if (fd < 0)
        {
            return fd;
        }
        using var open = new SafeFd(fd);
        int written = Syscall.TryWriteAll(open, Encoding.UTF8.GetBytes(value));
        return written < 0 ? written : 0;
    }

    public static void Write(int pid, string file, string value, string configPath, Step? step)
    {
        int result = TryWrite(pid, file, value);
        if (result < 0)
        {
            throw new RuntimeException(configPath + ": " +
                ErrorText.Call("write", "/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/" + file, -result), step?.Hint("write", -result));
        }
    }
}

/// <summary>uid_map, gid_map and setgroups of a new user namespace (user_namespaces(7)).</summary>
static class IdMaps
{
    public static void Write(int pid, MapIdsStep step)
    {
        if (Syscall.Geteuid() == 0)
        {
            WriteAsRoot(pid, step);
            return;
        }
        if (!AreOwn(step.Uids, step.Gids))
        {
            Help("newuidmap", pid, step.Uids, "linux.uidMappings");
            Help("newgidmap", pid, step.Gids, "linux.gidMappings");
            return;
        }
        ProcFile.Write(pid, "uid_map", Lines(step.Uids), "linux.uidMappings", step);
        // Without CAP_SETGID over the parent, only a process that can never drop groups may map them (CVE-2014-8989).
        ProcFile.Write(pid, "setgroups", "deny", "linux.gidMappings", step);
        ProcFile.Write(pid, "gid_map", Lines(step.Gids), "linux.gidMappings", step);
    }

    /// <summary>Whether the mappings are what every user may write: the caller's own ids and nothing else.</summary>
    public static bool AreOwn(IReadOnlyList<SpecIdMapping>? uids, IReadOnlyList<SpecIdMapping>? gids) =>
        IsOwn(uids, Syscall.Geteuid()) && IsOwn(gids, Syscall.Getegid());

    static bool IsOwn(IReadOnlyList<SpecIdMapping>? map, uint id) => map is not { Count: > 0 } || (map.Count == 1 && map[0].Size == 1 && map[0].HostID == id);

    /// <summary>Root of a user namespace may lack the ids that it wants to map, and have been given them in /etc/subuid.</summary>
    static void WriteAsRoot(int pid, MapIdsStep step)
    {
        int written = ProcFile.TryWrite(pid, "uid_map", Lines(step.Uids));
        if (written == -Errno.EPERM)
        {
            Help("newuidmap", pid, step.Uids, "linux.uidMappings");
            Help("newgidmap", pid, step.Gids, "linux.gidMappings");
            return;
        }
        if (written < 0)
        {
            throw new RuntimeException("linux.uidMappings: " +
                ErrorText.Call("write", "/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/uid_map", -written), step.Hint("write", -written));
        }
        ProcFile.Write(pid, "gid_map", Lines(step.Gids), "linux.gidMappings", step);
    }

    /// <summary>newuidmap(1) or newgidmap(1): set-user-ID programs that write the map for users to whom /etc/subuid or /etc/subgid gives the
    /// ids.</summary>
    static void Help(string program, int pid, IReadOnlyList<SpecIdMapping> map, string configPath)
    {
        var command = new List<string> { program, pid.ToString(CultureInfo.InvariantCulture) };
        foreach (SpecIdMapping line in map)
        {
            command.Add(line.ContainerID.ToString(CultureInfo.InvariantCulture));
            command.Add(line.HostID.ToString(CultureInfo.InvariantCulture));
            command.Add(line.Size.ToString(CultureInfo.InvariantCulture));
        }
        int status = HostProgram.Capture(command, out _, out int errno);
        if (errno != 0)
        {
            throw new RuntimeException(configPath + ": posix_spawnp(\"" + program + "\"): " + ErrorText.Describe(errno),
                "a user may map own ids alone, and others with " + program + ": install the package uidmap");
        }
        if (status != 0)
        {
            throw new RuntimeException(configPath + ": \"" + string.Join(' ', command) + "\" failed, wait status 0x" + status.ToString("x", CultureInfo.InvariantCulture),
                "what it wrote to standard error says why; /etc/subuid and /etc/subgid say which ids a user has");
        }
    }

    public static string Lines(IReadOnlyList<SpecIdMapping> mappings)
    {
        var text = new StringBuilder();
        foreach (SpecIdMapping mapping in mappings)
        {
            text.Append(mapping.ContainerID).Append(' ').Append(mapping.HostID).Append(' ').Append(mapping.Size).Append('\n');
        }
        return text.ToString();
    }
}

/// <summary>User namespaces that hold nothing but a mapping, for id-mapped mounts.</summary>
static unsafe class UserNamespaces
{
    /// <summary>Clones a process into a new user namespace, maps its ids, takes the namespace's descriptor and ends it.</summary>
    public static int Make(OpenIdMapStep slot)
    {
        int pidfd = -1;
        var clone = new CloneArgs
        {
            flags = CloneFlags.CLONE_PIDFD | CloneFlags.CLONE_NEWUSER,
            pidfd = (ulong)&pidfd,
            exit_signal = Signal.SIGCHLD,
        };
        ulong mask = Syscall.Sigprocmask(SigHow.SIG_SETMASK, ulong.MaxValue);
        long pid = ChildSys.Clone3(&clone, sizeof(CloneArgs));
        if (pid == 0)
        {
            ChildPause.Run();
        }
        Syscall.Sigprocmask(SigHow.SIG_SETMASK, mask);
        if (pid < 0)
        {
            throw new RuntimeException(slot.ConfigPath + ": " + ErrorText.Call("clone3", null, (int)-pid));
        }
        using var process = new SafeFd(pidfd);
        try
        {
            ProcFile.Write((int)pid, "uid_map", IdMaps.Lines(slot.Uids), slot.ConfigPath + ".uidMappings", null);
            ProcFile.Write((int)pid, "gid_map", IdMaps.Lines(slot.Gids), slot.ConfigPath + ".gidMappings", null);
            return Syscall.Open("/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/ns/user", OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC).Release();
        }
        finally
        {
            Syscall.TryPidfdSendSignal(process, Signal.SIGKILL);
            Syscall.TryWaitId(WaitFlags.P_PIDFD, process, WaitFlags.WEXITED, out _);
        }
    }
}

/// <summary>A new time namespace: made by the runtime for its children, its clocks set before the first one enters (time_namespaces(7)).</summary>
static class TimeOffsets
{
    static bool s_hasUnshared;

    /// <summary>The runtime's own time namespace, for children that are not the container's; null when they are born into it. A process
    /// with threads cannot go back itself.</summary>
    public static SafeFd? OpenOwn() =>
        s_hasUnshared ? Syscall.Open("/proc/self/ns/time", OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC) : null;

    /// <summary>unshare(2); it takes effect for children alone.</summary>
    public static void Unshare(TimeNamespaceStep step)
    {
        int result = Syscall.TryUnshare(CLONE_NEWTIME);
        if (result < 0)
        {
            throw new RuntimeException(step.ConfigPath + ": " + ErrorText.Call("unshare", "time", -result));
        }
        s_hasUnshared = true;
    }

    public static void Write(TimeOffsetsStep step)
    {
        var text = new StringBuilder();
        foreach ((string clock, SpecTimeOffset offset) in step.Offsets)
        {
            text.Append(clock).Append(' ').Append(offset.Secs).Append(' ').Append(offset.Nanosecs).Append('\n');
        }
        ProcFile.Write(Syscall.Getpid(), "timens_offsets", text.ToString(), step.ConfigPath, step);
    }
}
