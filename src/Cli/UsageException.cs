using System;

namespace OciRun.Cli;

/// <summary>The command line itself is wrong.</summary>
sealed class UsageException : Exception
{
    public UsageException(string message, bool showHelp, int exitCode = 1) : base(message)
    {
        ShowHelp = showHelp;
        ExitCode = exitCode;
    }

    /// <summary>Whether "Incorrect Usage." and the command's help go to stdout.</summary>
    public bool ShowHelp { get; }
    public int ExitCode { get; }
}
