namespace OciRun.Planning.Steps;
/// <summary>Standard input, output and error become the payload user's, so that it can open /dev/stdout again.</summary>
public sealed class StreamsStep : Step
{
    public required uint Uid { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string Text => "give the standard streams to uid " + Uid;
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.OwnStandardStreams, Uid);
}
