using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using OciRun.Kernel;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning.Steps;

/// <summary>One kind of namespace: its word in config.json, its CLONE_NEW* bit and its file below /proc/PID/ns.</summary>
public readonly record struct NamespaceKind(string Type, int Flag, string File)
{
    /// <summary>config-linux.md, "Namespaces".</summary>
    public static NamespaceKind[] All() =>
    [
        new("cgroup", CLONE_NEWCGROUP, "cgroup"), new("ipc", CLONE_NEWIPC, "ipc"), new("mount", CLONE_NEWNS, "mnt"), new("network", CLONE_NEWNET, "net"),
        new("pid", CLONE_NEWPID, "pid"), new("time", CLONE_NEWTIME, "time"), new("user", CLONE_NEWUSER, "user"), new("uts", CLONE_NEWUTS, "uts"),
    ];

    public static int FlagOf(string? type) => type switch
    {
        "cgroup" => CLONE_NEWCGROUP,
        "ipc" => CLONE_NEWIPC,
        "mount" => CLONE_NEWNS,
        "network" => CLONE_NEWNET,
        "pid" => CLONE_NEWPID,
        "time" => CLONE_NEWTIME,
        "user" => CLONE_NEWUSER,
        "uts" => CLONE_NEWUTS,
        _ => 0,
    };

    /// <summary>The kinds that a config makes anew; those with a path are joined.</summary>
    public static int NewOf(RuntimeSpec spec)
    {
        int kinds = 0;
        foreach (SpecNamespace one in spec.Linux?.Namespaces ?? [])
        {
            kinds |= string.IsNullOrEmpty(one.Path) ? FlagOf(one.Type) : 0;
        }
        return kinds;
    }

    /// <summary>Names of the kinds in a set of flags, with commas.</summary>
    public static string Names(int flags)
    {
        var text = new StringBuilder();
        foreach (NamespaceKind kind in All())
        {
            if ((flags & kind.Flag) != 0)
            {
                text.Append(text.Length == 0 ? "" : ", ").Append(kind.Type);
            }
        }
        return text.Length == 0 ? "none" : text.ToString();
    }
}

/// <summary>A namespace that exists already.</summary>
public sealed record JoinedNamespace(string ConfigPath, NamespaceKind Kind, string Path, int Slot);

/// <summary>setns(2) into namespaces by path. Those that a new user namespace may not enter are joined before it, the others after.</summary>
public sealed class JoinNamespacesStep : Step
{
    public required IReadOnlyList<JoinedNamespace> Namespaces { get; init; }
    public override Phase Phase => Phase.Join;
    public override string Text
    {
        get
        {
            var text = new StringBuilder("join namespaces:");
            foreach (JoinedNamespace joined in Namespaces)
            {
                text.Append(' ').Append(joined.Kind.Type).Append('=').Append(joined.Path);
            }
            return text.ToString();
        }
    }

    public override void Lower(ProgramBuilder program)
    {
        uint first = 0;
        uint count = 0;
        foreach (JoinedNamespace joined in Namespaces)
        {
            uint at = program.Struct(new JoinArgs { Slot = joined.Slot, Kind = (uint)joined.Kind.Flag });
            first = count++ == 0 ? at : first;
        }
        program.Add(OpCode.JoinNamespaces, first, count);
    }

    public override string? Hint(string call, int errno) => errno switch
    {
        Errno.EINVAL => "a path is not of the kind that its type says, or the process is in that user namespace already",
        Errno.EPERM => "joining needs CAP_SYS_ADMIN in the user namespace that owns the namespace",
        _ => null,
    };
}

/// <summary>exec: setns(2) with the pidfd of the container's first process, which enters all of its namespaces at once.</summary>
public sealed class JoinContainerStep : Step
{
    public required int Namespaces { get; init; }
    public override Phase Phase => Phase.Join;
    public override string Text => "join the container's namespaces: " + NamespaceKind.Names(Namespaces);

    public override void Lower(ProgramBuilder program) =>
        program.Add(OpCode.JoinContainer, (ulong)Namespaces);
}

/// <summary>unshare(2) of namespaces that must belong to a joined user namespace, and of the cgroup namespace, whose root is the cgroup
/// that the process is in at that moment.</summary>
public sealed class UnshareStep : Step
{
    public required int Flags { get; init; }
    public override Phase Phase => Flags == CLONE_NEWUSER ? Phase.Join : Phase.Isolate;
    public override string Text => "unshare namespaces: " + NamespaceKind.Names(Flags);
    public override void Lower(ProgramBuilder program) => program.Call(Sys.unshare, (ulong)Flags);
}

/// <summary>A second clone: a new pid namespace takes only children, and one that belongs to a joined user namespace can only be made
/// by a process that has joined it.</summary>
public sealed class CloneAgainStep : Step
{
    public required int Flags { get; init; }
    public override Phase Phase => Phase.Isolate;
    public override string Text => Flags == 0
        ? "clone once more, into the joined pid namespace"
        : "clone once more; new namespaces: " + NamespaceKind.Names(Flags);
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.CloneAgain, (ulong)Flags);
}

/// <summary>exec: the child that this process leaves in its place is born into the container's pid namespace, where other processes see
/// it. With CAP_SYS_PTRACE they could take what it has: so it has nothing of the host by then, and as few rights as may be.</summary>
public sealed class EnterPidNamespaceStep : Step
{
    /// <summary>The child leads a session of its own, with the terminal on its standard streams.</summary>
    public required bool Terminal { get; init; }
    public override Phase Phase => Phase.Restrict;
    public override string Text => "clone once more, into the joined pid namespace";

    const int Child = 6;
    /// <summary>Where clone(2) puts the child's pid, as the runtime sees it; the rest of the eight bytes is zero.</summary>
    const ulong ChildPid = InitImageBuilder.Scratch - 0x40;

    public override void Lower(InitImageBuilder image)
    {
        // The record that names the child is written around the pid.
        Span<Record> record = [new Record { Type = RecordType.Adopt, Step = (uint)image.Step }];
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(record);
        const int aux = Record.AuxOffset;
        ulong[] parts =
        [
            image.Bytes(bytes[..aux]), (ulong)aux,
            ChildPid, sizeof(ulong),
            image.Bytes(bytes[(aux + sizeof(ulong))..]), (ulong)(bytes.Length - aux - sizeof(ulong)),
        ];
        image.Call(Sys.clone, CLONE_PARENT | CLONE_PARENT_SETTID, 0, ChildPid, result: Child);
        image.TestRegister(Child, 0, 0, then: 3, otherwise: 1);
        image.Call(Sys.writev, (ulong)image.ChannelFd, image.Bytes(MemoryMarshal.AsBytes<ulong>(parts)), 3);
        image.Call(Sys.exit_group);
        image.Call(Sys.setsid);
        if (Terminal)
        {
            image.Call(Sys.ioctl, 0, Ioctl.TIOCSCTTY, 0);
        }
    }

    public override string? Hint(string call, int errno) => errno == Errno.EAGAIN
        ? "a limit of processes is reached: see pids.max of the cgroup and RLIMIT_NPROC"
        : null;
}

/// <summary>Writes uid_map, gid_map and setgroups of the new user namespace.</summary>
public sealed class MapIdsStep : RuntimeStep
{
    public required IReadOnlyList<SpecIdMapping> Uids { get; init; }
    public required IReadOnlyList<SpecIdMapping> Gids { get; init; }
    public override Phase Phase => Phase.MapIds;
    public override string Text => "map ids: uid " + Ranges(Uids) + "; gid " + Ranges(Gids);

    /// <summary>Mappings in words: container id, host id and how many.</summary>
    public static string Ranges(IReadOnlyList<SpecIdMapping> mappings)
    {
        var text = new StringBuilder();
        foreach (SpecIdMapping mapping in mappings)
        {
            text.Append(text.Length == 0 ? "" : ", ")
                .Append(mapping.ContainerID).Append("->").Append(mapping.HostID).Append('+').Append(mapping.Size);
        }
        return text.ToString();
    }

    public override string? Hint(string call, int errno) => errno == Errno.EPERM
        ? "the caller must own the mapped ids: root, or newuidmap and /etc/subuid"
        : null;
}

/// <summary>Becomes root of the user namespace, whose ids are mapped.</summary>
public sealed class BecomeRootStep : Step
{
    /// <summary>The user namespace is the container's own; else it was joined.</summary>
    public required bool IsNew { get; init; }
    public override Phase Phase => IsNew ? Phase.MapIds : Phase.Join;
    public override string Text => "become root of the user namespace";

    public override void Lower(ProgramBuilder program) => program.Add(OpCode.BecomeRoot);

    public override string? Hint(string call, int errno) =>
        errno == Errno.EINVAL ? "container id 0 has no mapping in linux.uidMappings or linux.gidMappings" : null;
}

/// <summary>Brings lo up in a new network namespace.</summary>
public sealed class LoopbackStep : Step
{
    public override Phase Phase => Phase.Isolate;
    public override string Text => "bring the loopback interface up";
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.LoopbackUp);
}

/// <summary>Joins a new session keyring (keyctl(2)), so that the caller's keys stay out of the container.</summary>
public sealed class KeyringStep : Step
{
    public required string Name { get; init; }
    /// <summary>SELinux label of the keyring, so that the payload may use it; null where SELinux is off.</summary>
    public string? Label { get; init; }
    public override Phase Phase => Phase.Isolate;
    public override string? Subject => Label;
    public override string Text => "join a new session keyring " + Name + (Label is null ? "" : " with the label " + Label);

    public override void Lower(ProgramBuilder program)
    {
        if (Label is not null)
        {
            program.Add(OpCode.LabelKeys, program.String(Label), (ulong)Encoding.UTF8.GetByteCount(Label));
        }
        program.Add(OpCode.JoinSessionKeyring, program.String(Name));
    }

    public override string? Hint(string call, int errno) => (call, errno) switch
    {
        (_, Errno.EDQUOT) =>
            "the quota of keys is used up (not disk space): raise /proc/sys/kernel/keys/maxkeys and maxbytes, or use --no-new-keyring",
        ("write", Errno.EINVAL) => LabelStep.UnknownLabel,
        _ => null,
    };
}
