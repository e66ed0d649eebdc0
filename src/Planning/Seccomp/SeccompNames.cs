using static OciRun.Kernel.SeccompFilterFlags;
using static OciRun.Kernel.SeccompRet;

namespace OciRun.Planning.Seccomp;

enum SeccompOperator : byte
{
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    MaskedEqual,
}

/// <summary>The words of config-linux.md, "Seccomp", for validation and for <c>features</c>.</summary>
public static class SeccompNames
{
    /// <summary>Return values without data.</summary>
    public static WordTable<uint> Actions { get; } = new(
        ("SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW),
        ("SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO),
        ("SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD),
        ("SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD),
        ("SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS),
        ("SCMP_ACT_TRAP", SECCOMP_RET_TRAP),
        ("SCMP_ACT_TRACE", SECCOMP_RET_TRACE),
        ("SCMP_ACT_LOG", SECCOMP_RET_LOG),
        ("SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF));

    internal static WordTable<SeccompOperator> Operators { get; } = new(
        ("SCMP_CMP_EQ", SeccompOperator.Equal),
        ("SCMP_CMP_NE", SeccompOperator.NotEqual),
        ("SCMP_CMP_GT", SeccompOperator.Greater),
        ("SCMP_CMP_GE", SeccompOperator.GreaterOrEqual),
        ("SCMP_CMP_LT", SeccompOperator.Less),
        ("SCMP_CMP_LE", SeccompOperator.LessOrEqual),
        ("SCMP_CMP_MASKED_EQ", SeccompOperator.MaskedEqual));

    /// <summary>Flags of seccomp(2).</summary>
    public static WordTable<uint> Flags { get; } = new(
        (nameof(SECCOMP_FILTER_FLAG_TSYNC), SECCOMP_FILTER_FLAG_TSYNC),
        (nameof(SECCOMP_FILTER_FLAG_LOG), SECCOMP_FILTER_FLAG_LOG),
        (nameof(SECCOMP_FILTER_FLAG_SPEC_ALLOW), SECCOMP_FILTER_FLAG_SPEC_ALLOW),
        (nameof(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV), SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV));

    /// <summary>How strict a return value is by the kernel's order (seccomp(2), "precedence"): bigger is stricter.</summary>
    internal static int Strictness(uint value) => (value & SECCOMP_RET_ACTION_FULL) switch
    {
        SECCOMP_RET_KILL_PROCESS => 7,
        SECCOMP_RET_KILL_THREAD => 6,
        SECCOMP_RET_TRAP => 5,
        SECCOMP_RET_ERRNO => 4,
        SECCOMP_RET_USER_NOTIF => 3,
        SECCOMP_RET_TRACE => 2,
        SECCOMP_RET_LOG => 1,
        _ => 0,
    };

    /// <summary>The action as a person reads it: <c>ERRNO(1)</c>, <c>ALLOW</c>.</summary>
    public static string Describe(uint value)
    {
        uint data = value & SECCOMP_RET_DATA;
        return (value & SECCOMP_RET_ACTION_FULL) switch
        {
            SECCOMP_RET_KILL_PROCESS => "KILL_PROCESS",
            SECCOMP_RET_KILL_THREAD => "KILL_THREAD",
            SECCOMP_RET_TRAP => "TRAP",
            SECCOMP_RET_ERRNO => "ERRNO(" + data.ToString() + ")",
            SECCOMP_RET_USER_NOTIF => "NOTIFY",
            SECCOMP_RET_TRACE => "TRACE(" + data.ToString() + ")",
            SECCOMP_RET_LOG => "LOG",
            _ => "ALLOW",
        };
    }
}
