using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>A bundle's config.json (runtime-spec 1.3, config.md) as Linux has it; null means absent or JSON null, which the
/// specification treats alike. What only other platforms have is in <see cref="PlatformSections"/> and passed over
/// here.</summary>
[Model]
public sealed partial class RuntimeSpec
{
    public string? OciVersion { get; set; }
    public SpecProcess? Process { get; set; }
    public SpecRoot? Root { get; set; }
    public string? Hostname { get; set; }
    public string? Domainname { get; set; }
    public List<SpecMount>? Mounts { get; set; }
    public SpecHooks? Hooks { get; set; }
    public Dictionary<string, string>? Annotations { get; set; }
    public SpecLinux? Linux { get; set; }
}

/// <summary>config.md, "Root".</summary>
[Model]
public sealed partial class SpecRoot
{
    public string? Path { get; set; }
    public bool Readonly { get; set; }
}

/// <summary>config.md, "Process". Also the whole of the file that <c>exec --process</c> takes.</summary>
[Model]
public sealed partial class SpecProcess
{
    public bool Terminal { get; set; }
    public SpecBox? ConsoleSize { get; set; }
    public SpecUser? User { get; set; }
    public List<string>? Args { get; set; }
    public List<string>? Env { get; set; }
    public string? Cwd { get; set; }
    public SpecCapabilities? Capabilities { get; set; }
    public List<SpecRlimit>? Rlimits { get; set; }
    public bool NoNewPrivileges { get; set; }
    public string? ApparmorProfile { get; set; }
    public string? SelinuxLabel { get; set; }
    public int? OomScoreAdj { get; set; }
    public SpecScheduler? Scheduler { get; set; }
    public SpecIoPriority? IoPriority { get; set; }
    public SpecCpuAffinity? ExecCPUAffinity { get; set; }
}

/// <summary>Terminal size in character cells.</summary>
[Model]
public sealed partial class SpecBox
{
    [Required] public uint Height { get; set; }
    [Required] public uint Width { get; set; }
}

/// <summary>Ids as seen inside the container. <see cref="Umask"/> null means the default, 0022.</summary>
[Model]
public sealed partial class SpecUser
{
    public uint Uid { get; set; }
    public uint Gid { get; set; }
    public uint? Umask { get; set; }
    public List<uint>? AdditionalGids { get; set; }
}

/// <summary>capabilities(7) names (CAP_*), one list per set.</summary>
[Model]
public sealed partial class SpecCapabilities
{
    public List<string>? Bounding { get; set; }
    public List<string>? Effective { get; set; }
    public List<string>? Inheritable { get; set; }
    public List<string>? Permitted { get; set; }
    public List<string>? Ambient { get; set; }
}

/// <summary>setrlimit(2): <see cref="Type"/> is RLIMIT_*; ulong.MaxValue is RLIM_INFINITY.</summary>
[Model]
public sealed partial class SpecRlimit
{
    public string? Type { get; set; }
    [Required] public ulong Soft { get; set; }
    [Required] public ulong Hard { get; set; }
}

/// <summary>sched_setattr(2). Runtime, deadline and period in nanoseconds.</summary>
[Model]
public sealed partial class SpecScheduler
{
    public string? Policy { get; set; }
    public int Nice { get; set; }
    public int Priority { get; set; }
    public List<string>? Flags { get; set; }
    public ulong Runtime { get; set; }
    public ulong Deadline { get; set; }
    public ulong Period { get; set; }
}

/// <summary>ioprio_set(2): IOPRIO_CLASS_* and a priority from 0 to 7.</summary>
[Model]
public sealed partial class SpecIoPriority
{
    public string? Class { get; set; }
    public int Priority { get; set; }
}

/// <summary>CPU lists ("0-3,7") for processes started by <c>exec</c>.</summary>
[Model]
public sealed partial class SpecCpuAffinity
{
    public string? Initial { get; set; }
    public string? Final { get; set; }
}

/// <summary>config.md, "Mounts".</summary>
[Model]
public sealed partial class SpecMount
{
    public string? Destination { get; set; }
    public string? Type { get; set; }
    public string? Source { get; set; }
    public List<string>? Options { get; set; }
    public List<SpecIdMapping>? UidMappings { get; set; }
    public List<SpecIdMapping>? GidMappings { get; set; }
}

/// <summary>One line of a user namespace's uid_map or gid_map.</summary>
[Model]
public sealed partial class SpecIdMapping
{
    [Required] public uint ContainerID { get; set; }
    [Required] public uint HostID { get; set; }
    [Required] public uint Size { get; set; }
}

/// <summary>config.md, "POSIX-platform Hooks".</summary>
[Model]
public sealed partial class SpecHooks
{
    public List<SpecHook>? Prestart { get; set; }
    public List<SpecHook>? CreateRuntime { get; set; }
    public List<SpecHook>? CreateContainer { get; set; }
    public List<SpecHook>? StartContainer { get; set; }
    public List<SpecHook>? Poststart { get; set; }
    public List<SpecHook>? Poststop { get; set; }
}

/// <summary>One hook; <see cref="Timeout"/> in seconds, null for none.</summary>
[Model]
public sealed partial class SpecHook
{
    public string? Path { get; set; }
    public List<string>? Args { get; set; }
    public List<string>? Env { get; set; }
    public int? Timeout { get; set; }
}
