using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>The phases of a creation, in the order they happen.</summary>
public enum Phase
{
    Prepare,
    Spawn,
    MapIds,
    Join,
    Root,
    RuntimeHooks,
    ContainerHooks,
    Pivot,
    Restrict,
    Wait,
    Exec,
}

/// <summary>Who performs a step: the runtime's own process, or the container's first process.</summary>
public enum Actor
{
    Runtime,
    Init,
}

/// <summary>One thing that happens when a container is made. People read steps, snapshots store them and errors name them; what an
/// init step does exactly is in the operations it lowers to.</summary>
public abstract class Step
{
    /// <summary>Where in config.json the step comes from; empty when from no single place.</summary>
    public required string ConfigPath { get; init; }
    public abstract Phase Phase { get; }
    public virtual Actor Actor => Actor.Init;
    /// <summary>The step in words, as <c>explain</c> prints it.</summary>
    public abstract string Text { get; }
    /// <summary>What an error names beside the config path, for example a mount's destination; null for nothing.</summary>
    public virtual string? Subject => null;
    /// <summary>Appends the child operations of an init step. Runtime steps have none.</summary>
    public virtual void Lower(ProgramBuilder program) { }
    /// <summary>Appends what the parked init program does for this step (after the runtime's image is gone).</summary>
    public virtual void Lower(InitImageBuilder image) { }
    /// <summary>The hint for a failure, or null: no hint beats a guess.</summary>
    public virtual string? Hint(string call, int errno) => null;
}

/// <summary>All that will happen, in order. Immutable once made.</summary>
public sealed class ContainerPlan
{
    public required RuntimeSpec Spec { get; init; }
    public required PlanOptions Options { get; init; }
    public required IReadOnlyList<Step> Steps { get; init; }
    /// <summary>Descriptors that steps refer to, in order of their numbers.</summary>
    public required IReadOnlyList<Slot> Slots { get; init; }
    public required ulong NewNamespaces { get; init; }
    public required ulong JoinedNamespaces { get; init; }
    /// <summary>CLONE_NEW* flags of the namespaces that the first process is born into.</summary>
    public required ulong CloneFlags { get; init; }
    /// <summary>Problems that do not prevent the container.</summary>
    public required IReadOnlyList<ConfigProblem> Warnings { get; init; }
}

/// <summary>What the caller asked for beside config.json.</summary>
public sealed record PlanOptions
{
    public string Id { get; init; } = "";
    /// <summary>Absolute path of the bundle.</summary>
    public string Bundle { get; init; } = "";
    public bool NoPivot { get; init; }
    public bool NoNewKeyring { get; init; }
    /// <summary>create: the init process waits for start on a socket. False for run, where it waits on the creation channel.</summary>
    public bool WaitsForStart { get; init; }
    /// <summary>File descriptors from 3 that go to the payload: LISTEN_FDS and --preserve-fds together.</summary>
    public int InheritedFds { get; init; }
    /// <summary>How many of <see cref="InheritedFds"/> are socket activation's.</summary>
    public int ListenFds { get; init; }
    /// <summary>Host directory that holds the notify socket, null without NOTIFY_SOCKET.</summary>
    public string? NotifyDirectory { get; init; }
    /// <summary>A terminal is to be set up for the process.</summary>
    public bool Terminal { get; init; }
    /// <summary>A program that is executed under another name than args[0]: a hook inside the container. Null otherwise.</summary>
    public string? Executable { get; init; }
    /// <summary>exec into an existing container: no root, no mounts, no namespaces of its own.</summary>
    public bool IsExec { get; init; }
    /// <summary>"cgroupfs", "systemd" or "disabled".</summary>
    public string CgroupManager { get; init; } = "cgroupfs";
}

/// <summary>What the planner knows about the host. Gathered once; a fact exists only if a rule reads it.</summary>
public sealed record HostFacts
{
    /// <summary>Where cgroup2 is mounted, null if nowhere.</summary>
    public string? CgroupMount { get; init; }
    /// <summary>The runtime's own cgroup, below the mount.</summary>
    public string OwnCgroup { get; init; } = "/";
    /// <summary>Controllers that the container's cgroup can have.</summary>
    public IReadOnlyList<string> Controllers { get; init; } = [];
    public uint EffectiveUid { get; init; }
    /// <summary>The runtime runs in a user namespace that is not the initial one.</summary>
    public bool InUserNamespace { get; init; }
    /// <summary>Capabilities that the runtime itself has, as a mask.</summary>
    public ulong Capabilities { get; init; } = ulong.MaxValue;
    /// <summary>setgroups(2) is denied in the user namespace that the process will be in.</summary>
    public bool SetGroupsDenied { get; init; }
    public bool AppArmor { get; init; }
    public bool SELinux { get; init; }
    /// <summary>CLONE_NEW* flags of the kinds where linux.namespaces names the host's own namespace by path: known by the inode of the
    /// opened descriptor, not by the path.</summary>
    public ulong HostNamespaces { get; init; }
}
