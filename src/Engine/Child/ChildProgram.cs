using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Syscalls;
using static OciRun.Kernel.AtFlags;
using static OciRun.Kernel.ClockId;
using static OciRun.Kernel.CloseRangeFlags;
using static OciRun.Kernel.Errno;
using static OciRun.Kernel.Fcntl;
using static OciRun.Kernel.OpenFlags;
using static OciRun.Kernel.SigHow;
using static OciRun.Kernel.SocketOption;
using static OciRun.Kernel.SocketType;
using static OciRun.Kernel.StatMode;

namespace OciRun.Engine.Child;

/// <summary>What the container's first process has while it performs its program. Lives on its stack.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct ChildContext
{
    /// <summary>The operations, <see cref="Count"/> of them, in memory that the child has a copy of.</summary>
    public Op* Ops;
    public int Count;
    /// <summary>What operations point to by offset: paths and structures.</summary>
    public byte* Data;
    /// <summary>Descriptors by slot: those that the runtime opened for operations, and those that one operation keeps for
    /// another.</summary>
    public int* Slots;
    /// <summary>SOCK_SEQPACKET to the runtime.</summary>
    public int Channel;
    /// <summary>Listening socket for start, -1 for none.</summary>
    public int StartSocket;
    /// <summary>The sealed init program.</summary>
    public int InitProgram;
    /// <summary>The same file, open for writing, which would keep it from being executed.</summary>
    public int CloseFirst;
    /// <summary>The runtime's end of the channel: with it open here, its death would go unnoticed.</summary>
    public int RuntimeEnd;
    /// <summary>Descriptors from 3 that the payload gets.</summary>
    public int InheritedFds;
    /// <summary>The rootfs, the one descriptor from which all paths of the container are resolved. With a new mount it is that
    /// mount, so that nothing depends on what its path means later.</summary>
    public int Root;
    /// <summary>Path of the rootfs on the host.</summary>
    public byte* RootPath;
    /// <summary>For the moment the root is a mount in it, and no link may lead out.</summary>
    public bool IsBelow;
    /// <summary>The container's own /dev: the rootfs's as it was before the first mount, then the root of the file system that
    /// the config mounts there. -1 until it is needed; -2 - errno when there is none.</summary>
    public int Dev;
    /// <summary>The host's verified /proc, -1 until it is needed.</summary>
    public int Proc;
    /// <summary>The host's verified /dev/null, -1 until it is needed.</summary>
    public int Null;
    /// <summary>The empty tmpfs that masks directories, -1 until it is needed.</summary>
    public int MaskMount;
    /// <summary>The directory of the last node that was made, and its path.</summary>
    public int Directory;
    public byte* DirectoryPath;
    public int DirectoryLength;
    /// <summary>What becomes standard input, output and error; -1 leaves the caller's.</summary>
    public int Input;
    public int Output;
    public int ErrorOutput;
    /// <summary>Waits for the runtime before the first operation.</summary>
    public int WaitFirst;
    /// <summary>The host's procfs for the init program, -1 where it needs none.</summary>
    public int InitProc;
    /// <summary>Where to note when each operation begins, null for nowhere.</summary>
    public ulong* Times;
    public uint Step;
}

/// <summary>Code after clone3(2), still in the runtime's image. It is static, works on pointers and constants, allocates nothing,
/// calls nothing but system calls and ends in execveat or exit_group: nobody is left there to finish a garbage collection or to
/// own a lock. A test of the published binary proves that.</summary>
[SkipLocalsInit]
static unsafe partial class ChildProgram
{
    /// <summary>Performs the program; never returns: the last operation executes the init program, or an error has ended the
    /// process before. What comes after the loop is for a program without such an end, which the planner does not make.</summary>
    public static void Run(ChildContext* c)
    {
        for (int i = 0; i < c->Count; i++)
        {
            Op* op = c->Ops + i;
            c->Step = op->Step;
            if (c->Times is not null)
            {
                NoteTime(c->Times + i);
            }
            Perform(c, op);
        }
        Exit(1);
    }

    /// <summary>CLOCK_MONOTONIC in nanoseconds, into memory that the runtime shares.</summary>
    static void NoteTime(ulong* at)
    {
        Timespec time;
        ChildSys.Call(Sys.clock_gettime, CLOCK_MONOTONIC, (long)&time);
        *at = (ulong)time.tv_sec * 1_000_000_000 + (ulong)time.tv_nsec;
    }

    /// <summary>Signal state and mode bits are the caller's or the managed runtime's; the container gets neither.</summary>
    static void CleanStart(ChildContext* c)
    {
        ulong none = 0;
        // All zero is SIG_DFL. Handlers end with execve(2), but what is ignored stays so (signal(7)): SIGPIPE, by .NET, and
        // what the caller ignored. SIGKILL and SIGSTOP are EINVAL here, which changes nothing.
        KernelSigaction defaults = default;
        for (int signal = 1; signal <= Signals.Max; signal++)
        {
            ChildSys.Call(Sys.rt_sigaction, signal, (long)&defaults, 0, sizeof(ulong));
        }
        // The mask is inherited over clone3(2) and execve(2), and the runtime has blocked everything.
        ChildSys.Call(Sys.rt_sigprocmask, SIG_SETMASK, (long)&none, 0, sizeof(ulong));
        // Modes of directories and nodes are in the plan: the caller's umask would take bits away from them. The payload's own
        // umask (process.user.umask) is set by the init program.
        ChildSys.Call(Sys.umask, 0);
        if (c->Input >= 0)
        {
            // The copies are without close-on-exec (dup(2)): these three are the payload's.
            Check(c, Sys.dup3, ChildSys.Call(Sys.dup3, c->Input, 0, 0));
            Check(c, Sys.dup3, ChildSys.Call(Sys.dup3, c->Output, 1, 0));
            Check(c, Sys.dup3, ChildSys.Call(Sys.dup3, c->ErrorOutput, 2, 0));
        }
        Close(c->CloseFirst);
        Close(c->RuntimeEnd);
        // CLOSE_RANGE_CLOEXEC, Linux 5.11: nothing of the caller's gets past the next execve, whatever it forgot. A descriptor
        // of the host's cgroups that an image could use as its working directory was CVE-2024-21626.
        Check(c, Sys.close_range, ChildSys.Call(Sys.close_range, 3 + c->InheritedFds, uint.MaxValue, CLOSE_RANGE_CLOEXEC));
        if (c->WaitFirst != 0)
        {
            // Where clone3(2) could not put this process into its cgroup, the runtime moves it now: before a cgroup namespace
            // is made, whose root is the cgroup of this moment (cgroup_namespaces(7)), and before it uses anything that is
            // counted.
            AtGate(c, (ulong)c->WaitFirst);
        }
    }

    /// <summary>One operation. A switch, and no table of methods: that would be static data to be set up first, which is the
    /// managed runtime's work. An unknown code cannot come: codes are the planner's enum, from the same build.</summary>
    static void Perform(ChildContext* c, Op* op)
    {
        switch (op->Code)
        {
            case OpCode.CleanStart:
                CleanStart(c);
                break;
            case OpCode.Gate:
                AtGate(c, op->A, op->B);
                break;
            case OpCode.Call:
                Call(c, op);
                break;
            case OpCode.JoinNamespaces:
                JoinNamespaces(c, (JoinArgs*)(c->Data + op->A), (int)op->B);
                break;
            case OpCode.JoinContainer:
                JoinContainer(c, op->A);
                break;
            case OpCode.BecomeRoot:
                BecomeRoot(c);
                break;
            case OpCode.CloneAgain:
                CloneAgain(c, op->A);
                break;
            case OpCode.LoopbackUp:
                LoopbackUp(c);
                break;
            case OpCode.SetPropagation:
                SetPropagation(c, op->A, op->B != 0 ? c->Data + op->C : null);
                break;
            case OpCode.BindRoot:
                BindRoot(c, c->Data + op->A);
                break;
            case OpCode.OpenRoot:
                OpenRoot(c, c->Data + op->A);
                break;
            case OpCode.Mount:
                Mount(c, (MountArgs*)(c->Data + op->A));
                break;
            case OpCode.MakeNode:
                MakeNode(c, (NodeArgs*)(c->Data + op->A));
                break;
            case OpCode.Symlink:
                MakeSymlink(c, c->Data + op->A, c->Data + op->B, op->Flags);
                break;
            case OpCode.Mask:
                Mask(c, c->Data + op->A, (int)op->D - 1, c->Data + op->E);
                break;
            case OpCode.ReadOnlyPath:
                ReadOnlyPath(c, c->Data + op->A, (int)op->D - 1, c->Data + op->E);
                break;
            case OpCode.SealMount:
                Seal(c, c->Slots[op->A]);
                break;
            case OpCode.SealRoot:
                Seal(c, c->Root);
                break;
            case OpCode.Sysctl:
                WriteSysctl(c, c->Data + op->A, c->Data + op->B, (long)op->C);
                break;
            case OpCode.MakeDirectory:
                Close(Check(c, Sys.mkdirat, OpenOrCreatePlace(c, c->Data + op->A, (int)op->D - 1, c->Data + op->E, S_IFDIR, 0)));
                break;
            case OpCode.LookAtMount:
                LookAtMount(c, (MountArgs*)(c->Data + op->A), op->B != 0);
                break;
            case OpCode.PivotRoot:
                PivotRoot(c, op->A);
                break;
            case OpCode.MoveRoot:
                MoveRoot(c, op->A, c->Data + op->B);
                break;
            case OpCode.ChangeRoot:
                ChangeRoot(c);
                break;
            case OpCode.LabelKeys:
                LabelKeys(c, c->Data + op->A, (long)op->B);
                break;
            case OpCode.JoinSessionKeyring:
                JoinSessionKeyring(c);
                break;
            case OpCode.OwnStandardStreams:
                OwnStandardStreams((uint)op->A);
                break;
            case OpCode.Terminal:
                Terminal(c, op);
                break;
            case OpCode.ExecInit:
                ExecInit(c);
                break;
        }
    }

    /// <summary>An operation that is one system call with its words. Which of the first three are offsets into the data say the
    /// flags: the program is made by the planner, where nobody knows the address at which it will lie.</summary>
    static void Call(ChildContext* c, Op* op)
    {
        ulong offset = (ulong)c->Data;
        ulong a = op->A + ((op->Flags & 1) != 0 ? offset : 0);
        ulong b = op->B + ((op->Flags & 2) != 0 ? offset : 0);
        ulong d = op->C + ((op->Flags & 4) != 0 ? offset : 0);
        Check(c, op->Number, ChildSys.Call(op->Number, (long)a, (long)b, (long)d, (long)op->D, (long)op->E, (long)op->F));
    }

    /// <summary>Tells the runtime that a gate is reached, and waits for its answer. With <paramref name="passwd"/>, the
    /// container's /etc/passwd travels along, where there is one.</summary>
    static void AtGate(ChildContext* c, ulong gate, ulong passwd = 0)
    {
        if (passwd != 0)
        {
            SendPasswd(c);
        }
        // Records have one size and the socket is SOCK_SEQPACKET (unix(7)), which keeps their borders: one write is one read,
        // never a part of one.
        Record record;
        Fill(&record, RecordType.Gate, c->Step, 0, 0, gate);
        Check(c, Sys.write, ChildSys.Call(Sys.write, c->Channel, (long)&record, Record.Size));
        long got;
        do
        {
            got = ChildSys.Call(Sys.read, c->Channel, (long)&record, Record.Size);
        }
        while (got == -EINTR);
        if (got != Record.Size)
        {
            // 0: the runtime is gone, whose end of the channel was open nowhere else. Nobody would ever let this process go on.
            Exit(1);
        }
    }

    static void Fill(Record* record, RecordType type, uint step, uint call, int errno, ulong aux)
    {
        record->Type = type;
        record->Step = step;
        record->Call = call;
        record->Errno = errno;
        record->Aux = aux;
        record->Aux2 = 0;
    }

    /// <summary>Returns the result of a system call, or ends the process with an error record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Check(ChildContext* c, long call, long result)
    {
        if (result < 0)
        {
            Fail(c, call, (int)-result);
        }
        return (int)result;
    }

    /// <summary>Tells the runtime which step failed, in which call, with which errno: numbers only, for the runtime has the
    /// plan and makes the text of it. Nothing helps when even this write fails. Not inlined, as each call of
    /// <see cref="Check"/> would bring a copy.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Fail(ChildContext* c, long call, int errno, ulong aux = 0)
    {
        Record record;
        Fill(&record, RecordType.Error, c->Step, (uint)call, errno, aux);
        ChildSys.Call(Sys.write, c->Channel, (long)&record, Record.Size);
        Exit(1);
    }

    /// <summary>exit_group(2), and not exit(3): handlers and buffers in this memory are copies of the runtime's. The call does
    /// not return; the loop is for the compiler.</summary>
    static void Exit(int status)
    {
        while (true)
        {
            ChildSys.Call(Sys.exit_group, status);
        }
    }

    /// <summary>close(2); its errors are of no use: the number is free in any case, and -1 is EBADF.</summary>
    static void Close(int fd) => ChildSys.Call(Sys.close, fd);

    /// <summary>Sends a descriptor with a record; errors of the channel end the process.</summary>
    static void SendDescriptor(ChildContext* c, DescriptorKind kind, int fd)
    {
        Record record;
        Fill(&record, RecordType.Descriptor, c->Step, 0, 0, (ulong)kind);
        var iov = new Iovec { iov_base = &record, iov_len = Record.Size };
        // struct cmsghdr {len, SOL_SOCKET, SCM_RIGHTS} and one int: 16 + 4 bytes long, in a room of 24 (CMSG_LEN, CMSG_SPACE,
        // cmsg(3)).
        ulong* control = stackalloc ulong[3];
        control[0] = 20;
        control[1] = SOL_SOCKET | (ulong)SCM_RIGHTS << 32;
        control[2] = (uint)fd;
        var message = new Msghdr { msg_iov = &iov, msg_iovlen = 1, msg_control = control, msg_controllen = 24 };
        Check(c, Sys.sendmsg, ChildSys.Call(Sys.sendmsg, c->Channel, (long)&message, 0));
    }

    /// <summary>A regular file only, and never one that blocks: the rootfs is hostile. Parsing it has no bound, so the runtime
    /// does that; this process, which sees the container's mounts, opens it. O_NONBLOCK: a FIFO in its place would wait for a
    /// writer; what is no regular file the runtime refuses.</summary>
    static void SendPasswd(ChildContext* c)
    {
        ReadOnlySpan<byte> path = "/etc/passwd\0"u8;
        fixed (byte* p = path)
        {
            long fd = OpenIn(c->Root, p, O_NONBLOCK | O_CLOEXEC, 0);
            if (fd >= 0)
            {
                SendDescriptor(c, DescriptorKind.Passwd, (int)fd);
                Close((int)fd);
            }
        }
    }

    /// <summary>Takes close-on-exec off again, which <see cref="CleanStart"/> gave to all: the init program needs this
    /// one.</summary>
    static void KeepOpen(ChildContext* c, int fd)
    {
        if (fd >= 0)
        {
            Check(c, Sys.fcntl, ChildSys.Call(Sys.fcntl, fd, F_SETFD, 0));
        }
    }

    /// <summary>Executes the sealed program by its descriptor (execveat(2), AT_EMPTY_PATH): no path of the container plays a
    /// part. From here on /proc/PID/exe leads to a memfd of a few pages that nobody can write to, not to the runtime's binary
    /// (CVE-2019-5736).</summary>
    static void ExecInit(ChildContext* c)
    {
        KeepOpen(c, c->Channel);
        KeepOpen(c, c->StartSocket);
        KeepOpen(c, c->InitProc);
        ReadOnlySpan<byte> empty = "\0"u8;
        ReadOnlySpan<byte> name = "oci-run\0"u8;
        ReadOnlySpan<byte> word = "init\0"u8;
        fixed (byte* e = empty, n = name, w = word)
        {
            byte** argv = stackalloc byte*[3];
            argv[0] = n;
            argv[1] = w;
            argv[2] = null;
            // An empty environment: the init program needs none, and the payload's is in its own data.
            byte** envp = argv + 2;
            Check(c, Sys.execveat, ChildSys.Call(Sys.execveat, c->InitProgram, (long)e, (long)argv, (long)envp, AT_EMPTY_PATH));
        }
    }
}
