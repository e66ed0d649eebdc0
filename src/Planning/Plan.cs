using System.Collections.Generic;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>The phases of a container's life, in the order they happen. <c>create</c> goes up to <see cref="Wait"/>, <c>start</c>
/// has the next two, and <c>delete</c> the last.</summary>
public enum Phase
{
    /// <summary>What is there before the process: state, cgroup, descriptors.</summary>
    Prepare,
    /// <summary>The process is cloned and put into its cgroup.</summary>
    Spawn,
    /// <summary>Namespaces of others are joined.</summary>
    Join,
    /// <summary>The ids of a new user namespace are mapped.</summary>
    MapIds,
    /// <summary>The rest that is new: namespaces below the user namespace, session keyring, loopback.</summary>
    Isolate,
    Root,
    RuntimeHooks,
    ContainerHooks,
    Pivot,
    Restrict,
    /// <summary>The process waits for its payload; the runtime finishes.</summary>
    Wait,
    /// <summary>startContainer hooks and the word to start.</summary>
    Start,
    /// <summary>The payload is executed; poststart hooks.</summary>
    Exec,
    Delete,
}

/// <summary>Who performs a step: the runtime's own process, or the container's first process.</summary>
public enum Actor
{
    Runtime,
    Init,
}

/// <summary>One thing that happens in a container's life. People read steps, snapshots store them and errors name them. What an
/// init step does exactly is in the operations it lowers to; a runtime step is one method of the engine.</summary>
public abstract class Step
{
    /// <summary>Where in config.json the step comes from; empty when from no single place.</summary>
    public string ConfigPath { get; init; } = "";
    public abstract Phase Phase { get; }
    public virtual Actor Actor => Actor.Init;
    /// <summary>The step in words, as <c>explain</c> prints it.</summary>
    public abstract string Text { get; }
    /// <summary>What an error names beside the config path, for example a mount's destination; null for nothing.</summary>
    public virtual string? Subject => null;
    /// <summary>Appends the operations of an init step, for the <see cref="Stage"/> that it stands in. Runtime steps have
    /// none.</summary>
    public virtual void Lower(ProgramBuilder program) { }
    /// <summary>The hint for a failure, or null: no hint beats a guess.</summary>
    public virtual string? Hint(string call, int errno) => null;
}

/// <summary>A step of the runtime.</summary>
public abstract class RuntimeStep : Step
{
    public sealed override Actor Actor => Actor.Runtime;
}

/// <summary>What state, hooks and agents are told about the container.</summary>
public sealed record ContainerIdentity
{
    /// <summary>Absolute path of the root file system on the host; empty for none.</summary>
    public string Rootfs { get; init; } = "";
    public Dictionary<string, string>? Annotations { get; init; }
}

/// <summary>All that will happen, of both actors, in the order in which it happens: the runtime performs its steps one after the
/// other, and so does init; a <see cref="GateStep"/> is where init waits for the runtime, and a <see cref="ReleaseStep"/> lets it
/// go on. Between two gates both work at the same time. Immutable once made.</summary>
public sealed class ContainerPlan
{
    public required ContainerIdentity Container { get; init; }
    public required PlanOptions Options { get; init; }
    public required IReadOnlyList<Step> Steps { get; init; }
    /// <summary>How many descriptors steps hand to each other by number.</summary>
    public required int Slots { get; init; }
    /// <summary>Problems that do not prevent the container.</summary>
    public required IReadOnlyList<ConfigProblem> Warnings { get; init; }

    /// <summary>The first step of a kind, null when there is none.</summary>
    public T? Find<T>() where T : Step
    {
        for (int i = 0; i < Steps.Count; i++)
        {
            if (Steps[i] is T found)
            {
                return found;
            }
        }
        return null;
    }
}
