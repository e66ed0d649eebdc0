namespace OciRun.Planning.Steps;

/// <summary>Brings lo up in a new network namespace.</summary>
public sealed class LoopbackStep : Step
{
    public override Phase Phase => Phase.Isolate;
    public override string Text => "bring the loopback interface up";
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.LoopbackUp);
}
