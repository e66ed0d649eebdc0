using System;

namespace OciRun.Syscalls;

/// <summary>The one exception of the runtime: what a person is told. A failed system call is one too, so that whoever cleans up
/// after an error catches one type. The CLI tells it, and is the only place that ends it.</summary>
public class RuntimeException : Exception
{
    public RuntimeException(string message, string? hint = null, int exitCode = 1) : base(message)
    {
        Hint = hint;
        ExitCode = exitCode;
    }

    public RuntimeException(string message, Exception inner) : base(message, inner) => ExitCode = 1;

    /// <summary>A second line for people: what to do. Never contains a phrase that an engine matches.</summary>
    public string? Hint { get; }
    public int ExitCode { get; }
}
