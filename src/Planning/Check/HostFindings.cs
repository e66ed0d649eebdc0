using System.Collections.Generic;
using OciRun.Planning.Steps;

namespace OciRun.Planning.Check;

/// <summary>What a host offers to containers, and what is missing for which feature. Pure.</summary>
public static class HostFindings
{
    /// <summary>With mount_setattr(2), of 5.12, and cgroup.kill, of 5.14.</summary>
    public static KernelVersion Minimum => new(5, 14);

    /// <summary>The controllers that config.json has a section for.</summary>
    static (string Name, string Section)[] Controllers =>
    [
        ("cpu", "cpu.shares, quota, period"), ("cpuset", "cpu.cpus, mems"), ("memory", "memory"), ("io", "blockIO"),
        ("pids", "pids"), ("hugetlb", "hugepageLimits"), ("rdma", "rdma"),
    ];

    public static List<Finding> Find(HostSurvey host)
    {
        var findings = new List<Finding>();
        AddKernel(host, findings);
        AddNamespaces(host, findings);
        AddCgroups(host, findings);
        AddSecurity(host, findings);
        AddKeys(host, findings);
        AddOptional(host, findings);
        return findings;
    }

    internal static string LimitName(NamespaceKind kind) => $"user.max_{kind.File}_namespaces";

    internal static string Join(List<string> words) => words.Count == 0 ? "none" : string.Join(", ", words);

    internal static bool HasWord(string list, string word) => (" " + list + " ").Contains(" " + word + " ");

    static void AddKernel(HostSurvey host, List<Finding> findings)
    {
        bool good = host.Kernel.IsAtLeast(Minimum.Major, Minimum.Minor);
        findings.Add(new Finding(good ? Severity.Ok : Severity.Error, "kernel", "Linux " + host.KernelRelease,
            good ? "" : $"use Linux {Minimum} or newer"));
        AddSince(host, findings, "idmap on overlay", 5, 19, "id-mapped mounts work on ext4, xfs and btrfs only");
        AddSince(host, findings, "idmap on tmpfs", 6, 3, "id-mapped mounts of tmpfs fail");
    }

    static void AddSince(HostSurvey host, List<Finding> findings, string feature, int major, int minor, string otherwise)
    {
        bool there = host.Kernel.IsAtLeast(major, minor);
        findings.Add(there
            ? new Finding(Severity.Ok, feature, $"since Linux {major}.{minor}")
            : new Finding(Severity.Note, feature, $"needs Linux {major}.{minor}; {otherwise}"));
    }

    static void AddNamespaces(HostSurvey host, List<Finding> findings)
    {
        foreach (NamespaceKind kind in NamespaceKind.All())
        {
            string type = kind.Type;
            string path = type + " namespace";
            if (!host.Namespaces.Contains(type))
            {
                findings.Add(new Finding(Severity.Warning, path, "not in this kernel",
                    "containers that ask for one are refused"));
            }
            else if (host.NamespaceLimits.TryGetValue(type, out long limit) && limit == 0)
            {
                findings.Add(new Finding(Severity.Warning, path, "no new ones may be made",
                    $"raise {LimitName(kind)} with sysctl"));
            }
            else
            {
                findings.Add(new Finding(Severity.Ok, path, limit > 0 ? $"at most {limit} per user" : "available"));
            }
        }

        if (!host.IsRoot && !host.HasIdMapTools)
        {
            findings.Add(new Finding(Severity.Warning, "rootless",
                "newuidmap and newgidmap are missing, so only one id can be mapped",
                "install the package uidmap"));
        }
    }

    static void AddCgroups(HostSurvey host, List<Finding> findings)
    {
        if (host.CgroupMount is null)
        {
            findings.Add(new Finding(Severity.Error, "cgroup2", "not mounted", "mount -t cgroup2 cgroup2 /sys/fs/cgroup"));
            return;
        }

        findings.Add(host.HasCgroupV1
            ? new Finding(Severity.Warning, "cgroup2", $"{host.CgroupMount}, beside cgroup v1, which keeps controllers to itself",
                "boot with systemd.unified_cgroup_hierarchy=1 to have all limits")
            : new Finding(Severity.Ok, "cgroup2", host.CgroupMount));
        foreach ((string name, string section) in Controllers)
        {
            bool there = host.Controllers.Contains(name);
            findings.Add(new Finding(there ? Severity.Ok : Severity.Warning, "controller " + name,
                there ? "available" : $"missing: no limits of linux.resources.{section}"));
        }

        findings.Add(new Finding(host.HasSystemd ? Severity.Ok : Severity.Note, "systemd",
            host.HasSystemd ? "running" : "not running: --systemd-cgroup does not work"));
    }

    static void AddSecurity(HostSurvey host, List<Finding> findings)
    {
        findings.Add(host.SeccompActions is null
            ? new Finding(Severity.Warning, "seccomp", "not in this kernel", "containers with a profile are refused")
            : new Finding(Severity.Ok, "seccomp", host.SeccompActions));
        findings.Add(new Finding(host.HasApparmor ? Severity.Ok : Severity.Note, "apparmor",
            host.HasApparmor ? "on" : "off: process.apparmorProfile is refused"));
        findings.Add(new Finding(host.HasSelinux ? Severity.Ok : Severity.Note, "selinux",
            host.HasSelinux ? "on" : "off: labels are ignored"));
        if (!string.IsNullOrEmpty(host.SecurityModules))
        {
            findings.Add(new Finding(Severity.Ok, "security modules", host.SecurityModules));
        }
    }

    static void AddKeys(HostSurvey host, List<Finding> findings)
    {
        if (host.KeysUsed is not long used || host.KeysAllowed is not long allowed)
        {
            return;
        }

        bool full = used >= allowed;
        bool scarce = used > allowed / 10 * 9;
        findings.Add(new Finding(full ? Severity.Error : scarce ? Severity.Warning : Severity.Ok, "keys",
            $"{used} of {allowed} in use; each container takes one",
            scarce ? "raise kernel.keys.maxkeys (root: kernel.keys.root_maxkeys), or use --no-new-keyring" : ""));
    }

    static void AddOptional(HostSurvey host, List<Finding> findings)
    {
        findings.Add(new Finding(host.HugepageSizes.Count > 0 ? Severity.Ok : Severity.Note, "huge pages",
            Join(host.HugepageSizes)));
        findings.Add(new Finding(host.ResctrlMount is null ? Severity.Note : Severity.Ok, "resctrl",
            host.ResctrlMount ?? "not mounted: linux.intelRdt is refused"));
        findings.Add(new Finding(host.HasCriu ? Severity.Ok : Severity.Note, "criu",
            host.HasCriu ? "installed" : "not installed: no checkpoint and restore"));
    }
}
