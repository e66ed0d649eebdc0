using System;
using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>runtime.md, "State".</summary>
[Model]
public sealed partial class SpecState
{
    [Required]
    public string OciVersion { get; set; } = "";
    [Required]
    public string Id { get; set; } = "";
    /// <summary>The word of a <see cref="ContainerStatus"/>.</summary>
    [Required]
    public string Status { get; set; } = "";
    /// <summary>Init's, in the runtime's pid namespace; null for a stopped container.</summary>
    public int? Pid { get; set; }
    [Required]
    public string Bundle { get; set; } = "";
    public Dictionary<string, string>? Annotations { get; set; }
}

/// <summary>What <c>state</c> and <c>list</c> print: the members and the order of runc, which podman, buildkit and go-runc
/// read.</summary>
[Model]
public sealed partial class SpecStateView
{
    public string OciVersion { get; set; } = "";
    public string Id { get; set; } = "";
    /// <summary>0 for a stopped container.</summary>
    public int Pid { get; set; }
    public string Status { get; set; } = "";
    public string Bundle { get; set; } = "";
    public string Rootfs { get; set; } = "";
    /// <summary>UTC.</summary>
    public DateTime Created { get; set; }
    public Dictionary<string, string>? Annotations { get; set; }
    /// <summary>Filled in by list alone, as in runc.</summary>
    public string Owner { get; set; } = "";
}

/// <summary>config-linux.md, "The Container Process State": what a seccomp agent gets with the descriptor.</summary>
[Model]
public sealed partial class SpecContainerProcessState
{
    public string OciVersion { get; set; } = "";
    public List<string>? Fds { get; set; }
    /// <summary>Of the process whose calls these are, in the runtime's pid namespace.</summary>
    public int Pid { get; set; }
    public string? Metadata { get; set; }
    public SpecState State { get; set; } = new();
}
