using System;
using OciRun.Kernel;
using static OciRun.Kernel.Mode;
using static OciRun.Kernel.StatMode;

namespace OciRun.Planning.Steps;

/// <summary>Permission bits and owner of a node below /dev, and how it comes to be.</summary>
public sealed record DeviceNode(string Path, uint Mode, uint Major, uint Minor, uint Uid, uint Gid);

/// <summary>mknod(2) of a device, or a bind of the host's where the user namespace may not make one.</summary>
public sealed class DeviceStep : Step
{
    public required DeviceNode Node { get; init; }
    public required bool Bind { get; init; }
    /// <summary>From linux.devices: a different node in its place is an error, for a default device it is left alone.</summary>
    public required bool FromConfig { get; init; }
    /// <summary>/dev is the host's: the node is made wherever its path leads, for the config asks for it.</summary>
    public bool InSharedDev { get; init; }
    /// <summary>Where the path is looked up, unless in the container's own /dev.</summary>
    public MountPlace Place { get; init; } = MountPlace.Rootfs;
    public override Phase Phase => Phase.Root;
    public override string? Subject => Node.Path;
    public override string Text
    {
        get
        {
            char type = (Node.Mode & S_IFMT) switch { S_IFBLK => 'b', S_IFIFO => 'p', _ => 'c' };
            string what =
                $"{type} {Node.Major}:{Node.Minor} mode {System.Convert.ToString(Node.Mode & O7777, 8).PadLeft(4, '0')}" +
                $" owner {Node.Uid}:{Node.Gid}";
            return (Bind ? "bind device " : "make device ") + Node.Path + " (" + what + ")";
        }
    }

    public override void Lower(ProgramBuilder program)
    {
        uint path = program.String(Node.Path);
        program.Add(OpCode.MakeNode, program.Struct(new NodeArgs
        {
            Path = path,
            HostPath = path,
            BelowSlot = Place.Slot,
            Below = program.PlaceOf(Place, Node.Path, path),
            Mode = Node.Mode,
            Device = Dev.Make(Node.Major, Node.Minor),
            Uid = Node.Uid,
            Gid = Node.Gid,
            Flags = (Bind ? 1u : 0) | (FromConfig ? 2u : 0) | (InSharedDev ? 4u : 0),
        }));
    }

    public override string? Hint(string call, int errno) => errno switch
    {
        Errno.EEXIST => "another kind of file is at that path in the rootfs",
        Errno.EPERM => "making device nodes needs CAP_MKNOD in the initial user namespace",
        _ => null,
    };
}

/// <summary>A link below /dev (config-linux.md, "Default Devices" and "Symbolic Links").</summary>
public sealed class SymlinkStep : Step
{
    public required string Target { get; init; }
    public required string Path { get; init; }
    /// <summary>Takes the place of a file that is there (ptmx).</summary>
    public bool Replace { get; init; }
    /// <summary>Only when the target exists on the host (/proc/kcore).</summary>
    public bool OnlyIfTargetExists { get; init; }
    public override Phase Phase => Phase.Root;
    public override string? Subject => Path;
    public override string Text => "link " + Path + " -> " + Target;

    public override void Lower(ProgramBuilder program)
    {
        byte flags = (byte)((Replace ? 1 : 0) | (OnlyIfTargetExists ? 2 : 0));
        program.Add(OpCode.Symlink, program.String(Target), program.String(Path), 0, flags);
    }
}
