using System;
using System.Collections.Generic;
using OciRun.Kernel;
using static OciRun.Kernel.Mode;
using static OciRun.Kernel.StatMode;

namespace OciRun.Planning.Steps;

/// <summary>Propagation of everything in the new mount namespace, so that what the container mounts stays in it.</summary>
public sealed class PropagationStep : Step
{
    public required string Word { get; init; }
    public required ulong Flags { get; init; }
    /// <summary>The rootfs, when the mount above it must be made private because the propagation leaves it shared.</summary>
    public string? PrivateAbove { get; init; }
    public override Phase Phase => Phase.Root;
    public override string Text => "make all mounts " + Word + (PrivateAbove is null ? "" : ", and the one above the rootfs private");

    public override void Lower(ProgramBuilder program) =>
        program.Add(OpCode.SetPropagation, Flags, PrivateAbove is null ? 0UL : 1UL, program.String(PrivateAbove));
}

/// <summary>The rootfs becomes a mount of its own, opened once: everything below it is reached through that descriptor.</summary>
public sealed class RootfsStep : Step
{
    public required string Path { get; init; }
    public required bool HasMountNamespace { get; init; }
    public override Phase Phase => Phase.Root;
    public override string? Subject => Path;
    public override string Text => (HasMountNamespace ? "bind the rootfs " : "open the rootfs ") + Path;

    public override void Lower(ProgramBuilder program) =>
        program.Add(HasMountNamespace ? OpCode.BindRoot : OpCode.OpenRoot, program.String(Path));

    public override string? Hint(string call, int errno) => errno switch
    {
        Errno.EACCES => "every directory above the rootfs must be searchable for the root user of the container's user namespace",
        _ => null,
    };
}

/// <summary>Permission bits and owner of a node below /dev, and how it comes to be.</summary>
public sealed record DeviceNode(string Path, uint Mode, uint Major, uint Minor, uint Uid, uint Gid);

/// <summary>mknod(2) of a device, or a bind of the host's where the user namespace may not make one.</summary>
public sealed class DeviceStep : Step
{
    public required DeviceNode Node { get; init; }
    public required bool Bind { get; init; }
    /// <summary>From linux.devices: a different node in its place is an error, for a default device it is left alone.</summary>
    public required bool FromConfig { get; init; }
    public override Phase Phase => Phase.Root;
    public override string? Subject => Node.Path;
    public override string Text
    {
        get
        {
            char type = (Node.Mode & S_IFMT) switch { S_IFBLK => 'b', S_IFIFO => 'p', _ => 'c' };
            string what = $"{type} {Node.Major}:{Node.Minor} mode {System.Convert.ToString(Node.Mode & O7777, 8).PadLeft(4, '0')}" +
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
            Mode = Node.Mode,
            Device = Dev.Make(Node.Major, Node.Minor),
            Uid = Node.Uid,
            Gid = Node.Gid,
            Flags = (Bind ? 1u : 0) | (FromConfig ? 2u : 0),
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
        uint flags = (Replace ? 1u : 0) | (OnlyIfTargetExists ? 2u : 0);
        program.Add(OpCode.Symlink, program.String(Target), program.String(Path), 0, flags);
    }
}

/// <summary>Covers a path so that the container cannot read it: /dev/null over a file, an empty read-only tmpfs over a directory.</summary>
public sealed class MaskStep : Step
{
    public required string Path { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string? Subject => Path;
    public override string Text => "mask " + Path + " (where it exists)";
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.Mask, program.String(Path));
}

public sealed class ReadOnlyPathStep : Step
{
    public required string Path { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string? Subject => Path;
    public override string Text => "make " + Path + " read-only (where it exists)";
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.ReadOnlyPath, program.String(Path));
}

/// <summary>The read-only attribute of a mount that had to be writable until devices and mount points were made in it.</summary>
public sealed class SealMountStep : Step
{
    public required string Destination { get; init; }
    public required int Slot { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string? Subject => Destination;
    public override string Text => "make the mount " + Destination + " read-only";
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.SealMount, (ulong)Slot);
}

public sealed class ReadOnlyRootStep : Step
{
    public override Phase Phase => Phase.Pivot;
    public override string Text => "make the root file system read-only";
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.SealRoot);
}

/// <summary>A kernel parameter, written through the host's verified procfs.</summary>
public sealed class SysctlStep : Step
{
    public required string Key { get; init; }
    public required string Value { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string? Subject => Key;
    public override string Text => "set " + Key + " = " + Value;

    public override void Lower(ProgramBuilder program)
    {
        int size = System.Text.Encoding.UTF8.GetByteCount(Value);
        program.Add(OpCode.Sysctl, program.String("sys/" + PathOf(Key)), program.String(Value), (ulong)size);
    }

    /// <summary>sysctl.d(5): the first of '.' and '/' is the separator, the other one is literal.</summary>
    public static string PathOf(string key)
    {
        int first = key.AsSpan().IndexOfAny('.', '/');
        if (first < 0 || key[first] == '/')
        {
            return key;
        }
        return string.Create(key.Length, key, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = source[i] switch { '.' => '/', '/' => '.', char c => c };
            }
        });
    }

    public override string? Hint(string call, int errno) =>
        errno == Errno.ENOENT ? "this kernel has no such parameter in the container's namespaces" : null;
}

/// <summary>Makes process.cwd where it is missing.</summary>
public sealed class WorkingDirectoryStep : Step
{
    public required string Path { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string? Subject => Path;
    public override string Text => "make the working directory " + Path + " (where it is missing)";
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.MakeDirectory, program.String(Path));
}

/// <summary>How the rootfs becomes "/".</summary>
public enum RootSwitch
{
    Pivot,
    Move,
    Chroot,
}

public sealed class SwitchRootStep : Step
{
    public required RootSwitch Way { get; init; }
    /// <summary>Propagation of the new "/", from linux.rootfsPropagation, 0 for none.</summary>
    public required ulong Propagation { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string Text => Way switch
    {
        RootSwitch.Pivot => "pivot to the rootfs and unmount the host's root",
        RootSwitch.Move => "move the rootfs over / and chroot to it",
        _ => "chroot to the rootfs",
    };

    public override void Lower(ProgramBuilder program)
    {
        program.Add(Way switch { RootSwitch.Pivot => OpCode.PivotRoot, RootSwitch.Move => OpCode.MoveRoot, _ => OpCode.ChangeRoot }, Propagation);
    }

    public override string? Hint(string call, int errno) => Way == RootSwitch.Pivot && errno == Errno.EINVAL
        ? "pivot_root does not work on an initramfs: use --no-pivot"
        : null;
}
