using System.Collections.Generic;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>The phases of a container's life, in the order they happen. <c>create</c> goes up to <see cref="Wait"/>, <c>start</c> has the
/// next two, and <c>delete</c> the last.</summary>
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
    /// <summary>Appends the child operations of an init step. Runtime steps have none.</summary>
    public virtual void Lower(ProgramBuilder program) { }
    /// <summary>Appends what the parked init program does for this step (after the runtime's image is gone).</summary>
    public virtual void Lower(InitImageBuilder image) { }
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

/// <summary>All that will happen, of both actors, in the order in which it happens: the runtime performs its steps one after the other,
/// and so does init; a <see cref="GateStep"/> is where init waits for the runtime, and a <see cref="ReleaseStep"/> lets it go on.
/// Between two gates both work at the same time. Immutable once made.</summary>
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
    /// <summary>The container's state directory on the host.</summary>
    public string StateDirectory { get; init; } = "";
    /// <summary>Unix sockets and a file of the caller's that get the terminal, a pidfd and the pid; null for none.</summary>
    public string? ConsoleSocket { get; init; }
    public string? PidfdSocket { get; init; }
    public string? PidFile { get; init; }
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
    /// <summary>Number of the kernel's last capability, which may be newer than those that have names here.</summary>
    public int LastCapability { get; init; } = Kernel.Capabilities.Last;
    /// <summary>setgroups(2) is denied in the user namespace that the process will be in.</summary>
    public bool SetGroupsDenied { get; init; }
    /// <summary>procfs can be mounted for another pid namespace than the caller's own (Linux 6.18, "pidns"). Known only where the config joins
    /// one.</summary>
    public bool ProcTakesPidNamespace { get; init; }
    public bool AppArmor { get; init; }
    public bool SELinux { get; init; }
    /// <summary>CLONE_NEW* flags of the kinds where linux.namespaces names the host's own namespace by path: known by the inode of the
    /// opened descriptor, not by the path.</summary>
    public int HostNamespaces { get; init; }
}
