using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>config-freebsd.md.</summary>
[Model]
public sealed partial class SpecFreeBsd
{
    public CheckedList<SpecFreeBsdDevice> Devices { get; set; }
    public SpecJail? Jail { get; set; }
}

[Model]
public sealed partial class SpecFreeBsdDevice
{
    public string? Path { get; set; }
    /// <summary>Permission bits, as a decimal number: up to 0777.</summary>
    [AtMost(511)]
    public uint? Mode { get; set; }
}

/// <summary>A jail's host name and its network stack cannot be left out.</summary>
[Model]
public sealed partial class SpecJail
{
    public string? Parent { get; set; }
    [Words("new", "inherit")]
    public string? Host { get; set; }
    [Words("disable", "new", "inherit")]
    public string? Ip4 { get; set; }
    public List<string>? Ip4Addr { get; set; }
    [Words("disable", "new", "inherit")]
    public string? Ip6 { get; set; }
    public List<string>? Ip6Addr { get; set; }
    [Words("new", "inherit")]
    public string? Vnet { get; set; }
    public string? Interface { get; set; }
    public List<string>? VnetInterfaces { get; set; }
    [Words("disable", "new", "inherit")]
    public string? Sysvmsg { get; set; }
    [Words("disable", "new", "inherit")]
    public string? Sysvsem { get; set; }
    [Words("disable", "new", "inherit")]
    public string? Sysvshm { get; set; }
    public byte? EnforceStatfs { get; set; }
    public SpecJailAllow? Allow { get; set; }
}

[Model]
public sealed partial class SpecJailAllow
{
    public bool? SetHostname { get; set; }
    public bool? RawSockets { get; set; }
    public bool? Chflags { get; set; }
    public List<string>? Mount { get; set; }
    public bool? Quotas { get; set; }
    public bool? SocketAf { get; set; }
    public bool? Mlock { get; set; }
    public bool? ReservedPorts { get; set; }
    public bool? Suser { get; set; }
}
