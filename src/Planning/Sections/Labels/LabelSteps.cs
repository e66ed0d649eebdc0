using System.Text;
using OciRun.Kernel;
using static OciRun.Kernel.OpenFlags;

namespace OciRun.Planning.Steps;

/// <summary>The confinement of the payload by a Linux security module, written to the process's own attributes; it takes effect
/// at execve(2). Only the process itself may write them, with a descriptor that it opened after its last execve(2) (Linux 5.13),
/// so the init program does: through the host's procfs, which the runtime opened and verified, for what the container has at
/// /proc may swallow the write (CVE-2019-16884, CVE-2025-52881).</summary>
public sealed class LabelStep : Step
{
    public required string Label { get; init; }
    /// <summary>An AppArmor profile; else an SELinux label.</summary>
    public required bool AppArmor { get; init; }
    /// <summary>The kernel has no other reason to refuse a label with EINVAL.</summary>
    internal const string UnknownLabel = "the loaded SELinux policy does not know this label";
    public override Phase Phase => Phase.Restrict;
    public override string? Subject => Label;
    public override string Text => (AppArmor ? "confine the payload by the AppArmor profile "
        : "give the payload the SELinux label ") + Label;

    public override void Lower(ProgramBuilder program)
    {
        Register file = program.RegisterFor("file");
        Label opened = program.NewLabel();
        if (AppArmor)
        {
            // attr/exec is of the first of the major modules, attr/apparmor/exec is AppArmor's own (Linux 5.8).
            program.Call(Sys.openat, (ulong)program.ProcFd, program.String("thread-self/attr/apparmor/exec"),
                O_WRONLY | O_CLOEXEC, result: file,
                tolerate: Errno.ENOENT, then: opened);
        }
        program.Call(Sys.openat, (ulong)program.ProcFd, program.String("thread-self/attr/exec"), O_WRONLY | O_CLOEXEC,
            result: file);
        program.Mark(opened);
        string text = AppArmor ? "exec " + Label : Label;
        program.Call(Sys.write, 0, program.String(text), (ulong)Encoding.UTF8.GetByteCount(text), firstFrom: file);
        program.Call(Sys.close, firstFrom: file);
    }

    public override string? Hint(string call, int errno) => (AppArmor, errno) switch
    {
        (true, Errno.ENOENT) => "the profile is not loaded: see apparmor_parser(8) and /sys/kernel/security/apparmor/profiles",
        (true, Errno.EACCES) => "the caller's own profile does not let it change to this one",
        (false, Errno.EINVAL) => UnknownLabel,
        (false, Errno.EACCES) => "the policy does not let the caller use this label",
        _ => null,
    };
}

/// <summary>Gives up the host's procfs before the process becomes the payload's user.</summary>
public sealed class CloseProcStep : Step
{
    public override Phase Phase => Phase.Restrict;
    public override string Text => "close the host's /proc";
    public override void Lower(ProgramBuilder program) => program.Call(Sys.close, (ulong)program.ProcFd);
}
