namespace OciRun.Planning.Steps;

/// <summary>Attaches the device rules as an eBPF program to the cgroup.</summary>
public sealed class DeviceFilterStep : RuntimeStep
{
    public required byte[] Program { get; init; }
    public override Phase Phase => Phase.Spawn;
    public override string Text =>
        $"attach the device rules to the cgroup (eBPF, {Program.Length / DeviceFilter.InstructionSize} instructions)";
}
