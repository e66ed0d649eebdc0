namespace OciRun.Planning;

/// <summary>What the caller asked for beside config.json.</summary>
public sealed record PlanOptions
{
    public string Id { get; init; } = "";
    /// <summary>Absolute path of the bundle.</summary>
    public string Bundle { get; init; } = "";
    public bool NoPivot { get; init; }
    public bool NoNewKeyring { get; init; }
    /// <summary>create: the init process waits for start on a socket. False for run, where it waits on the creation
    /// channel.</summary>
    public bool WaitsForStart { get; init; }
    /// <summary>File descriptors from 3 that go to the payload: LISTEN_FDS and --preserve-fds together.</summary>
    public int InheritedFds { get; init; }
    /// <summary>How many of <see cref="InheritedFds"/> are socket activation's.</summary>
    public int ListenFds { get; init; }
    /// <summary>Host directory that holds the notify socket, null without NOTIFY_SOCKET.</summary>
    public string? NotifyDirectory { get; init; }
    /// <summary>A terminal is to be set up for the process.</summary>
    public bool Terminal { get; init; }
    /// <summary>A program that is executed under another name than args[0]: a hook inside the container. Null
    /// otherwise.</summary>
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
