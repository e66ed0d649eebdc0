using OciRun.Kernel;

namespace OciRun.Planning.Steps;

/// <summary>Writes and seals the program that init parks in: from here on it is the plan's, with what only the container's files
/// told.</summary>
public sealed class InitProgramStep : RuntimeStep
{
    /// <summary>The uid whose home directory is looked up in the container's /etc/passwd; null when HOME is given.</summary>
    public required uint? HomeOf { get; init; }
    public override Phase Phase => Phase.Restrict;
    public override string Text => "write and seal the init program" +
        (HomeOf is null ? "" : "; HOME from the container's /etc/passwd");
}

/// <summary>start: the word to start over the start socket, which is removed first.</summary>
public sealed class StartStep : RuntimeStep
{
    /// <summary>The payload's program, for an error.</summary>
    public required string Program { get; init; }
    public override Phase Phase => Phase.Start;
    public override string Text => "remove the start socket and give init the word to start";
}

/// <summary>Waits until the payload is executed, or has failed to be.</summary>
public sealed class AwaitExecStep : RuntimeStep
{
    public override Phase Phase => Phase.Exec;
    public override string Text => "wait until the payload is executed";
}

/// <summary>SIGKILL to init, and a bounded wait for its end.</summary>
public sealed class KillInitStep : RuntimeStep
{
    public override Phase Phase => Phase.Delete;
    public override string Text => "kill init (where it lives) and wait for its end";
    public override string? Hint(string call, int errno) => errno == Errno.EPERM ? "it belongs to another user" : null;
}
