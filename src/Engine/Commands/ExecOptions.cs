using System.Collections.Generic;

namespace OciRun.Engine.Commands;

/// <summary>Options of exec. Null or empty: not given.</summary>
public sealed class ExecOptions
{
    public string Id { get; set; } = "";
    public List<string> Args { get; set; } = [];
    /// <summary>A file holding a Process object, instead of the options below.</summary>
    public string? ProcessFile { get; set; }
    public string? ConsoleSocket { get; set; }
    public string? PidfdSocket { get; set; }
    public string? Cwd { get; set; }
    public List<string> Env { get; set; } = [];
    public string? User { get; set; }
    public List<string> AdditionalGids { get; set; } = [];
    public List<string> Capabilities { get; set; } = [];
    public bool Tty { get; set; }
    public bool Detach { get; set; }
    public string? PidFile { get; set; }
    public string? ProcessLabel { get; set; }
    public string? Apparmor { get; set; }
    public bool NoNewPrivs { get; set; }
    public int PreserveFds { get; set; }
    public List<string> Cgroup { get; set; } = [];
    public bool IgnorePaused { get; set; }
}
