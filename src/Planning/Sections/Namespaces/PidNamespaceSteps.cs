namespace OciRun.Planning.Steps;

/// <summary>setns(2) of the runtime into a pid namespace: its next children are born there, and itself stays.</summary>
public sealed class EnterPidNamespaceForChildrenStep : RuntimeStep
{
    public required int Slot { get; init; }
    public required string Path { get; init; }
    public override Phase Phase => Phase.Spawn;
    public override string? Subject => Path;
    public override string Text => "have the next child born in the pid namespace " + Path;
}

/// <summary>The way back from <see cref="EnterPidNamespaceForChildrenStep"/>.</summary>
public sealed class LeavePidNamespaceStep : RuntimeStep
{
    public override Phase Phase => Phase.Spawn;
    public override string Text => "have further children born in the runtime's own pid namespace";
}
