namespace OciRun.Engine.Commands;

/// <summary>Options of create, run and restore.</summary>
public sealed class CreateOptions
{
    public string Id { get; set; } = "";
    /// <summary>Absolute.</summary>
    public string Bundle { get; set; } = "";
    /// <summary>Name of the config inside the bundle, or an absolute path.</summary>
    public string ConfigFile { get; set; } = "config.json";
    public string? PidFile { get; set; }
    public string? ConsoleSocket { get; set; }
    public string? PidfdSocket { get; set; }
    public bool NoPivot { get; set; }
    public bool NoNewKeyring { get; set; }
    public bool NoSubreaper { get; set; }
    public int PreserveFds { get; set; }
    public bool Detach { get; set; }
    public bool Keep { get; set; }
}
