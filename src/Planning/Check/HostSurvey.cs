using System.Collections.Generic;
using OciRun.Planning.Cgroups;

namespace OciRun.Planning.Check;

/// <summary>What a check wants to know about the host; read from files that need no privileges where there are such. Null: could
/// not be read.</summary>
public sealed class HostSurvey
{
    /// <summary>utsname.release.</summary>
    public string KernelRelease { get; set; } = "";
    public KernelVersion Kernel => KernelVersion.Parse(KernelRelease);
    public bool IsRoot { get; set; }
    /// <summary>The spec's words for the namespaces in /proc/self/ns.</summary>
    public List<string> Namespaces { get; set; } = [];
    /// <summary>/proc/sys/user/max_*_namespaces by the spec's word.</summary>
    public Dictionary<string, long> NamespaceLimits { get; set; } = [];
    /// <summary>Where a cgroup2 file system is mounted.</summary>
    public string? CgroupMount { get; set; }
    /// <summary>True if cgroup v1 hierarchies hold controllers that v2 then lacks.</summary>
    public bool HasCgroupV1 { get; set; }
    /// <summary>cgroup.controllers of the root of <see cref="CgroupMount"/>.</summary>
    public ControllerSet Controllers { get; set; }
    /// <summary>Whether systemd is the service manager, sd_booted(3).</summary>
    public bool HasSystemd { get; set; }
    /// <summary>/sys/kernel/security/lsm.</summary>
    public string? SecurityModules { get; set; }
    public bool HasApparmor { get; set; }
    public bool HasSelinux { get; set; }
    /// <summary>Names of loaded AppArmor profiles; null if this user may not see them.</summary>
    public HashSet<string>? ApparmorProfiles { get; set; }
    /// <summary>/proc/sys/kernel/seccomp/actions_avail; null without seccomp.</summary>
    public string? SeccompActions { get; set; }
    /// <summary>Keys that this user has and may have, of /proc/key-users.</summary>
    public long? KeysUsed { get; set; }
    public long? KeysAllowed { get; set; }
    /// <summary>Where resctrl is mounted.</summary>
    public string? ResctrlMount { get; set; }
    /// <summary>Page sizes as config.json spells them.</summary>
    public List<string> HugepageSizes { get; set; } = [];
    /// <summary>Lists such as 0-3 of sysfs.</summary>
    public string? OnlineCpus { get; set; }
    public string? OnlineNodes { get; set; }
    public List<string> NetworkInterfaces { get; set; } = [];
    /// <summary>/proc/filesystems without "nodev".</summary>
    public HashSet<string> FileSystems { get; set; } = [];
    public int? LastCapability { get; set; }
    /// <summary>newuidmap(1) and newgidmap(1) are both in the PATH.</summary>
    public bool HasIdMapTools { get; set; }
    public bool HasCriu { get; set; }
}

/// <summary>What kind of file a path of the config is.</summary>
public enum FileKind
{
    Missing,
    Directory,
    /// <summary>A file that somebody may execute.</summary>
    Program,
    Other,
    /// <summary>A symbolic link, where one is not followed.</summary>
    Link,
}

/// <summary>The files outside the rootfs that a config names, by the path as it stands in the config.</summary>
public sealed class BundleSurvey
{
    public FileKind Rootfs { get; set; }
    public Dictionary<string, FileKind> Files { get; set; } = [];
}
