namespace OciRun.Planning.Steps;

/// <summary>The read-only attribute of a mount that had to be writable until devices and mount points were made in it.</summary>
public sealed class SealMountStep : Step
{
    public required string Destination { get; init; }
    public required int Slot { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string? Subject => Destination;
    public override string Text => "make the mount " + Destination + " read-only";
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.SealMount, (ulong)Slot);
}
