using System;
using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Engine;

/// <summary>The one exception of the engine; the CLI is the only place that catches it.</summary>
public sealed class RuntimeException : Exception
{
    public RuntimeException(string message, string? hint = null, int exitCode = 1) : base(message)
    {
        Hint = hint;
        ExitCode = exitCode;
    }

    public RuntimeException() : this("") { }

    public RuntimeException(string message, Exception inner) : base(message, inner) => ExitCode = 1;

    /// <summary>A second line for people: what to do. Never contains a phrase that an engine matches.</summary>
    public string? Hint { get; }
    public int ExitCode { get; }
}

/// <summary>Where the engine reports what is no error. The CLI sets the sinks; null means: drop.</summary>
public static class Log
{
    public static Action<string>? WarnSink { get; set; }
    public static Action<string>? DebugSink { get; set; }

    /// <summary>For people at a terminal, beside a command's result; never in the log file, which engines read.</summary>
    public static Action<string>? NoteSink { get; set; }

    public static void Note(string message) => NoteSink?.Invoke(message);
    public static void Warn(string message) => WarnSink?.Invoke(message);
    public static void Debug(string message) => DebugSink?.Invoke(message);

    /// <summary>The steps of a plan that is about to be performed.</summary>
    internal static void Debug(Planning.ContainerPlan plan)
    {
        if (DebugSink is null)
        {
            return;
        }
        foreach (string line in Planning.PlanPrinter.Lines(plan))
        {
            Debug(line);
        }
    }
}

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
