using OciRun.Kernel;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning.Steps;

/// <summary>The socket pair between runtime and process, and the memory file of the program that the process will park
/// in.</summary>
public sealed class ChannelStep : RuntimeStep
{
    /// <summary>The program writes to the host's procfs, which the runtime opens and verifies.</summary>
    public required bool NeedsProc { get; init; }
    public override Phase Phase => Phase.Spawn;
    public override string Text => "make the channel to init and the file of its program" +
        (NeedsProc ? "; open the host's /proc" : "");
}

/// <summary>clone3(2) of the container's first process, in its new namespaces and, where the kernel can, in its cgroup.</summary>
public sealed class SpawnStep : RuntimeStep
{
    /// <summary>CLONE_NEW* of the namespaces that it is born into.</summary>
    public required int CloneFlags { get; init; }
    public required bool IntoCgroup { get; init; }
    /// <summary>The runtime is in a new time namespace for its children.</summary>
    public bool NewTime { get; init; }
    /// <summary>A further process of a container: where its cgroup takes none, that of init may.</summary>
    public bool IsExec { get; init; }
    public override Phase Phase => Phase.Spawn;
    public override string Text => (IsExec
        ? "clone the process"
        : "clone the init process; new namespaces: " + NamespaceKind.Names(CloneFlags | (NewTime ? CLONE_NEWTIME : 0))) +
        (IntoCgroup ? "; in its cgroup" : "");

    public override string? Hint(string call, int errno) => errno switch
    {
        Errno.ENOSPC =>
            "a limit of namespaces is reached: see /proc/sys/user/max_*_namespaces, or more than 32 levels are nested",
        Errno.EAGAIN => "a limit of processes is reached: see pids.max of the cgroup and RLIMIT_NPROC",
        Errno.EPERM when !IsExec => "new namespaces need CAP_SYS_ADMIN or a user namespace",
        _ => null,
    };
}

/// <summary>What the new process does before all else: it was the runtime a moment ago, and nothing of that gets into the
/// container.</summary>
public sealed class CleanStartStep : Step
{
    public override Phase Phase => Phase.Spawn;
    public override string Text => "default signals, no umask, all descriptors close-on-exec";
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.CleanStart);
}
