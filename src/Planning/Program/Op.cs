using System.Runtime.InteropServices;

namespace OciRun.Planning;

/// <summary>Where operations are performed. A step is of the stage that it stands in; <see cref="Steps.ExecInitStep"/> is the
/// last of the first and the first of the second.</summary>
public enum Stage
{
    /// <summary>The cloned process, still in the runtime's image: a switch over <see cref="OpCode"/>, one after the
    /// other.</summary>
    Clone,
    /// <summary>The sealed init program: machine code (InitCode.S) that knows system calls, registers, tests and jumps.</summary>
    Init,
}

/// <summary>What an operation does. The first five are the kinds of InitCode.S, by number; of these, <see cref="Stage.Clone"/>
/// has only <see cref="Call"/>. All others are of that stage alone.</summary>
public enum OpCode : byte
{
    /// <summary>System call <see cref="Op.Number"/> with the arguments A to F.</summary>
    Call = 0,
    /// <summary>register A = B.</summary>
    Set = 1,
    /// <summary>(*(u32 *)A &amp; B) == C.</summary>
    TestMemory = 2,
    /// <summary>register A == B.</summary>
    TestRegister = 3,
    /// <summary>Ends with an error record of system call <see cref="Op.Number"/> and errno D.</summary>
    Fail = 4,
    /// <summary>Signals, umask and descriptors as the container's process has them.</summary>
    CleanStart,
    /// <summary>A: number. Tells the runtime that it was reached and waits for its answer.</summary>
    Gate,
    /// <summary>A: offset of a JoinArgs list, B: its length.</summary>
    JoinNamespaces,
    /// <summary>A: CLONE_* kinds. Joins the namespaces of the process whose pidfd is in slot 0, and takes its root.</summary>
    JoinContainer,
    /// <summary>Becomes uid 0 and gid 0 of the user namespace.</summary>
    BecomeRoot,
    /// <summary>A: CLONE_* flags: goes on in a child of its own, which the runtime adopts.</summary>
    CloneAgain,
    LoopbackUp,
    /// <summary>A: MS_* propagation for the whole tree at "/". B: 1 when the mount above the rootfs (C: path) is to be made
    /// private as well.</summary>
    SetPropagation,
    /// <summary>A: path of the rootfs. Mounts it onto itself and opens it.</summary>
    BindRoot,
    /// <summary>A: path of the rootfs. Opens it without a mount namespace of its own.</summary>
    OpenRoot,
    /// <summary>A: offset of a MountArgs.</summary>
    Mount,
    /// <summary>A: offset of a NodeArgs.</summary>
    MakeNode,
    /// <summary>A: link target, B: path inside the root; Flags 1: replaces what is there, 2: only if the target exists on the
    /// host.</summary>
    Symlink,
    /// <summary>A: path inside the root; D: 1 + slot of the mount that it is looked up in, 0 for the root, E: what is looked up
    /// there.</summary>
    Mask,
    /// <summary>As <see cref="Mask"/>.</summary>
    ReadOnlyPath,
    /// <summary>A: slot of a mount made earlier. Sets the read-only attribute that was held back.</summary>
    SealMount,
    /// <summary>Makes the root mount read-only.</summary>
    SealRoot,
    /// <summary>A: path below /proc/sys, B: value, C: its length.</summary>
    Sysctl,
    /// <summary>As <see cref="Mask"/>. Makes the directory and its parents where missing.</summary>
    MakeDirectory,
    /// <summary>A: offset of a MountArgs. Fails when something else is at its destination; B: 1 when the container's root is this
    /// process's.</summary>
    LookAtMount,
    PivotRoot,
    /// <summary>A: propagation of the new root, B: paths below the old one, each with a NUL, and another at the end.</summary>
    MoveRoot,
    ChangeRoot,
    /// <summary>A new one, without a name.</summary>
    JoinSessionKeyring,
    /// <summary>A: SELinux label of keys that the process makes, B: its length.</summary>
    LabelKeys,
    /// <summary>A: uid, B: gid. Makes the standard streams belong to the payload.</summary>
    OwnStandardStreams,
    /// <summary>A: 1 for /dev/console as well, 3 only where there is one, B: columns, C: rows, D: 1 + slot of the mount that
    /// /dev/pts/ptmx is looked up in, 0 for the root, E: what is looked up there, F: 1 + slot for a console in a /dev of others.
    /// Allocates a pseudo terminal and sends its master.</summary>
    Terminal,
    /// <summary>Goes on in the parked init program.</summary>
    ExecInit,
}

/// <summary>One operation: 64 bytes, the same in the builder, in memory of the cloned process and in the file of the init
/// program, whose machine code has these offsets in it (InitCode.S; its test runs them).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Op
{
    /// <summary>System call number: of the call, or of the error of a test or <see cref="OpCode.Fail"/>.</summary>
    public ushort Number;
    public OpCode Code;
    /// <summary>1 + register that replaces argument A, 0 for none.</summary>
    public byte From;
    /// <summary>Index into <see cref="ContainerPlan.Steps"/>, for error records.</summary>
    public ushort Step;
    /// <summary>Tolerated error of a call, 0 for none.</summary>
    public ushort Errno;
    /// <summary>Another, <see cref="ProgramBuilder.AnyErrno"/> for all.</summary>
    public ushort AnotherErrno;
    /// <summary>How many operations to move on by after success, 0 for 1.</summary>
    public short Then;
    /// <summary>The same after a tolerated error (0 for 1) or a failed test (0: it fails with errno D).</summary>
    public short Else;
    /// <summary>1 + register that takes the result, 0 for none.</summary>
    public byte To;
    /// <summary>Of <see cref="Stage.Clone"/> only; of its calls, bit n marks argument n as an offset into the data.</summary>
    public byte Flags;
    public ulong A;
    public ulong B;
    public ulong C;
    public ulong D;
    public ulong E;
    public ulong F;
}
