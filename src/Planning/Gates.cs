using System.Runtime.InteropServices;

namespace OciRun.Planning;

/// <summary>Points where the first process waits for the runtime.</summary>
public enum Gate
{
    /// <summary>It is put into its cgroup.</summary>
    Cgroup = 1,
    /// <summary>Its ids are being mapped.</summary>
    MapIds,
    /// <summary>Mounts are made: the runtime moves devices in and runs prestart and createRuntime hooks.</summary>
    RuntimeHooks,
    /// <summary>The runtime runs createContainer hooks in its namespaces.</summary>
    ContainerHooks,
    /// <summary>The runtime fills the init program.</summary>
    InitProgram,
    /// <summary>Everything is done but the payload.</summary>
    Ready,
}

/// <summary>Kinds of <see cref="Record"/>.</summary>
public enum RecordType : uint
{
    /// <summary>From init: at a gate; from the runtime: go on.</summary>
    Gate = 1,
    Error = 2,
    /// <summary>A descriptor travels with the record.</summary>
    Descriptor = 3,
    /// <summary>The process has a child that goes on in its place; Aux is its pid.</summary>
    Adopt = 4,
}

/// <summary>What runtime and first process tell each other: 32 bytes on a SOCK_SEQPACKET pair, smaller than PIPE_BUF, so never a
/// half record. A failing process sends numbers only; the runtime owns the plan and writes the message.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Record
{
    public const int Size = 32;
    /// <summary>Where <see cref="Aux"/> stands in it.</summary>
    public const int AuxOffset = 16;

    public RecordType Type;
    /// <summary>Index into <see cref="ContainerPlan.Steps"/>.</summary>
    public uint Step;
    /// <summary>System call number.</summary>
    public uint Call;
    public int Errno;
    /// <summary>Gate number, descriptor kind, pid, or more about an error.</summary>
    public ulong Aux;
    public ulong Aux2;
}

/// <summary>Which descriptor a <see cref="RecordType.Descriptor"/> record carries.</summary>
public enum DescriptorKind
{
    /// <summary>The container's /etc/passwd.</summary>
    Passwd = 1,
    /// <summary>Master side of the terminal.</summary>
    Terminal,
}
