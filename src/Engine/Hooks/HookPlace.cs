using System.Collections;
using System.Collections.Generic;
using OciRun.Planning.Steps;

namespace OciRun.Engine.Hooks;

/// <summary>Where and with what a hook runs.</summary>
sealed class HookPlace
{
    /// <summary>The container's process whose namespaces the hook joins, -1 for the runtime's own.</summary>
    public int Pidfd { get; init; } = -1;
    public int Namespaces { get; init; }
    /// <summary>Directory to run in; null for the runtime's.</summary>
    public string? Directory { get; init; }
    /// <summary>The environment of a hook that has none of its own.</summary>
    public required IReadOnlyList<string> DefaultEnvironment { get; init; }
    public required HookOutput Output { get; init; }
    /// <summary>The container's init process, whose end ends the hook; -1 when the hook may outlive it.</summary>
    public int InitPidfd { get; init; } = -1;
}
