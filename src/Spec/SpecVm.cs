using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>config-vm.md.</summary>
[Model]
public sealed partial class SpecVm
{
    public SpecHypervisor? Hypervisor { get; set; }
    [Required]
    public SpecVmKernel? Kernel { get; set; }
    public SpecVmImage? Image { get; set; }
    public SpecVmHardware? HwConfig { get; set; }
}

[Model]
public sealed partial class SpecHypervisor
{
    [Required]
    public string? Path { get; set; }
    public List<string>? Parameters { get; set; }
}

[Model]
public sealed partial class SpecVmKernel
{
    [Required]
    public string? Path { get; set; }
    public List<string>? Parameters { get; set; }
    public string? Initrd { get; set; }
}

[Model]
public sealed partial class SpecVmImage
{
    [Required]
    public string? Path { get; set; }
    [Required, Words("raw", "qcow2", "vdi", "vmdk", "vhd")]
    public string? Format { get; set; }
}

[Model]
public sealed partial class SpecVmHardware
{
    public string? DeviceTree { get; set; }
    public uint? Vcpus { get; set; }
    public ulong? Memory { get; set; }
    public List<string>? Dtdevs { get; set; }
    public CheckedList<SpecVmFrames> Iomems { get; set; }
    public List<uint>? Irqs { get; set; }
}

/// <summary>Page frames of the machine that the guest gets.</summary>
[Model]
public sealed partial class SpecVmFrames
{
    public ulong? FirstGFN { get; set; }
    [Required]
    public ulong FirstMFN { get; set; }
    [Required]
    public ulong NrMFNs { get; set; }
}
