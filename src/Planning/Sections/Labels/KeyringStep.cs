using System;
using System.Text;
using OciRun.Kernel;

namespace OciRun.Planning.Steps;

/// <summary>Joins a new session keyring (keyctl(2)), so that the caller's keys stay out of the container.</summary>
public sealed class KeyringStep : Step
{
    /// <summary>SELinux label of the keyring, so that the payload may use it; null where SELinux is off.</summary>
    public string? Label { get; init; }
    public override Phase Phase => Phase.Isolate;
    public override string? Subject => Label;
    public override string Text => "join a new session keyring" + (Label is null ? "" : " with the label " + Label);

    public override void Lower(ProgramBuilder program)
    {
        if (Label is not null)
        {
            program.Add(OpCode.LabelKeys, program.String(Label), (ulong)Encoding.UTF8.GetByteCount(Label));
        }
        program.Add(OpCode.JoinSessionKeyring);
    }

    public override string? Hint(string call, int errno) => (call, errno) switch
    {
        (_, Errno.EDQUOT) =>
            "the quota of keys is used up (not disk space): raise /proc/sys/kernel/keys/maxkeys and maxbytes, or use " +
            "--no-new-keyring",
        ("write", Errno.EINVAL) => LabelStep.UnknownLabel,
        _ => null,
    };
}
