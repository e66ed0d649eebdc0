using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>config-linux.md.</summary>
[Model]
public sealed partial class SpecLinux
{
    public List<SpecNamespace>? Namespaces { get; set; }
    public List<SpecIdMapping>? UidMappings { get; set; }
    public List<SpecIdMapping>? GidMappings { get; set; }
    /// <summary>Keys "monotonic" and "boottime".</summary>
    public Dictionary<string, SpecTimeOffset>? TimeOffsets { get; set; }
    public List<SpecDevice>? Devices { get; set; }
    /// <summary>Keyed by the interface's name in the runtime's network namespace.</summary>
    public Dictionary<string, SpecNetDevice>? NetDevices { get; set; }
    public string? CgroupsPath { get; set; }
    public SpecResources? Resources { get; set; }
    public SpecIntelRdt? IntelRdt { get; set; }
    public SpecMemoryPolicy? MemoryPolicy { get; set; }
    public Dictionary<string, string>? Sysctl { get; set; }
    public SpecSeccomp? Seccomp { get; set; }
    public string? RootfsPropagation { get; set; }
    public List<string>? MaskedPaths { get; set; }
    public List<string>? ReadonlyPaths { get; set; }
    public string? MountLabel { get; set; }
    public SpecPersonality? Personality { get; set; }
}

[Model]
public sealed partial class SpecNamespace
{
    public string? Type { get; set; }
    public string? Path { get; set; }
}

/// <summary>time_namespaces(7): offset of one clock.</summary>
[Model]
public sealed partial class SpecTimeOffset
{
    public long Secs { get; set; }
    public uint Nanosecs { get; set; }
}

/// <summary>A device node. <see cref="FileMode"/> is a decimal number in JSON and may carry file type bits.</summary>
[Model]
public sealed partial class SpecDevice
{
    public string? Type { get; set; }
    public string? Path { get; set; }
    public long? Major { get; set; }
    public long? Minor { get; set; }
    public uint? FileMode { get; set; }
    public uint? Uid { get; set; }
    public uint? Gid { get; set; }
}

[Model]
public sealed partial class SpecNetDevice
{
    public string? Name { get; set; }
}

[Model]
public sealed partial class SpecIntelRdt
{
    public string? ClosID { get; set; }
    public List<string>? Schemata { get; set; }
    public string? L3CacheSchema { get; set; }
    public string? MemBwSchema { get; set; }
    public bool EnableMonitoring { get; set; }
}

/// <summary>set_mempolicy(2).</summary>
[Model]
public sealed partial class SpecMemoryPolicy
{
    public string? Mode { get; set; }
    public string? Nodes { get; set; }
    public List<string>? Flags { get; set; }
}

[Model]
public sealed partial class SpecPersonality
{
    public string? Domain { get; set; }
    public List<string>? Flags { get; set; }
}
