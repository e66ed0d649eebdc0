namespace OciRun.Planning.Steps;
/// <summary>The seccomp listener goes from the process that loaded the filter to the agent (config-linux.md,
/// "Seccomp").</summary>
public sealed class ListenerStep : RuntimeStep
{
    public required string Path { get; init; }
    public string? Metadata { get; init; }
    /// <summary>exec: the status that the agent is told is running.</summary>
    public required bool IsExec { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string? Subject => Path;
    public override string Text => "send the seccomp listener to " + Path;
}
/// <summary>The master side of the terminal goes to the caller's socket.</summary>
public sealed class ConsoleStep : RuntimeStep
{
    public required string Path { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string? Subject => Path;
    public override string Text => "send the terminal to " + Path;
}
/// <summary>A pidfd of the process goes to the caller's socket.</summary>
public sealed class PidfdStep : RuntimeStep
{
    public required string Path { get; init; }
    /// <summary>"standard" for init, "setns" for a process of exec, as with runc.</summary>
    public required string Word { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string? Subject => Path;
    public override string Text => "send a pidfd to " + Path;
}
/// <summary>The pid in a file. Last of what create hands over: who sees the file has the terminal already.</summary>
public sealed class PidFileStep : RuntimeStep
{
    public required string Path { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string? Subject => Path;
    public override string Text => "write the process id to " + Path;
}
