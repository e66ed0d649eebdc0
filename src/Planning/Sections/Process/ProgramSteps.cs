using System;
using System.Collections.Generic;
using OciRun.Kernel;
using static OciRun.Kernel.Access;
using static OciRun.Kernel.AtFlags;
using static OciRun.Kernel.StatMode;

namespace OciRun.Planning.Steps;

/// <summary>Finds the program of args[0] as the final user, at create, so that a missing one is an error of create.</summary>
public sealed class FindProgramStep : Step
{
    public required string Name { get; init; }
    /// <summary>Paths to try in order; one, when the name has a slash.</summary>
    public required IReadOnlyList<string> Candidates { get; init; }
    public bool Searches => !Name.Contains('/');
    /// <summary>Register of the path that was found.</summary>
    public const string Found = "program";
    public override Phase Phase => Phase.Restrict;
    public override string? Subject => Name;
    public override string Text => "find the program " + Name + (Searches ? " in " + string.Join(", ", Candidates) : "");

    public override void Lower(ProgramBuilder program)
    {
        Register found = program.RegisterFor(Found);
        if (!Searches)
        {
            ulong path = program.String(Candidates[0]);
            Label noDirectory = program.NewLabel();
            program.Call(Sys.newfstatat, WorkingDirectory, path, InitImage.Scratch, 0);
            program.TestMemory(InitImage.Scratch + Stat.ModeOffset, S_IFMT, S_IFDIR, otherwise: noDirectory);
            program.Fail(Sys.execve, Errno.EISDIR);
            program.Mark(noDirectory);
            program.Call(Sys.faccessat2, WorkingDirectory, path, X_OK, AT_EACCESS);
            program.Set(found, path);
            return;
        }
        Label end = program.NewLabel();
        for (int i = 0; i < Candidates.Count; i++)
        {
            Label next = program.NewLabel();
            ulong path = program.String(Candidates[i]);
            program.Call(Sys.newfstatat, WorkingDirectory, path, InitImage.Scratch, 0,
                tolerateToo: ProgramBuilder.AnyErrno, otherwise: next);
            program.TestMemory(InitImage.Scratch + Stat.ModeOffset, S_IFMT, S_IFREG, otherwise: next);
            program.Call(Sys.faccessat2, WorkingDirectory, path, X_OK, AT_EACCESS,
                tolerateToo: ProgramBuilder.AnyErrno, otherwise: next);
            program.Set(found, path, then: end);
            program.Mark(next);
        }
        program.Fail(Sys.execve, Errno.ENOENT);
        program.Mark(end);
    }

    const ulong WorkingDirectory = unchecked((ulong)AT_FDCWD);
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

    public override void Lower(ProgramBuilder program)
    {
        var env = new List<string>(Env);
        if (HomeFromPasswd)
        {
            env.Add("HOME=" + program.Home);
        }
        program.Call(Sys.execve, 0, program.Vector(Args), program.Vector(env),
            firstFrom: program.RegisterFor(FindProgramStep.Found));
    }

    public override string? Hint(string call, int errno) => errno switch
    {
        Errno.ENOEXEC => "the file is a program for another architecture, or a script without a #! line",
        Errno.ENOENT => "the program's interpreter or loader is missing in the container",
        Errno.E2BIG => "arguments and environment together are too long, or one is over 128 KiB",
        _ => null,
    };
}
