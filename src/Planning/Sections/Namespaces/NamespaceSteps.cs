using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using OciRun.Kernel;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning.Steps;

/// <summary>A namespace that exists already.</summary>
public sealed record JoinedNamespace(string ConfigPath, NamespaceKind Kind, string Path, int Slot);

/// <summary>setns(2) into namespaces by path. Those that a new user namespace may not enter are joined before it, the others
/// after.</summary>
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

/// <summary>unshare(2) of namespaces that must belong to a joined user namespace, and of the cgroup namespace, whose root is the
/// cgroup that the process is in at that moment.</summary>
public sealed class UnshareStep : Step
{
    public required int Flags { get; init; }
    public override Phase Phase => Flags == CLONE_NEWUSER ? Phase.Join : Phase.Isolate;
    public override string Text => "unshare namespaces: " + NamespaceKind.Names(Flags);
    public override void Lower(ProgramBuilder program) => program.Call(Sys.unshare, (ulong)Flags);
}

/// <summary>A second clone: a new pid namespace takes only children, and one that belongs to a joined user namespace can only be
/// made by a process that has joined it.</summary>
public sealed class CloneAgainStep : Step
{
    public required int Flags { get; init; }
    public override Phase Phase => Phase.Isolate;
    public override string Text => Flags == 0
        ? "clone once more, into the joined pid namespace"
        : "clone once more; new namespaces: " + NamespaceKind.Names(Flags);
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.CloneAgain, (ulong)Flags);
}

/// <summary>exec: the child that this process leaves in its place is born into the container's pid namespace, where other
/// processes see it. With CAP_SYS_PTRACE they could take what it has: so it has nothing of the host by then, and as few rights as
/// may be.</summary>
public sealed class EnterPidNamespaceStep : Step
{
    /// <summary>The child leads a session of its own, with the terminal on its standard streams.</summary>
    public required bool Terminal { get; init; }
    public override Phase Phase => Phase.Restrict;
    public override string Text => "clone once more, into the joined pid namespace";

    /// <summary>Where clone(2) puts the child's pid, as the runtime sees it; the rest of the eight bytes is zero.</summary>
    const ulong ChildPid = InitImage.Scratch - 0x40;

    public override void Lower(ProgramBuilder program)
    {
        // The record says which process goes on. Only its pid is not known here: the program stores the rest of the record
        // around that word.
        Span<Record> record = [new Record { Type = RecordType.Adopt, Step = (uint)program.Step }];
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(record);
        const int aux = Record.AuxOffset;
        ulong[] parts =
        [
            program.Bytes(bytes[..aux]), (ulong)aux,
            ChildPid, sizeof(ulong),
            program.Bytes(bytes[(aux + sizeof(ulong))..]), (ulong)(bytes.Length - aux - sizeof(ulong)),
        ];
        Register child = program.RegisterFor("child");
        Label isParent = program.NewLabel();
        Label isChild = program.NewLabel();
        program.Call(Sys.clone, CLONE_PARENT | CLONE_PARENT_SETTID, 0, ChildPid, result: child);
        program.TestRegister(child, 0, then: isChild, otherwise: isParent);
        program.Mark(isParent);
        program.Call(Sys.writev, (ulong)program.ChannelFd, program.Bytes(MemoryMarshal.AsBytes<ulong>(parts)), 3);
        program.Call(Sys.exit_group);
        program.Mark(isChild);
        program.Call(Sys.setsid);
        if (Terminal)
        {
            program.Call(Sys.ioctl, 0, Ioctl.TIOCSCTTY, 0);
        }
    }

    public override string? Hint(string call, int errno) => errno == Errno.EAGAIN
        ? "a limit of processes is reached: see pids.max of the cgroup and RLIMIT_NPROC"
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

/// <summary>Takes the descriptor of a namespace that was opened to be judged before planning (a path could lead to another one by
/// now), and makes sure that it is of its kind.</summary>
public sealed class OpenNamespaceStep : OpenStep
{
    /// <summary>In linux.namespaces.</summary>
    public required int Index { get; init; }
    public required string Path { get; init; }
    public required NamespaceKind Kind { get; init; }
    public override string? Subject => Path;
    public override string Text => "take the " + Kind.Type + " namespace " + Path;
}
