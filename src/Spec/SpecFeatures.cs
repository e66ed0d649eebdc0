using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>features.md.</summary>
[Model]
public sealed partial class SpecFeatures
{
    [Required]
    public string OciVersionMin { get; set; } = SpecVersion.Minimum;
    [Required]
    public string OciVersionMax { get; set; } = SpecVersion.Current;
    public List<string>? Hooks { get; set; }
    public List<string>? MountOptions { get; set; }
    public FeaturesLinux? Linux { get; set; }
    public Dictionary<string, string>? Annotations { get; set; }
    public List<string>? PotentiallyUnsafeConfigAnnotations { get; set; }
}

/// <summary>features-linux.md.</summary>
[Model]
public sealed partial class FeaturesLinux
{
    public List<string>? Namespaces { get; set; }
    public List<string>? Capabilities { get; set; }
    public FeaturesCgroup? Cgroup { get; set; }
    public FeaturesSeccomp? Seccomp { get; set; }
    public FeaturesSwitch? Apparmor { get; set; }
    public FeaturesSwitch? Selinux { get; set; }
    public FeaturesIntelRdt? IntelRdt { get; set; }
    public FeaturesMemoryPolicy? MemoryPolicy { get; set; }
    public FeaturesMountExtensions? MountExtensions { get; set; }
    public FeaturesSwitch? NetDevices { get; set; }
}

/// <summary>Something that a build has or has not.</summary>
[Model]
public sealed partial class FeaturesSwitch
{
    public bool? Enabled { get; set; }
}

[Model]
public sealed partial class FeaturesCgroup
{
    public bool? V1 { get; set; }
    public bool? V2 { get; set; }
    public bool? Systemd { get; set; }
    public bool? SystemdUser { get; set; }
    public bool? Rdma { get; set; }
}

[Model]
public sealed partial class FeaturesSeccomp
{
    public bool? Enabled { get; set; }
    public List<string>? Actions { get; set; }
    public List<string>? Operators { get; set; }
    public List<string>? Archs { get; set; }
    public List<string>? KnownFlags { get; set; }
    public List<string>? SupportedFlags { get; set; }
}

[Model]
public sealed partial class FeaturesIntelRdt
{
    public bool? Enabled { get; set; }
    public bool? Schemata { get; set; }
    public bool? Monitoring { get; set; }
}

[Model]
public sealed partial class FeaturesMemoryPolicy
{
    public List<string>? Modes { get; set; }
    public List<string>? Flags { get; set; }
}

[Model]
public sealed partial class FeaturesMountExtensions
{
    public FeaturesSwitch? Idmap { get; set; }
}
