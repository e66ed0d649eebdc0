using System.Runtime.InteropServices;

namespace OciRun.Planning;

// What runtime and first process say to each other, from clone3(2) to the payload. Each arrow is one record on the channel, a
// SOCK_SEQPACKET pair; what stands in brackets is only there when the plan has a step that needs it. Between two gates both
// work at the same time.
//
//     runtime                                                   init
//        |  clone3                                               |  in the runtime's image (Stage.Clone)
//        |<---------------------------------- [Gate Cgroup] -----|  before its first operation but clean start
//        |  moves it: a systemd unit, or no CLONE_INTO_CGROUP    |
//        |----- Gate ------------------------------------------->|
//        |<---------------------------------- [Gate MapIds] -----|  in its new user namespace, without an id
//        |  writes uid_map, gid_map, setgroups                   |
//        |----- Gate ------------------------------------------->|
//        |<----------------------------------- [Adopt, pid] -----|  cloned once more (CLONE_PARENT): this process ends and its
//        |  reaps the first, opens a pidfd of the child          |  child goes on. A gate of the child's waits for this record.
//        |                                                       |  Into a joined pid namespace: later, in the init program
//        |<---------------------------- [Gate RuntimeHooks] -----|  the mounts are made, "/" is still the host's
//        |  moves network devices; prestart, createRuntime       |
//        |----- Gate ------------------------------------------->|
//        |<-------------------------- [Gate ContainerHooks] -----|
//        |  createContainer                                      |
//        |----- Gate ------------------------------------------->|
//        |<----------------- [Descriptor Terminal, with fd] -----|  the master side
//        |<------------------- [Descriptor Passwd, with fd] -----|  where HOME is to be looked up
//        |<------------------------------ Gate InitProgram ------|
//        |  fills and seals the program, sets limits             |
//        |----- Gate ------------------------------------------->|
//        |                                                       |  execveat of the program (Stage.Init)
//        |<------------------------------------ Gate Ready ------|  all is done but the payload
//        |  limits, listener, state, console, pid file           |
//        |                                                       |
//     run, exec: the word comes over the channel                 |
//        |----- Gate ------------------------------------------->|
//        |<------------------------------------- (closed) -------|  execve of the payload: close-on-exec
//        |                                                       |
//     create ends here and closes the channel; start connects to the start socket (SOCK_SEQPACKET) that init listens on:
//        |----- connect, one byte ------------------------------>|  accept; a connection without a byte is no start
//        |<------------------------------------ Gate Ready ------|  heard: what ends now is no death before start
//        |<------------------------------------- (closed) -------|  execve of the payload
//
// Anywhere: <--- Error {step, system call, errno}, and the end of init; over the start socket once a connection is accepted.
// A channel that is closed too early means that the other side is gone: init exits, and the runtime takes the container back.

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
    /// <summary>Bytes of text that may follow an error's record: what the file system said about a mount.</summary>
    public const int MostDetail = 512;
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
