using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using OciRun.Engine.Cgroups;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Check;
using OciRun.Planning.Steps;
using OciRun.Syscalls;

namespace OciRun.Engine.Host;

/// <summary>Reads what <c>check</c> wants to know about the host. It only reads, and what cannot be read counts as not
/// there.</summary>
static class HostProbe
{
    /// <summary>Of a file of procfs or sysfs; mountinfo is the longest of them.</summary>
    const int MostBytes = 1 << 24;

    public static HostSurvey Survey()
    {
        var host = new HostSurvey
        {
            KernelRelease = Line("/proc/sys/kernel/osrelease") ?? "",
            IsRoot = Stdio.EffectiveUid() == 0,
            HasSystemd = Syscall.Exists("/run/systemd/system"),
            SecurityModules = Line("/sys/kernel/security/lsm"),
            HasApparmor = Line("/sys/module/apparmor/parameters/enabled") == "Y",
            HasSelinux = Syscall.Exists("/sys/fs/selinux/enforce"),
            ApparmorProfiles = ApparmorProfiles(),
            SeccompActions = Line("/proc/sys/kernel/seccomp/actions_avail"),
            OnlineCpus = Line("/sys/devices/system/cpu/online"),
            OnlineNodes = Line("/sys/devices/system/node/online"),
            NetworkInterfaces = Names("/sys/class/net"),
            LastCapability = int.TryParse(Line("/proc/sys/kernel/cap_last_cap"), out int last) ? last : null,
            HasIdMapTools = InPath("newuidmap") && InPath("newgidmap"),
            HasCriu = InPath("criu"),
        };
        SurveyNamespaces(host);
        SurveyMounts(host);
        SurveyKeys(host);
        SurveyFileSystems(host);
        foreach (string name in Names("/sys/kernel/mm/hugepages"))
        {
            host.HugepageSizes.Add(PageSize(name));
        }

        return host;
    }

    static void SurveyNamespaces(HostSurvey host)
    {
        foreach ((string type, _, string file, _) in NamespaceKind.All())
        {
            if (Syscall.Exists("/proc/self/ns/" + file))
            {
                host.Namespaces.Add(type);
            }

            if (long.TryParse(Line($"/proc/sys/user/max_{file}_namespaces"), out long limit))
            {
                host.NamespaceLimits[type] = limit;
            }
        }
    }

    static void SurveyMounts(HostSurvey host)
    {
        using CgroupMount? cgroups = CgroupMount.TryFind();
        if (cgroups is not null)
        {
            host.CgroupMount = cgroups.Path;
            host.Controllers = new ControllerSet(Line(cgroups.Path + "/cgroup.controllers"));
        }

        foreach (string line in Lines("/proc/self/mountinfo"))
        {
            host.HasCgroupV1 |= line.Contains(" - cgroup ");
            if (line.Contains(" - resctrl "))
            {
                host.ResctrlMount = line.Split(' ')[4];
            }
        }
    }

    /// <summary>/proc/key-users has, by user id: usage, keys/instantiated, keys/allowed, bytes/allowed; see
    /// proc_key-users(5).</summary>
    static void SurveyKeys(HostSurvey host)
    {
        string own = Stdio.EffectiveUid() + ":";
        foreach (string line in Lines("/proc/key-users"))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 4 || fields[0] != own)
            {
                continue;
            }

            string[] quota = fields[3].Split('/');
            if (quota.Length == 2 && long.TryParse(quota[0], out long used) && long.TryParse(quota[1], out long allowed))
            {
                host.KeysUsed = used;
                host.KeysAllowed = allowed;
            }
        }
    }

    static void SurveyFileSystems(HostSurvey host)
    {
        foreach (string line in Lines("/proc/filesystems"))
        {
            host.FileSystems.Add(line[(line.IndexOf('\t') + 1)..]);
        }
    }

    /// <summary>Lines such as <c>docker-default (enforce)</c>; only root may read them.</summary>
    static HashSet<string>? ApparmorProfiles()
    {
        string[] lines = Lines("/sys/kernel/security/apparmor/profiles");
        if (lines.Length == 0)
        {
            return null;
        }

        var names = new HashSet<string>();
        foreach (string line in lines)
        {
            int end = line.LastIndexOf(" (", StringComparison.Ordinal);
            names.Add(end < 0 ? line : line[..end]);
        }

        return names;
    }

    /// <summary><c>hugepages-2048kB</c> is 2MB to config.json.</summary>
    static string PageSize(string directory)
    {
        string digits = directory["hugepages-".Length..^"kB".Length];
        if (!long.TryParse(digits, out long kilobytes))
        {
            return directory;
        }

        return kilobytes >= 1 << 20 ? $"{kilobytes >> 20}GB" : kilobytes >= 1 << 10 ? $"{kilobytes >> 10}MB" : $"{kilobytes}KB";
    }

    static bool InPath(string program)
    {
        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            if (directory.Length > 0 && Syscall.Exists(Path.Combine(directory, program)))
            {
                return true;
            }
        }

        return false;
    }

    static List<string> Names(string directory)
    {
        try
        {
            List<string> names = Syscall.ListDirectory(directory);
            names.Sort(StringComparer.Ordinal);
            return names;
        }
        catch (SyscallException)
        {
            return [];
        }
    }

    static string? Line(string path)
    {
        string[] lines = Lines(path);
        return lines.Length > 0 ? lines[0].Trim() : null;
    }

    static string[] Lines(string path)
    {
        try
        {
            string text = Encoding.UTF8.GetString(Syscall.ReadAll(path, MostBytes));
            return text.Length == 0 ? [] : (text[^1] == '\n' ? text[..^1] : text).Split('\n');
        }
        catch (SyscallException)
        {
            return [];
        }
    }
}
