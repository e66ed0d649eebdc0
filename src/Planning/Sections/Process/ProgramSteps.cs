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
    public const int Found = 3;
    public override Phase Phase => Phase.Restrict;
    public override string? Subject => Name;
    public override string Text => "find the program " + Name + (Searches ? " in " + string.Join(", ", Candidates) : "");

    public override void Lower(InitImageBuilder image)
    {
        if (!Searches)
        {
            ulong path = image.String(Candidates[0]);
            image.Call(Sys.newfstatat, WorkingDirectory, path, InitImageBuilder.Scratch, 0);
            image.TestMemory(InitImageBuilder.Scratch + Stat.ModeOffset, S_IFMT, S_IFDIR, 0, otherwise: 2);
            image.Fail(Sys.execve, Errno.EISDIR);
            image.Call(Sys.faccessat2, WorkingDirectory, path, X_OK, AT_EACCESS);
            image.Set(Found, path);
            return;
        }
        // Each candidate is four operations; the last ends at the operation behind the final failure.
        for (int i = 0; i < Candidates.Count; i++)
        {
            short toFound = (short)((Candidates.Count - i - 1) * 4 + 2);
            ulong path = image.String(Candidates[i]);
            image.Call(Sys.newfstatat, WorkingDirectory, path, InitImageBuilder.Scratch, 0,
                tolerateToo: InitImageBuilder.AnyErrno, otherwise: 4);
            image.TestMemory(InitImageBuilder.Scratch + Stat.ModeOffset, S_IFMT, S_IFREG, 0, otherwise: 3);
            image.Call(Sys.faccessat2, WorkingDirectory, path, X_OK, AT_EACCESS, tolerateToo: InitImageBuilder.AnyErrno, otherwise: 2);
            image.Set(Found, path, then: toFound);
        }
        image.Fail(Sys.execve, Errno.ENOENT);
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

    public override void Lower(InitImageBuilder image)
    {
        var env = new List<string>(Env);
        if (HomeFromPasswd)
        {
            env.Add("HOME=" + image.Home);
        }
        image.Call(Sys.execve, 0, image.Vector(Args), image.Vector(env), firstFrom: FindProgramStep.Found);
    }

    public override string? Hint(string call, int errno) => errno switch
    {
        Errno.ENOEXEC => "the file is a program for another architecture, or a script without a #! line",
        Errno.ENOENT => "the program's interpreter or loader is missing in the container",
        Errno.E2BIG => "arguments and environment together are too long, or one is over 128 KiB",
        _ => null,
    };
}
