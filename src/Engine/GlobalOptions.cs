namespace OciRun.Engine;

/// <summary>Options that stand before the command.</summary>
public sealed class GlobalOptions
{
    /// <summary>Absolute path of the state root.</summary>
    public string Root { get; set; } = "/run/oci-run";
    public bool RootIsExplicit { get; set; }
    /// <summary>"cgroupfs", "systemd" or "disabled".</summary>
    public string CgroupManager { get; set; } = "cgroupfs";
    /// <summary>null is auto.</summary>
    public bool? Rootless { get; set; }
    public bool Debug { get; set; }
}
