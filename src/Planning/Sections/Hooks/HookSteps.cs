using OciRun.Spec;

namespace OciRun.Planning.Steps;

/// <summary>One hook, run by the runtime (config.md, "POSIX-platform Hooks").</summary>
public sealed class HookStep : RuntimeStep
{
    /// <summary>In the order in which they run.</summary>
    public static string[] Kinds => ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    /// <summary>The word of config.json.</summary>
    public required string Kind { get; init; }
    public required int Index { get; init; }
    public required SpecHook Hook { get; init; }
    public required Phase When { get; init; }
    /// <summary>CLONE_NEW* of init's namespaces that the hook joins; 0 for a hook in the runtime's.</summary>
    public int Namespaces { get; init; }
    /// <summary>What the hook is told: the container's status, and whether init's pid is that of the container's pid
    /// namespace.</summary>
    public required ContainerStatus Status { get; init; }
    public bool PidOfContainer { get; init; }
    /// <summary>Directory to run in; null for the runtime's.</summary>
    public string? Directory { get; init; }
    /// <summary>The hook ends when init does.</summary>
    public bool EndsWithInit { get; init; }
    /// <summary>A failure is a warning (runtime.md, "Lifecycle" 13).</summary>
    public bool MayFail { get; init; }
    public required HookOutput Output { get; init; }
    /// <summary>startContainer: the hook as a process of the container, joined like one of exec; null for others.</summary>
    public ContainerPlan? Process { get; init; }
    public override Phase Phase => When;
    public override string? Subject => Hook.Path;
    public override string Text => "run the " + Kind + " hook " + Hook.Path +
        (Hook.Timeout is { } seconds ? $", for at most {seconds} s" : "") +
        (Process is null ? "" : ", as a process of the container");
}

/// <summary>Files that the output of hooks is appended to, as with crun; null for none.</summary>
public readonly record struct HookOutput(string? Standard, string? Error);
