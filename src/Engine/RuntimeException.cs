using System;

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
