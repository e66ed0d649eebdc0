using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>config-linux.md, "Control groups". Null means: leave as it is.</summary>
[Model]
public sealed partial class SpecResources
{
    public List<SpecDeviceRule>? Devices { get; set; }
    public SpecMemory? Memory { get; set; }
    public SpecCpu? Cpu { get; set; }
    public SpecPids? Pids { get; set; }
    public SpecBlockIO? BlockIO { get; set; }
    public List<SpecHugepageLimit>? HugepageLimits { get; set; }
    public SpecNetwork? Network { get; set; }
    public Dictionary<string, SpecRdma>? Rdma { get; set; }
    public Dictionary<string, string>? Unified { get; set; }
}

/// <summary>A device access rule; major and minor null or -1 mean any.</summary>
[Model]
public sealed partial class SpecDeviceRule
{
    [Required] public bool Allow { get; set; }
    public string? Type { get; set; }
    public long? Major { get; set; }
    public long? Minor { get; set; }
    public string? Access { get; set; }
}

/// <summary>Limits in bytes; -1 is unlimited.</summary>
[Model]
public sealed partial class SpecMemory
{
    public long? Limit { get; set; }
    public long? Reservation { get; set; }
    public long? Swap { get; set; }
    public long? Kernel { get; set; }
    public long? KernelTCP { get; set; }
    public ulong? Swappiness { get; set; }
    public bool? DisableOOMKiller { get; set; }
    public bool? UseHierarchy { get; set; }
    public bool? CheckBeforeUpdate { get; set; }
}

/// <summary>Quota, burst and periods in microseconds.</summary>
[Model]
public sealed partial class SpecCpu
{
    public ulong? Shares { get; set; }
    public long? Quota { get; set; }
    public ulong? Burst { get; set; }
    public ulong? Period { get; set; }
    public long? RealtimeRuntime { get; set; }
    public ulong? RealtimePeriod { get; set; }
    public string? Cpus { get; set; }
    public string? Mems { get; set; }
    public long? Idle { get; set; }
}

[Model]
public sealed partial class SpecPids
{
    public long? Limit { get; set; }
}

[Model]
public sealed partial class SpecBlockIO
{
    public ushort? Weight { get; set; }
    public ushort? LeafWeight { get; set; }
    public List<SpecWeightDevice>? WeightDevice { get; set; }
    public List<SpecThrottleDevice>? ThrottleReadBpsDevice { get; set; }
    public List<SpecThrottleDevice>? ThrottleWriteBpsDevice { get; set; }
    public List<SpecThrottleDevice>? ThrottleReadIOPSDevice { get; set; }
    public List<SpecThrottleDevice>? ThrottleWriteIOPSDevice { get; set; }
}

[Model]
public sealed partial class SpecWeightDevice
{
    [Required] public long Major { get; set; }
    [Required] public long Minor { get; set; }
    public ushort? Weight { get; set; }
    public ushort? LeafWeight { get; set; }
}

[Model]
public sealed partial class SpecThrottleDevice
{
    [Required] public long Major { get; set; }
    [Required] public long Minor { get; set; }
    [Required] public ulong Rate { get; set; }
}

[Model]
public sealed partial class SpecHugepageLimit
{
    public string? PageSize { get; set; }
    [Required] public ulong Limit { get; set; }
}

[Model]
public sealed partial class SpecNetwork
{
    public uint? ClassID { get; set; }
    public List<SpecInterfacePriority>? Priorities { get; set; }
}

[Model]
public sealed partial class SpecInterfacePriority
{
    public string? Name { get; set; }
    [Required] public uint Priority { get; set; }
}

[Model]
public sealed partial class SpecRdma
{
    public uint? HcaHandles { get; set; }
    public uint? HcaObjects { get; set; }
}
