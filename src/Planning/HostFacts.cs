using System.Collections.Generic;

namespace OciRun.Planning;

/// <summary>What the planner knows about the host. Gathered once; a fact exists only if a rule reads it.</summary>
public sealed record HostFacts
{
    /// <summary>Where cgroup2 is mounted, null if nowhere.</summary>
    public string? CgroupMount { get; init; }
    /// <summary>The runtime's own cgroup, below the mount.</summary>
    public string OwnCgroup { get; init; } = "/";
    /// <summary>Controllers that the container's cgroup can have.</summary>
    public IReadOnlyList<string> Controllers { get; init; } = [];
    public uint EffectiveUid { get; init; }
    /// <summary>The runtime runs in a user namespace that is not the initial one.</summary>
    public bool InUserNamespace { get; init; }
    /// <summary>Capabilities that the runtime itself has, as a mask.</summary>
    public ulong Capabilities { get; init; } = ulong.MaxValue;
    /// <summary>Number of the kernel's last capability, which may be newer than those that have names here.</summary>
    public int LastCapability { get; init; } = Kernel.Capabilities.Last;
    /// <summary>setgroups(2) is denied in the user namespace that the process will be in.</summary>
    public bool SetGroupsDenied { get; init; }
    /// <summary>procfs can be mounted for another pid namespace than the caller's own (Linux 6.18, "pidns"). Known only where the
    /// config joins one.</summary>
    public bool ProcTakesPidNamespace { get; init; }
    public bool AppArmor { get; init; }
    public bool SELinux { get; init; }
    /// <summary>CLONE_NEW* flags of the kinds where linux.namespaces names the host's own namespace by path: known by the inode
    /// of the opened descriptor, not by the path.</summary>
    public int HostNamespaces { get; init; }
    /// <summary>Paths where something is mounted directly on the mount of "/". Known only for --no-pivot, which leaves the host's
    /// root below the container's.</summary>
    public IReadOnlyList<string> MountsOnRoot { get; init; } = [];
}
