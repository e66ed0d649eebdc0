using System;
using System.Runtime.InteropServices;

namespace OciRun.Planning;

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
    /// <summary>The mount's id is noted for <see cref="OpCode.LookAtMount"/>.</summary>
    Look = 65536,
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
    /// <summary>Slot that keeps the mount for a later <see cref="OpCode.SealMount"/>, and for what is looked up below it; -1 for
    /// none.</summary>
    public int KeepSlot;
    /// <summary>For a bind: path of the fall-back source.</summary>
    public uint FallbackSource;
    /// <summary>Slot of the pid namespace that a procfs shows, -1 for the mounter's own.</summary>
    public int PidNamespaceSlot;
    /// <summary>Slot of the mount that the destination is looked up in, -1 for the root.</summary>
    public int BelowSlot;
    /// <summary>What is looked up there.</summary>
    public uint Below;
    /// <summary>Takes the id of the mount that was made (statx(2)).</summary>
    public ulong MountId;
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
    /// <summary>1: bind the host's node of the same name instead of making one; 2: a user's own node, that an existing one must
    /// match; 4: /dev is shared with the host, so that the path is looked up where it leads.</summary>
    public uint Flags;
    public uint HostPath;
    /// <summary>Slot of the mount that the path is looked up in, -1 for the root or the container's own /dev.</summary>
    public int BelowSlot;
    /// <summary>What is looked up there.</summary>
    public uint Below;
}
