using System;
using OciRun.Kernel;

namespace OciRun.Planning.Steps;

/// <summary>Allocates the payload's terminal in the container's own devpts and hands its master out.</summary>
public sealed class TerminalStep : Step
{
    public const string Multiplexer = "/dev/pts/ptmx";
    public const string ConsolePath = "/dev/console";
    public required bool Console { get; init; }
    /// <summary>Where /dev/pts/ptmx is looked up.</summary>
    public MountPlace Place { get; init; } = MountPlace.Rootfs;
    /// <summary>Where /dev/console is looked up, in a /dev of the host's.</summary>
    public MountPlace ConsolePlace { get; init; } = MountPlace.Rootfs;
    /// <summary>/dev is the host's: a /dev/console is covered where there is one, and none is made.</summary>
    public bool InSharedDev { get; init; }
    /// <summary>It becomes the terminal of this process, and not of its child.</summary>
    public bool LeadsSession { get; init; } = true;
    public required uint Rows { get; init; }
    public required uint Columns { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string Text => "allocate a terminal" + (Console ? ", bind it on /dev/console" : "") +
        (Rows > 0 && Columns > 0 ? $", {Columns} columns by {Rows} rows" : "");

    public override void Lower(ProgramBuilder program) =>
        program.Add(OpCode.Terminal, (Console ? 1UL : 0) | (Console && InSharedDev ? 2UL : 0), Columns, Rows,
            (byte)(LeadsSession ? 1 : 0), (ulong)(1 + Place.Slot),
            Place.Slot < 0 ? 0 : program.String(Multiplexer[Place.Rest..]), (ulong)(1 + ConsolePlace.Slot));

    public override string? Hint(string call, int errno) =>
        errno == Errno.ENOENT ? "a terminal needs a devpts mount on /dev/pts" : null;
}
