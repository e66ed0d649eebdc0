using System;
using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>What a config has for other platforms than Linux. A runtime on Linux passes over it, and so <see cref="RuntimeSpec"/>
/// does not have it; who writes a bundle still wants to know whether it is right.</summary>
[Model]
public sealed partial class PlatformSections
{
    public SpecFreeBsd? Freebsd { get; set; }
    public SpecSolaris? Solaris { get; set; }
    public SpecVm? Vm { get; set; }
    public SpecWindows? Windows { get; set; }
    public SpecZos? Zos { get; set; }
    public PlatformProcess? Process { get; set; }

    /// <summary>A section of another platform, empty if there is none. "vm" alone is none: it goes with that of the guest's, and
    /// a guest without one is taken for Linux.</summary>
    public string First => Freebsd is not null ? "freebsd" : Solaris is not null ? "solaris" : Windows is not null ? "windows"
        : Zos is not null ? "zos" : "";

    public bool IsForeign => First.Length > 0;

    /// <summary>Reads those sections, and the members of process that only Windows has.</summary>
    /// <param name="utf8">A config that <see cref="ConfigReader"/> could read.</param>
    /// <param name="problems">Receives a problem for each value that is not as the specification's schema wants it.</param>
    public static unsafe PlatformSections Read(ReadOnlySpan<byte> utf8, List<ConfigProblem> problems) =>
        ConfigReader.ReadDocument<PlatformSections>(utf8, problems, &Read) ?? new PlatformSections();
}

/// <summary>The members of <see cref="SpecProcess"/> that only Windows has.</summary>
[Model]
public sealed partial class PlatformProcess
{
    /// <summary>Stands for args.</summary>
    public string? CommandLine { get; set; }
    public PlatformUser? User { get; set; }
}

[Model]
public sealed partial class PlatformUser
{
    public string? Username { get; set; }
}

/// <summary>config-solaris.md.</summary>
[Model]
public sealed partial class SpecSolaris
{
    public string? Milestone { get; set; }
    public string? Limitpriv { get; set; }
    public string? MaxShmMemory { get; set; }
    public SpecCappedCpu? CappedCPU { get; set; }
    public SpecCappedMemory? CappedMemory { get; set; }
    public CheckedList<SpecAnet> Anet { get; set; }
}

[Model]
public sealed partial class SpecCappedCpu
{
    public string? Ncpus { get; set; }
}

[Model]
public sealed partial class SpecCappedMemory
{
    public string? Physical { get; set; }
    public string? Swap { get; set; }
}

[Model]
public sealed partial class SpecAnet
{
    public string? Linkname { get; set; }
    public string? LowerLink { get; set; }
    public string? AllowedAddress { get; set; }
    public string? ConfigureAllowedAddress { get; set; }
    public string? Defrouter { get; set; }
    public string? MacAddress { get; set; }
    public string? LinkProtection { get; set; }
}

/// <summary>config-zos.md.</summary>
[Model]
public sealed partial class SpecZos
{
    public CheckedList<SpecZosNamespace> Namespaces { get; set; }
}

[Model]
public sealed partial class SpecZosNamespace
{
    [Required, Words("mount", "pid", "uts", "ipc")]
    public string? Type { get; set; }
    public string? Path { get; set; }
}
