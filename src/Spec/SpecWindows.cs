using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>config-windows.md.</summary>
[Model]
public sealed partial class SpecWindows
{
    [Required, AtLeast(1)]
    public List<string>? LayerFolders { get; set; }
    public CheckedList<SpecWindowsDevice> Devices { get; set; }
    public SpecWindowsResources? Resources { get; set; }
    public SpecWindowsNetwork? Network { get; set; }
    public SpecAnyObject? CredentialSpec { get; set; }
    public bool? Servicing { get; set; }
    public bool? IgnoreFlushesDuringBoot { get; set; }
    /// <summary>Such a container has no root.</summary>
    public SpecHyperV? Hyperv { get; set; }
}

[Model]
public sealed partial class SpecWindowsDevice
{
    [Required]
    public string? Id { get; set; }
    [Required, Words("class")]
    public string? IdType { get; set; }
}

[Model]
public sealed partial class SpecWindowsResources
{
    public SpecWindowsMemory? Memory { get; set; }
    public SpecWindowsCpu? Cpu { get; set; }
    public SpecWindowsStorage? Storage { get; set; }
}

[Model]
public sealed partial class SpecWindowsMemory
{
    public ulong? Limit { get; set; }
}

[Model]
public sealed partial class SpecWindowsCpu
{
    public ulong? Count { get; set; }
    public ushort? Shares { get; set; }
    public ushort? Maximum { get; set; }
    /// <summary>A list in the specification's text and an object in its schema.</summary>
    public object? Affinity { get; set; }
}

[Model]
public sealed partial class SpecWindowsStorage
{
    public ulong? Iops { get; set; }
    public ulong? Bps { get; set; }
    public ulong? SandboxSize { get; set; }
}

[Model]
public sealed partial class SpecWindowsNetwork
{
    public List<string>? EndpointList { get; set; }
    public bool? AllowUnqualifiedDNSQuery { get; set; }
    [JsonKey("DNSSearchList")]
    public List<string>? DnsSearchList { get; set; }
    public string? NetworkSharedContainerName { get; set; }
    public string? NetworkNamespace { get; set; }
}

[Model]
public sealed partial class SpecHyperV
{
    public string? UtilityVMPath { get; set; }
}

/// <summary>An object that may have any members.</summary>
[Model]
public sealed partial class SpecAnyObject;
