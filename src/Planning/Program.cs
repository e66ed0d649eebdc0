using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OciRun.Planning;

/// <summary>What the container's first process does while it still runs in the runtime's image. One switch in the child performs them.</summary>
public enum OpCode : ushort
{
    /// <summary>Signals, umask and descriptors as the container's process has them.</summary>
    CleanStart,
    /// <summary>A: number. Tells the runtime that it was reached and waits for its answer.</summary>
    Gate,
    /// <summary>A: system call number, B..F: its arguments; bit n of Flags marks argument n as an offset into the data.</summary>
    Call,
    /// <summary>A: offset of a JoinArgs list, B: its length.</summary>
    JoinNamespaces,
    /// <summary>A: CLONE_* kinds. Joins the namespaces of the process whose pidfd is in slot 0, and takes its root.</summary>
    JoinContainer,
    /// <summary>Becomes uid 0 and gid 0 of the user namespace.</summary>
    BecomeRoot,
    /// <summary>A: CLONE_* flags: goes on in a child of its own, which the runtime adopts.</summary>
    CloneAgain,
    LoopbackUp,
    /// <summary>A: MS_* propagation for the whole tree at "/". B: 1 when the mount above the rootfs (C: path) is to be made private as well.</summary>
    SetPropagation,
    /// <summary>A: path of the rootfs. Mounts it onto itself and opens it.</summary>
    BindRoot,
    /// <summary>A: path of the rootfs. Opens it without a mount namespace of its own.</summary>
    OpenRoot,
    /// <summary>A: offset of a MountArgs.</summary>
    Mount,
    /// <summary>A: offset of a NodeArgs.</summary>
    MakeNode,
    /// <summary>A: link target, B: path inside the root; Flags 1: replaces what is there, 2: only if the target exists on the host.</summary>
    Symlink,
    /// <summary>A: path inside the root.</summary>
    Mask,
    /// <summary>A: path inside the root.</summary>
    ReadOnlyPath,
    /// <summary>A: slot of a mount made earlier. Sets the read-only attribute that was held back.</summary>
    SealMount,
    /// <summary>Makes the root mount read-only.</summary>
    SealRoot,
    /// <summary>A: path below /proc/sys, B: value, C: its length.</summary>
    Sysctl,
    /// <summary>A: path inside the root. Makes the directory and its parents where missing.</summary>
    MakeDirectory,
    PivotRoot,
    MoveRoot,
    ChangeRoot,
    /// <summary>A: key description.</summary>
    JoinSessionKeyring,
    /// <summary>A: SELinux label of keys that the process makes, B: its length.</summary>
    LabelKeys,
    /// <summary>A: uid, B: gid. Makes the standard streams belong to the payload.</summary>
    OwnStandardStreams,
    /// <summary>A: 1 for /dev/console as well, B: columns, C: rows. Allocates a pseudo terminal and sends its master.</summary>
    Terminal,
    /// <summary>Goes on in the parked init program.</summary>
    ExecInit,
}

/// <summary>One operation: 64 bytes, the same in the builder, in memory and in the child.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Op
{
    public OpCode Code;
    public ushort Step;
    public uint Flags;
    public ulong A;
    public ulong B;
    public ulong C;
    public ulong D;
    public ulong E;
    public ulong F;
    public ulong G;
}

/// <summary>A namespace to join: the descriptor is opened by the runtime and stands in a slot.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct JoinArgs
{
    public int Slot;
    /// <summary>CLONE_NEW* of its kind.</summary>
    public uint Kind;
}

/// <summary>Flags of <see cref="MountArgs"/>.</summary>
[Flags]
public enum MountArgFlags : uint
{
    None = 0,
    Bind = 1,
    Recursive = 2,
    SourceNoFollow = 4,
    DestinationNoFollow = 8,
    CopySymlink = 16,
    /// <summary>The target must be a real directory, no link (proc, sysfs).</summary>
    RealDirectory = 32,
    /// <summary>tmpfs without a mode= of its own: takes mode and owner of the directory that it covers.</summary>
    InheritMode = 64,
    CopyUp = 128,
    RecursiveIdMap = 256,
    /// <summary>Changes attributes of the mount that is at the destination already.</summary>
    Remount = 512,
    /// <summary>The target may lie on procfs.</summary>
    OnProcAllowed = 1024,
    /// <summary>The destination is the root of procfs: only procfs may be mounted there.</summary>
    OnlyProcSource = 2048,
    /// <summary>A word longer than fsconfig(2) takes (255 bytes) or a flag it does not know: mount(2).</summary>
    Legacy = 4096,
    /// <summary>Binds the host's cgroup2 mount or the container's own part of it.</summary>
    CgroupFallback = 8192,
    /// <summary>sysfs or proc in a user namespace that may not make a new one: the host's, recursively.</summary>
    HostFallback = 16384,
    /// <summary>LegacyData is the SELinux label of the file system's root, which takes none as an option.</summary>
    LabelRoot = 32768,
}

/// <summary>Arguments of <see cref="OpCode.Mount"/>. Strings are offsets into the data, 0 for none.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MountArgs
{
    public uint Source;
    public uint Destination;
    public uint Type;
    /// <summary>Words for fsconfig(2), each NUL-terminated, the last followed by an empty one.</summary>
    public uint Data;
    /// <summary>The same comma-joined, for mount(2).</summary>
    public uint LegacyData;
    public MountArgFlags Flags;
    public ulong AttrSet;
    public ulong AttrClear;
    public ulong RecursiveAttrSet;
    public ulong RecursiveAttrClear;
    public ulong LegacyFlags;
    /// <summary>Up to four propagation changes, MS_* in order, 0 ends.</summary>
    public uint Propagation0;
    public uint Propagation1;
    public uint Propagation2;
    public uint Propagation3;
    /// <summary>Slot of a descriptor for the source that the runtime opened, -1 to open it by path.</summary>
    public int SourceSlot;
    /// <summary>Slot of the user namespace to map ids by, -1 for none.</summary>
    public int IdMapSlot;
    /// <summary>Slot that keeps the mount for a later <see cref="OpCode.SealMount"/>, -1 for none.</summary>
    public int KeepSlot;
    /// <summary>For a bind: path of the fall-back source.</summary>
    public uint FallbackSource;
    /// <summary>Slot of the pid namespace that a procfs shows, -1 for the mounter's own.</summary>
    public int PidNamespaceSlot;
}

/// <summary>Arguments of <see cref="OpCode.MakeNode"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct NodeArgs
{
    public uint Path;
    /// <summary>S_IF* and permission bits.</summary>
    public uint Mode;
    public ulong Device;
    public uint Uid;
    public uint Gid;
    /// <summary>1: bind the host's node of the same name instead of making one; 2: a user's own node, that an existing one must match.</summary>
    public uint Flags;
    public uint HostPath;
}

/// <summary>Collects the operations of the first process. Pure: bytes in, bytes out.</summary>
public sealed class ProgramBuilder
{
    Op[] _ops = new Op[64];
    byte[] _data = new byte[4096];
    int _length = 8;

    public int Count { get; private set; }
    /// <summary>The step that operations are being added for.</summary>
    public int Step { get; set; }
    /// <summary>How many descriptor slots the program needs.</summary>
    public required int Slots { get; init; }

    public ReadOnlySpan<Op> Ops => _ops.AsSpan(0, Count);
    public ReadOnlySpan<byte> Data => _data.AsSpan(0, _length);

    public void Add(OpCode code, ulong a = 0, ulong b = 0, ulong c = 0, uint flags = 0)
    {
        if (Count == _ops.Length)
        {
            Array.Resize(ref _ops, _ops.Length * 2);
        }
        _ops[Count++] = new Op { Code = code, Step = (ushort)Step, Flags = flags, A = a, B = b, C = c };
    }

    /// <summary>A system call with constant arguments; <paramref name="dataArguments"/> has bit n set where argument n is an offset.</summary>
    public void Call(long number, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0, ulong e = 0, uint dataArguments = 0)
    {
        Add(OpCode.Call, (ulong)number, a, b, dataArguments);
        ref Op op = ref _ops[Count - 1];
        op.D = c;
        op.E = d;
        op.F = e;
    }

    /// <summary>Adds a NUL-terminated string and returns its offset; null gives 0, which means none.</summary>
    public uint String(string? value)
    {
        if (value is null)
        {
            return 0;
        }
        int size = Encoding.UTF8.GetByteCount(value);
        int start = Reserve(size + 1, 1);
        Encoding.UTF8.GetBytes(value, _data.AsSpan(start, size));
        return (uint)start;
    }

    /// <summary>Adds raw bytes on an 8-byte boundary and returns their offset.</summary>
    public uint Bytes(ReadOnlySpan<byte> value)
    {
        int start = Reserve(value.Length, 8);
        value.CopyTo(_data.AsSpan(start));
        return (uint)start;
    }

    /// <summary>Adds a struct and returns its offset.</summary>
    public uint Struct<T>(in T value) where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        int start = Reserve(size, 8);
        MemoryMarshal.Write(_data.AsSpan(start), value);
        return (uint)start;
    }

    int Reserve(int size, int alignment)
    {
        int start = (_length + alignment - 1) & -alignment;
        while (start + size > _data.Length)
        {
            Array.Resize(ref _data, _data.Length * 2);
        }
        _length = start + size;
        return start;
    }
}
