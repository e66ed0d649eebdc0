using System.Collections.Generic;
using System.Globalization;
using System.Text;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Process;

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

    static bool IsOwn(IReadOnlyList<SpecIdMapping>? map, uint id) => map is not { Count: > 0 }
        || (map.Count == 1 && map[0].Size == 1 && map[0].HostID == id);

    /// <summary>Root of a user namespace may lack the ids that it wants to map, and have been given them in
    /// /etc/subuid.</summary>
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
                ErrorText.Call("write", "/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/uid_map", -written),
                step.Hint("write", -written));
        }
        ProcFile.Write(pid, "gid_map", Lines(step.Gids), "linux.gidMappings", step);
    }

    /// <summary>newuidmap(1) or newgidmap(1): set-user-ID programs that write the map for users to whom /etc/subuid or
    /// /etc/subgid gives the ids.</summary>
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
            throw new RuntimeException(configPath + ": \"" + string.Join(' ', command) + "\" failed, wait status 0x" +
                status.ToString("x", CultureInfo.InvariantCulture),
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
