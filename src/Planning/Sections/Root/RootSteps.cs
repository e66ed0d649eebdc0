using System;
using System.Collections.Generic;
using System.Linq;
using OciRun.Kernel;

namespace OciRun.Planning.Steps;

/// <summary>Propagation of everything in the new mount namespace, so that what the container mounts stays in it.</summary>
public sealed class PropagationStep : Step
{
    public required string Word { get; init; }
    public required ulong Flags { get; init; }
    /// <summary>The rootfs, when the mount above it must be made private because the propagation leaves it shared.</summary>
    public string? PrivateAbove { get; init; }
    public override Phase Phase => Phase.Root;
    public override string Text => "make all mounts " + Word +
        (PrivateAbove is null ? "" : ", and the one above the rootfs private");

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

/// <summary>Covers a path so that the container cannot read it: /dev/null over a file, an empty read-only tmpfs over a
/// directory.</summary>
public sealed class MaskStep : Step
{
    public required string Path { get; init; }
    /// <summary>Where the path is looked up.</summary>
    public MountPlace Place { get; init; } = MountPlace.Rootfs;
    /// <summary>A hook may have mounted something over the place: what its name leads to is masked too.</summary>
    public bool AfterHooks { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string? Subject => Path;
    public override string Text => "mask " + Path + " (where it exists)";
    public override void Lower(ProgramBuilder program)
    {
        program.AddAt(OpCode.Mask, Path, Place);
        if (AfterHooks && Place.Slot >= 0)
        {
            program.AddAt(OpCode.Mask, Path, MountPlace.Rootfs);
        }
    }
}

/// <summary>A path that the container can read only.</summary>
public sealed class ReadOnlyPathStep : Step
{
    public required string Path { get; init; }
    /// <summary>Where the path is looked up.</summary>
    public MountPlace Place { get; init; } = MountPlace.Rootfs;
    /// <summary>As of <see cref="MaskStep"/>.</summary>
    public bool AfterHooks { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string? Subject => Path;
    public override string Text => "make " + Path + " read-only (where it exists)";
    public override void Lower(ProgramBuilder program)
    {
        program.AddAt(OpCode.ReadOnlyPath, Path, Place);
        if (AfterHooks && Place.Slot >= 0)
        {
            program.AddAt(OpCode.ReadOnlyPath, Path, MountPlace.Rootfs);
        }
    }
}

public sealed class ReadOnlyRootStep : Step
{
    public override Phase Phase => Phase.Pivot;
    public override string Text => "make the root file system read-only";
    public override void Lower(ProgramBuilder program) => program.Add(OpCode.SealRoot);
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
    /// <summary>Where the host has mounts on its root, which a move would leave below.</summary>
    public IReadOnlyList<string> Below { get; init; } = [];
    public override Phase Phase => Phase.Pivot;
    public override string Text => Way switch
    {
        RootSwitch.Pivot => "pivot to the rootfs and unmount the host's root",
        RootSwitch.Move => "move the rootfs over /, take away what is mounted below, and chroot to it",
        _ => "chroot to the rootfs",
    };

    public override void Lower(ProgramBuilder program)
    {
        program.Add(Way switch
        {
            RootSwitch.Pivot => OpCode.PivotRoot,
            RootSwitch.Move => OpCode.MoveRoot,
            _ => OpCode.ChangeRoot
        }, Propagation, Way == RootSwitch.Move ? program.String(string.Concat(Below.Select(p => p[1..] + "\0"))) : 0);
    }

    public override string? Hint(string call, int errno) => Way == RootSwitch.Pivot && errno == Errno.EINVAL
        ? "pivot_root does not work on an initramfs: use --no-pivot"
        : null;
}
