using System;
using System.Collections.Generic;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning.Check;

// What the section "linux" needs of the kernel and of the machine.
public static partial class BundleFindings
{
    static void CheckLinux(SpecLinux? linux, HostSurvey host, List<Finding> findings)
    {
        if (linux is null)
        {
            return;
        }

        CheckNamespaces(linux, host, findings);
        CheckMappings(linux, host, findings);
        CheckResources(linux.Resources, host, findings);
        CheckSeccomp(linux.Seccomp, host, findings);
        foreach (string name in (IEnumerable<string>?)linux.NetDevices?.Keys ?? [])
        {
            if (!host.NetworkInterfaces.Contains(name))
            {
                findings.Add(new Finding(Severity.Error, ConfigPath.Key("linux.netDevices", name),
                    "there is no such network interface",
                    "see ip link"));
            }
        }

        if (linux.IntelRdt is not null && host.ResctrlMount is null)
        {
            findings.Add(new Finding(Severity.Error, "linux.intelRdt", "resctrl is not mounted",
                "mount -t resctrl resctrl /sys/fs/resctrl, if the processor has it"));
        }

        if (linux.MemoryPolicy is { } policy)
        {
            CheckOnline(policy.Nodes, host.OnlineNodes, "linux.memoryPolicy.nodes", "nodes", findings);
            if (policy.Mode == "MPOL_WEIGHTED_INTERLEAVE" && !host.Kernel.IsAtLeast(6, 9))
            {
                findings.Add(new Finding(Severity.Error, "linux.memoryPolicy.mode",
                    $"{policy.Mode} needs Linux 6.9; this is {host.Kernel}"));
            }
        }

        if (!string.IsNullOrEmpty(linux.MountLabel) && !host.HasSelinux)
        {
            findings.Add(new Finding(Severity.Note, "linux.mountLabel", "ignored: SELinux is off on this host"));
        }
    }

    static void CheckNamespaces(SpecLinux linux, HostSurvey host, List<Finding> findings)
    {
        for (int i = 0; i < (linux.Namespaces?.Count ?? 0); i++)
        {
            SpecNamespace entry = linux.Namespaces![i];
            if (NamespaceKind.Of(entry.Type) is not { } kind)
            {
                continue;
            }

            string path = $"linux.namespaces[{i}]";
            if (!host.Namespaces.Contains(entry.Type!))
            {
                findings.Add(new Finding(Severity.Error, path, $"kernel {host.KernelRelease} has no {entry.Type} namespaces",
                    "remove it, or use a kernel built with it"));
            }
            else if (string.IsNullOrEmpty(entry.Path) && host.NamespaceLimits.TryGetValue(entry.Type!, out long limit)
                && limit == 0)
            {
                findings.Add(new Finding(Severity.Error, path, $"no new {entry.Type} namespace may be made",
                    $"raise {HostFindings.LimitName(kind)} with sysctl"));
            }
        }
    }

    static void CheckMappings(SpecLinux linux, HostSurvey host, List<Finding> findings)
    {
        bool many = linux.UidMappings is { Count: > 1 } || linux.UidMappings is { Count: 1 } uids && uids[0].Size > 1;
        if (many && !host.IsRoot && !host.HasIdMapTools)
        {
            findings.Add(new Finding(Severity.Error, "linux.uidMappings",
                "only root may map more than one's own id, and newuidmap is missing",
                "install the package uidmap"));
        }
    }

    static void CheckResources(SpecResources? resources, HostSurvey host, List<Finding> findings)
    {
        if (host.CgroupMount is null)
        {
            findings.Add(new Finding(Severity.Error, "linux.resources", "cgroup2 is not mounted",
                "mount -t cgroup2 cgroup2 /sys/fs/cgroup"));
        }

        CheckOnline(resources?.Cpu?.Cpus, host.OnlineCpus, "linux.resources.cpu.cpus", "CPUs", findings);
        CheckOnline(resources?.Cpu?.Mems, host.OnlineNodes, "linux.resources.cpu.mems", "nodes", findings);
        for (int i = 0; i < (resources?.HugepageLimits?.Count ?? 0); i++)
        {
            if (resources!.HugepageLimits![i].PageSize is { Length: > 0 } size && !host.HugepageSizes.Contains(size))
            {
                findings.Add(new Finding(Severity.Error, $"linux.resources.hugepageLimits[{i}].pageSize",
                    $"this machine has no pages of {size}", "it has " + HostFindings.Join(host.HugepageSizes)));
            }
        }
    }

    static void CheckSeccomp(SpecSeccomp? seccomp, HostSurvey host, List<Finding> findings)
    {
        if (seccomp is null)
        {
            return;
        }

        if (host.SeccompActions is null)
        {
            findings.Add(new Finding(Severity.Error, "linux.seccomp", "the kernel has no seccomp filters", "remove the section"));
            return;
        }

        CheckAction(seccomp.DefaultAction, "linux.seccomp.defaultAction", host, findings);
        for (int i = 0; i < (seccomp.Syscalls?.Count ?? 0); i++)
        {
            CheckAction(seccomp.Syscalls![i].Action, $"linux.seccomp.syscalls[{i}].action", host, findings);
        }

        int killable = seccomp.Flags?.IndexOf("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV") ?? -1;
        if (killable >= 0 && !host.Kernel.IsAtLeast(5, 19))
        {
            findings.Add(new Finding(Severity.Error, $"linux.seccomp.flags[{killable}]",
                $"needs Linux 5.19; this is {host.Kernel}"));
        }
    }

    static void CheckAction(string? action, string path, HostSurvey host, List<Finding> findings)
    {
        string? word = action switch
        {
            "SCMP_ACT_LOG" => "log",
            "SCMP_ACT_KILL_PROCESS" => "kill_process",
            "SCMP_ACT_NOTIFY" => "user_notif",
            _ => null,
        };
        if (word is not null && !HostFindings.HasWord(host.SeccompActions!, word))
        {
            findings.Add(new Finding(Severity.Error, path, $"the kernel does not know {action}",
                "it has " + host.SeccompActions));
        }
    }

    static void CheckOnline(string? wanted, string? online, string path, string what, List<Finding> findings)
    {
        if (string.IsNullOrEmpty(wanted) || string.IsNullOrEmpty(online))
        {
            return;
        }

        if (NumberList.FirstOutside(wanted, online) is int number)
        {
            findings.Add(new Finding(Severity.Error, path, $"{number} is not online", $"{what} online are {online}"));
        }
    }
}
