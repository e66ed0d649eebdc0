using System;
using OciRun.Kernel;

namespace OciRun.Planning.Steps;

/// <summary>Changes to process.cwd, before and if need be after the change of user, and makes sure that it is inside the
/// container's root (CVE-2024-21626).</summary>
public sealed class ChangeDirectoryStep : Step
{
    public required string Path { get; init; }
    /// <summary>Before the change of user.</summary>
    public required bool Early { get; init; }
    public override Phase Phase => Phase.Restrict;
    public override string? Subject => Path;
    public override string Text => Early ? "change to the directory " + Path
        : "make sure that the working directory is inside the root";

    public override void Lower(ProgramBuilder program)
    {
        Register done = program.RegisterFor("directory changed");
        Label behind = program.NewLabel();
        if (Early)
        {
            program.Set(done, 0);
            program.Call(Sys.chdir, program.String(Path), tolerate: Errno.EACCES, tolerateToo: Errno.EPERM, otherwise: behind);
            program.Set(done, 1);
            program.Mark(behind);
            return;
        }
        program.TestRegister(done, 0, otherwise: behind);
        program.Call(Sys.chdir, program.String(Path));
        program.Mark(behind);
        // The kernel marks what is outside as "(unreachable)". No path is too long to be looked at.
        program.Call(Sys.getcwd, InitImage.Scratch, Limits.PATH_MAX);
        program.TestMemory(InitImage.Scratch, 0xff, '/', errno: Errno.EXDEV, callNumber: Sys.getcwd);
    }

    public override string? Hint(string call, int errno) => (call, errno) switch
    {
        ("getcwd", _) => "the working directory is outside of the container's root",
        _ => null,
    };
}

/// <summary>Makes process.cwd where it is missing.</summary>
public sealed class WorkingDirectoryStep : Step
{
    public required string Path { get; init; }
    /// <summary>Where the path is looked up.</summary>
    public MountPlace Place { get; init; } = MountPlace.Rootfs;
    public override Phase Phase => Phase.Pivot;
    public override string? Subject => Path;
    public override string Text => "make the working directory " + Path + " (where it is missing)";
    public override void Lower(ProgramBuilder program) => program.AddAt(OpCode.MakeDirectory, Path, Place);
}
