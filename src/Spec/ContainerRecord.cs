using System;
using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>The words of runtime.md, "State", and the pause extension.</summary>
public enum ContainerStatus
{
    Creating,
    Created,
    Running,
    Paused,
    Stopped,
}

/// <summary>What state.json stores about a container: all that start, exec, kill, update and delete need, since after create
/// nothing is read from the bundle any more. A minimal record (no pid) is written before the first side effect.</summary>
[Model]
public sealed partial class ContainerRecord
{
    /// <summary>Format of this file; a reader accepts newer ones and ignores what it does not know.</summary>
    public const int CurrentSchema = 2;
    /// <summary>The first that knows <see cref="CgroupInode"/>.</summary>
    public const int FirstWithInodes = 2;

    [Required]
    public int Schema { get; set; } = CurrentSchema;
    public string OciVersion { get; set; } = SpecVersion.Current;
    public string Id { get; set; } = "";
    /// <summary>Init's pid in the runtime's pid namespace; 0 until it exists.</summary>
    public int Pid { get; set; }
    /// <summary>Field 22 of /proc/PID/stat, in clock ticks since boot: tells a reused pid.</summary>
    public ulong PidStartTime { get; set; }
    /// <summary>Pid and start time of the creating process, while <see cref="IsCreating"/>.</summary>
    public int CreatorPid { get; set; }
    public ulong CreatorStartTime { get; set; }
    /// <summary>True from the first side effect until create has succeeded.</summary>
    public bool IsCreating { get; set; }
    public string Bundle { get; set; } = "";
    public string Rootfs { get; set; } = "";
    /// <summary>UTC.</summary>
    public DateTime Created { get; set; }
    /// <summary>User id of who created the container, for the owner column.</summary>
    public uint OwnerUid { get; set; }
    public Dictionary<string, string>? Annotations { get; set; }
    /// <summary>Path below the cgroup2 mount, starting with '/'; null when the container has no cgroup of its own.</summary>
    public string? CgroupPath { get; set; }
    /// <summary>Inode of that directory: a cgroup of the same path with another one is not the container's. 0 until it is made,
    /// and in states before schema 2, which do not know it.</summary>
    public ulong CgroupInode { get; set; }
    /// <summary>The cgroup was there before the container, and was asked for by its path: what lives in it when the
    /// container is dead may be anybody's.</summary>
    public bool CgroupIsShared { get; set; }
    /// <summary>"cgroupfs", "systemd" or "disabled".</summary>
    public string CgroupManager { get; set; } = "cgroupfs";
    /// <summary>The transient unit, with the systemd driver.</summary>
    public string? SystemdUnit { get; set; }
    /// <summary>Name of the resctrl group made for the container, to remove on delete; null if none.</summary>
    public string? IntelRdtGroup { get; set; }
    public bool Rootless { get; set; }
    public bool NoPivot { get; set; }
    public bool NoNewKeyring { get; set; }
    /// <summary>The config as parsed at create. It comes last: it is long, and whoever reads by eye looks for the rest.</summary>
    [NotInBrief]
    public RuntimeSpec Config { get; set; } = new();
}

/// <summary>Version of the runtime specification that this code implements.</summary>
public static class SpecVersion
{
    public const string Minimum = "1.0.0";
    public const string Current = "1.3.0";
}
