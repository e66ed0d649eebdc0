using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using OciRun.Spec;
using static OciRun.Kernel.Access;
using static OciRun.Kernel.AtFlags;
using static OciRun.Kernel.Capability;
using static OciRun.Kernel.CloseRangeFlags;
using static OciRun.Kernel.Fcntl;
using static OciRun.Kernel.Prctl;
using static OciRun.Kernel.Rlimit;
using static OciRun.Kernel.StatMode;

namespace OciRun.Planning.Steps;

/// <summary>The init process leaves the runtime's image for its own small program. From here on every init step is a plain system call
/// that the program's table holds.</summary>
public sealed class ExecInitStep : Step
{
    public override Phase Phase => Phase.Restrict;
    public override string Text => "go on in the sealed init program";

    public override void Lower(ProgramBuilder program) => program.Add(OpCode.ExecInit);

    public override void Lower(InitImageBuilder image)
    {
        // Before all, for an error would go to the caller's standard input.
        image.Set(InitImageBuilder.ReportRegister, (ulong)image.ChannelFd);
        // Nobody in the container may take descriptors from this process (CVE-2016-9962); executing the payload ends it.
        image.Call(Sys.prctl, PR_SET_DUMPABLE, 0);
        // Whatever the caller left open ends with this program, not with the payload's start.
        image.Call(Sys.close_range, (ulong)(3 + image.InheritedFds), uint.MaxValue, CLOSE_RANGE_CLOEXEC);
        foreach (int own in (int[])[image.ChannelFd, image.StartFd, image.ProcFd])
        {
            // A caller that hands descriptors over by a wrong count does not get the runtime's own.
            if (own >= 0 && own < 3 + image.InheritedFds)
            {
                image.Call(Sys.fcntl, (ulong)own, F_SETFD, FD_CLOEXEC);
            }
        }
        image.Call(Sys.prctl, PR_SET_NAME, image.String("oci-run:init"));
        image.Call(Sys.setsid, tolerate: Errno.EPERM);
    }
}

/// <summary>One system call of the init program with arguments that are numbers or small blobs.</summary>
public sealed class ProcessCallStep : Step
{
    public required long Number { get; init; }
    public required string Words { get; init; }
    public required Func<InitImageBuilder, ulong[]> Arguments { get; init; }
    public ushort Tolerate { get; init; }
    public string? HintText { get; init; }
    public override Phase Phase => Phase.Restrict;
    public override string Text => Words;

    public override void Lower(InitImageBuilder image)
    {
        ulong[] a = Arguments(image);
        image.Call(Number, At(a, 0), At(a, 1), At(a, 2), At(a, 3), At(a, 4), At(a, 5), tolerate: Tolerate);
    }

    static ulong At(ulong[] values, int index) => index < values.Length ? values[index] : 0;

    public override string? Hint(string call, int errno) => HintText;
}

/// <summary>Resource limits of the payload, set by the runtime with prlimit(2) while the process still has the runtime's user, for a
/// limit of somebody else's process takes CAP_SYS_RESOURCE. The number of open files comes last, from the process itself: it
/// would be in the way of accept4(2).</summary>
public sealed class RlimitsStep : RuntimeStep
{
    public required IReadOnlyList<SpecRlimit> Rlimits { get; init; }
    /// <summary>The process will clone itself: its number of processes is limited by the child, and only raised here where need be.</summary>
    public required bool LeavesProcesses { get; init; }
    public override Phase Phase => Phase.Restrict;
    public override string Text
    {
        get
        {
            var text = new System.Text.StringBuilder("set limits:");
            foreach (SpecRlimit limit in Rlimits)
            {
                text.Append(' ').Append(limit.Type).Append('=').Append(Value(limit.Soft)).Append(':').Append(Value(limit.Hard));
            }
            return text.ToString();
        }
    }

    static string Value(ulong value) => value == ulong.MaxValue ? "unlimited" : value.ToString();
    public override string? Hint(string call, int errno) =>
        errno == Errno.EPERM ? "raising a hard limit above the caller's needs CAP_SYS_RESOURCE" : null;
}

/// <summary>A limit that would be in the way before: of open files once no more are opened, of processes once the last is cloned.</summary>
public sealed class LateRlimitStep : Step
{
    public required SpecRlimit Limit { get; init; }
    public override Phase Phase => Phase.Exec;
    public override string Text => $"set {Limit.Type} to {Limit.Soft}:{Limit.Hard}";

    public override void Lower(InitImageBuilder image)
    {
        ulong[] value = [Limit.Soft, Limit.Hard];
        image.Call(Sys.prlimit64, 0, (ulong)Rlimits.Number(Limit.Type!), image.Bytes(MemoryMarshal.AsBytes<ulong>(value)));
    }

    public override string? Hint(string call, int errno) =>
        errno == Errno.EPERM ? "raising a hard limit above the caller's needs CAP_SYS_RESOURCE" : null;
}

/// <summary>The scheduling policy of a process that had to clone itself without it (sched_setattr(2)).</summary>
public sealed class SchedulerStep : RuntimeStep
{
    public required string Policy { get; init; }
    /// <summary>struct sched_attr.</summary>
    public required byte[] Attributes { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string Text => "set the scheduler to " + Policy;
    public override string? Hint(string call, int errno) => errno == Errno.EPERM
        ? "real-time policies need CAP_SYS_NICE; SCHED_DEADLINE does not go with a restricted cpuset"
        : null;
}

/// <summary>How soon the kernel kills the process when memory runs out (proc_pid_oom_score_adj(5)).</summary>
public sealed class OomScoreStep : RuntimeStep
{
    public required int Value { get; init; }
    /// <summary>The process joins a user namespace, which on some kernels may not change its badness; that is tolerated, as runc does.</summary>
    public required bool MayBeRefused { get; init; }
    public override Phase Phase => Phase.Spawn;
    public override string Text => "set oom_score_adj to " + Value;
    public override string? Hint(string call, int errno) => errno is Errno.EACCES or Errno.EPERM
        ? "lowering it below the caller's own value needs CAP_SYS_RESOURCE"
        : null;
}

/// <summary>Capability sets, user and groups, in the order that lets each be set while it still may be.</summary>
public sealed class CredentialsStep : Step
{
    public required uint Uid { get; init; }
    public required uint Gid { get; init; }
    /// <summary>null: leave the caller's groups (denied in the user namespace, or kept on request).</summary>
    public required IReadOnlyList<uint>? Groups { get; init; }
    public required CapabilitySets Capabilities { get; init; }
    /// <summary>The seccomp filter is loaded later and needs CAP_SYS_ADMIN until then. Neither root nor anybody else keeps it through
    /// execve(2): what a program gets there comes from the bounding, inheritable and ambient sets alone, and the filter is the last
    /// call before it.</summary>
    public required bool KeepSysAdmin { get; init; }
    public override Phase Phase => Phase.Restrict;
    public override string Text => $"become uid {Uid} gid {Gid}" +
        (Groups is null ? "" : Groups.Count == 0 ? ", no groups" : ", groups " + string.Join(',', Groups)) +
        "; capabilities " + Capabilities.Describe();

    public override void Lower(InitImageBuilder image)
    {
        for (int capability = 0; capability <= Kernel.Capabilities.Last; capability++)
        {
            if ((Capabilities.Bounding >> capability & 1) == 0)
            {
                image.Call(Sys.prctl, PR_CAPBSET_DROP, (ulong)capability, tolerate: Errno.EINVAL);
            }
        }
        image.Call(Sys.prctl, PR_SET_KEEPCAPS, 1);
        if (Groups is not null)
        {
            uint[] groups = [.. Groups];
            image.Call(Sys.setgroups, (ulong)groups.Length, image.Bytes(MemoryMarshal.AsBytes<uint>(groups)));
        }
        image.Call(Sys.setresgid, Gid, Gid, Gid);
        image.Call(Sys.setresuid, Uid, Uid, Uid);
        image.Call(Sys.prctl, PR_SET_KEEPCAPS, 0);
        ulong extra = KeepSysAdmin ? 1UL << CAP_SYS_ADMIN : 0;
        Span<CapUserHeader> header = [new CapUserHeader { version = CapUserVersion._LINUX_CAPABILITY_VERSION_3 }];
        image.Call(Sys.capset, image.Bytes(MemoryMarshal.AsBytes(header)), image.Bytes(Data(extra)));
        image.Call(Sys.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, tolerate: Errno.EINVAL);
        for (int capability = 0; capability <= Kernel.Capabilities.Last; capability++)
        {
            if ((Capabilities.Ambient >> capability & 1) != 0)
            {
                image.Call(Sys.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (ulong)capability);
            }
        }
    }

    static uint Low(ulong set) => unchecked((uint)set);

    byte[] Data(ulong extra)
    {
        uint[] words =
        [
            Low(Capabilities.Effective | extra), Low(Capabilities.Permitted | extra), Low(Capabilities.Inheritable),
            (uint)(Capabilities.Effective >> 32), (uint)(Capabilities.Permitted >> 32), (uint)(Capabilities.Inheritable >> 32),
        ];
        return MemoryMarshal.AsBytes<uint>(words).ToArray();
    }

    public override string? Hint(string call, int errno) => (call, errno) switch
    {
        ("setresuid", Errno.EINVAL) or ("setresgid", Errno.EINVAL) => "the id has no mapping in the user namespace",
        ("setgroups", Errno.EINVAL) => "a group has no mapping in the user namespace",
        ("setgroups", Errno.EPERM) => "setgroups is denied in this user namespace",
        ("capset", Errno.EPERM) => "the caller does not have a capability that is asked for",
        _ => null,
    };
}

/// <summary>capabilities(7): five sets as bit masks.</summary>
public readonly record struct CapabilitySets(ulong Bounding, ulong Effective, ulong Permitted, ulong Inheritable, ulong Ambient)
{
    public string Describe() =>
        $"bounding {Names(Bounding)}, effective {Names(Effective)}, permitted {Names(Permitted)}, inheritable {Names(Inheritable)}, " +
        $"ambient {Names(Ambient)}";

    static string Names(ulong set)
    {
        if (set == 0)
        {
            return "none";
        }
        if (set == (1UL << (Kernel.Capabilities.Last + 1)) - 1)
        {
            return "all";
        }
        var names = new List<string>();
        for (int i = 0; i <= Kernel.Capabilities.Last; i++)
        {
            if ((set >> i & 1) != 0)
            {
                names.Add(Kernel.Capabilities.Name(i)!);
            }
        }
        return string.Join('+', names);
    }
}

/// <summary>Changes to process.cwd, before and if need be after the change of user, and makes sure that it is inside the container's
/// root (CVE-2024-21626).</summary>
public sealed class ChangeDirectoryStep : Step
{
    public required string Path { get; init; }
    /// <summary>Before the change of user.</summary>
    public required bool Early { get; init; }
    const int Done = 5;
    public override Phase Phase => Phase.Restrict;
    public override string? Subject => Path;
    public override string Text => Early ? "change to the directory " + Path : "make sure that the working directory is inside the root";

    public override void Lower(InitImageBuilder image)
    {
        if (Early)
        {
            image.Set(Done, 0);
            image.Call(Sys.chdir, image.String(Path), tolerate: Errno.EACCES, tolerateToo: Errno.EPERM, otherwise: 2);
            image.Set(Done, 1);
            return;
        }
        image.TestRegister(Done, 0, 0, otherwise: 2);
        image.Call(Sys.chdir, image.String(Path));
        // The kernel marks what is outside as "(unreachable)". No path is too long to be looked at.
        image.Call(Sys.getcwd, InitImageBuilder.Scratch, Limits.PATH_MAX);
        image.TestMemory(InitImageBuilder.Scratch, 0xff, '/', Errno.EXDEV, callNumber: Sys.getcwd);
    }

    public override string? Hint(string call, int errno) => (call, errno) switch
    {
        ("getcwd", _) => "the working directory is outside of the container's root",
        _ => null,
    };
}

/// <summary>Finds the program of args[0] as the final user, at create, so that a missing one is an error of create.</summary>
public sealed class FindProgramStep : Step
{
    public required string Name { get; init; }
    /// <summary>Paths to try in order; one, when the name has a slash.</summary>
    public required IReadOnlyList<string> Candidates { get; init; }
    public bool Searches => !Name.Contains('/');
    /// <summary>Register of the path that was found.</summary>
    public const int Found = 3;
    public override Phase Phase => Phase.Restrict;
    public override string? Subject => Name;
    public override string Text => "find the program " + Name + (Searches ? " in " + string.Join(", ", Candidates) : "");

    public override void Lower(InitImageBuilder image)
    {
        if (!Searches)
        {
            ulong path = image.String(Candidates[0]);
            image.Call(Sys.newfstatat, WorkingDirectory, path, InitImageBuilder.Scratch, 0);
            image.TestMemory(InitImageBuilder.Scratch + Stat.ModeOffset, S_IFMT, S_IFDIR, 0, otherwise: 2);
            image.Fail(Sys.execve, Errno.EISDIR);
            image.Call(Sys.faccessat2, WorkingDirectory, path, X_OK, AT_EACCESS);
            image.Set(Found, path);
            return;
        }
        // Each candidate is four operations; the last ends at the operation behind the final failure.
        for (int i = 0; i < Candidates.Count; i++)
        {
            short toFound = (short)((Candidates.Count - i - 1) * 4 + 2);
            ulong path = image.String(Candidates[i]);
            image.Call(Sys.newfstatat, WorkingDirectory, path, InitImageBuilder.Scratch, 0,
                tolerateToo: InitImageBuilder.AnyErrno, otherwise: 4);
            image.TestMemory(InitImageBuilder.Scratch + Stat.ModeOffset, S_IFMT, S_IFREG, 0, otherwise: 3);
            image.Call(Sys.faccessat2, WorkingDirectory, path, X_OK, AT_EACCESS, tolerateToo: InitImageBuilder.AnyErrno, otherwise: 2);
            image.Set(Found, path, then: toFound);
        }
        image.Fail(Sys.execve, Errno.ENOENT);
    }

    const ulong WorkingDirectory = unchecked((ulong)AT_FDCWD);
}

/// <summary>Waits for the word to start.</summary>
public sealed class WaitStep : Step
{
    public required bool ForStart { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string Text => ForStart ? "wait for start" : "wait for the runtime's word to start";

    const int Connection = InitImageBuilder.ReportRegister;
    const int Got = 2;

    public override void Lower(InitImageBuilder image)
    {
        if (!ForStart)
        {
            image.Call(Sys.read, (ulong)image.ChannelFd, InitImageBuilder.Scratch, Record.Size, result: Got);
            // A short read is the end of the channel: the runtime has died.
            image.TestRegister(Got, Record.Size, 0, then: 2, otherwise: 1);
            image.Call(Sys.exit_group, 1);
            return;
        }
        // A connection that closes without a word was no start: wait for the next.
        image.Call(Sys.accept4, (ulong)image.StartFd, 0, 0, SocketType.SOCK_CLOEXEC, result: Connection);
        image.Call(Sys.read, 0, InitImageBuilder.Scratch, 1, firstFrom: Connection, result: Got, tolerate: Errno.ECONNRESET, otherwise: 2);
        image.TestRegister(Got, 1, 0, then: 3, otherwise: 1);
        image.Call(Sys.close, firstFrom: Connection);
        image.Set(Got, 0, then: -4);
        Span<Record> ready = [new Record { Type = RecordType.Gate, Step = (uint)image.Step, Aux = (ulong)Gate.Ready }];
        // Start can tell a process that died here from one whose payload was executed: only the second has answered.
        image.Call(Sys.write, 0, image.Bytes(MemoryMarshal.AsBytes(ready)), Record.Size, firstFrom: Connection);
    }
}

/// <summary>execve(2) of the payload.</summary>
public sealed class ExecStep : Step
{
    public required IReadOnlyList<string> Args { get; init; }
    public required IReadOnlyList<string> Env { get; init; }
    public required bool HomeFromPasswd { get; init; }
    public override Phase Phase => Phase.Exec;
    public override string? Subject => Args[0];
    public override string Text => "execute " + string.Join(' ', Args);

    public override void Lower(InitImageBuilder image)
    {
        var env = new List<string>(Env);
        if (HomeFromPasswd)
        {
            env.Add("HOME=" + image.Home);
        }
        image.Call(Sys.execve, 0, image.Vector(Args), image.Vector(env), firstFrom: FindProgramStep.Found);
    }

    public override string? Hint(string call, int errno) => errno switch
    {
        Errno.ENOEXEC => "the file is a program for another architecture, or a script without a #! line",
        Errno.ENOENT => "the program's interpreter or loader is missing in the container",
        Errno.E2BIG => "arguments and environment together are too long, or one is over 128 KiB",
        _ => null,
    };
}

/// <summary>Allocates the payload's terminal in the container's own devpts and hands its master out.</summary>
public sealed class TerminalStep : Step
{
    public required bool Console { get; init; }
    /// <summary>It becomes the terminal of this process, and not of its child.</summary>
    public bool LeadsSession { get; init; } = true;
    public required uint Rows { get; init; }
    public required uint Columns { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string Text => "allocate a terminal" + (Console ? ", bind it on /dev/console" : "") +
        (Rows > 0 && Columns > 0 ? $", {Columns} columns by {Rows} rows" : "");

    public override void Lower(ProgramBuilder program) =>
        program.Add(OpCode.Terminal, Console ? 1UL : 0, Columns, Rows, LeadsSession ? 1u : 0);

    public override string? Hint(string call, int errno) =>
        errno == Errno.ENOENT ? "a terminal needs a devpts mount on /dev/pts" : null;
}
