using OciRun.Kernel;

namespace OciRun.Planning.Steps;

/// <summary>A last look: what the container has at a mount's destination is that mount. Where others share the rootfs, they may
/// have put something else in its place.</summary>
public sealed class LookStep : Step
{
    public required string Destination { get; init; }
    /// <summary>Which of the mounts that are looked at.</summary>
    public required int Number { get; init; }
    /// <summary>Before the hooks, and before the root is changed: a hook may mount over it.</summary>
    public bool Early { get; internal set; }
    public override Phase Phase => Early ? Phase.Root : Phase.Pivot;
    public override string? Subject => Destination;
    public override string Text => "make sure that the mount is on " + Destination;

    public override void Lower(ProgramBuilder program) =>
        program.Add(OpCode.LookAtMount, program.NotedMount(Number), Early ? 0UL : 1UL);

    public override string? Hint(string call, int errno) => errno is Errno.EXDEV or Errno.ENOENT
        ? "somebody who shares the rootfs, or a volume in it, has moved the mount while it was made"
        : null;
}
