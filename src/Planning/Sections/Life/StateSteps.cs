using OciRun.Spec;

namespace OciRun.Planning.Steps;

/// <summary>The directory of the container's state. Making it claims the id, and it stays locked until the command
/// ends.</summary>
public sealed class StateDirectoryStep : RuntimeStep
{
    public required string Path { get; init; }
    public override Phase Phase => Phase.Prepare;
    public override string? Subject => Path;
    public override string Text => "make the state directory " + Path + " and lock it";
}

/// <summary>Writes what is known of a container that is being made, so that delete can clean up after any step.</summary>
public sealed class SaveStateStep : RuntimeStep
{
    public required Phase When { get; init; }
    public override Phase Phase => When;
    public override string Text => When == Phase.Prepare
        ? "write the state: being created"
        : "write the state: init's process id, and which cgroup is its own";
}

/// <summary>Writes the state of the finished container beside the old one, while init goes on. Nobody reads it yet.</summary>
public sealed class StageStateStep : RuntimeStep
{
    /// <summary>All later commands work from this and not from the bundle.</summary>
    public required RuntimeSpec Config { get; init; }
    public required Phase When { get; init; }
    public override Phase Phase => When;
    public override string Text => "write the state of the finished container, out of sight";
}

/// <summary>The staged state takes the place of the old one.</summary>
public sealed class CommitStateStep : RuntimeStep
{
    public override Phase Phase => Phase.Wait;
    public override string Text => "put the state in its place: created";
}

/// <summary>update: the state keeps what took effect.</summary>
public sealed class KeepStateStep : RuntimeStep
{
    public override Phase Phase => Phase.Wait;
    public override string Text => "write the state with the new limits";
}

/// <summary>The socket whose existence means that the container waits for start.</summary>
public sealed class StartSocketStep : RuntimeStep
{
    public override Phase Phase => Phase.Prepare;
    public override string Text => "listen on the start socket";
}

/// <summary>The directory that the container sees as /run/notify.</summary>
public sealed class NotifyDirectoryStep : RuntimeStep
{
    public required string Path { get; init; }
    public override Phase Phase => Phase.Prepare;
    public override string Text => "make the directory of the notify socket " + Path;
}

/// <summary>The container's notify socket (sd_notify(3)), whose messages the runtime hands on.</summary>
public sealed class NotifySocketStep : RuntimeStep
{
    public override Phase Phase => Phase.Start;
    public override string Text => "listen on the notify socket";
}

/// <summary>The state directory and all that the runtime has put there.</summary>
public sealed class RemoveStateStep : RuntimeStep
{
    public override Phase Phase => Phase.Delete;
    public override string Text => "remove the state directory";
}
