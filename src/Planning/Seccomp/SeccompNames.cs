using System;
using OciRun.Kernel;

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
    public static string[] Actions =>
    [
        "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",
        "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
    ];

    public static string[] Operators =>
    [
        "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE",
    ];

    public static string[] Architectures =>
    [
        "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
        "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PARISC",
        "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390",
        "SCMP_ARCH_S390X", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64",
    ];

    public static string[] Flags =>
    [
        "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    ];

    /// <summary>The return value without data, or null when the word is unknown.</summary>
    public static uint? Action(string? name) => name switch
    {
        "SCMP_ACT_ALLOW" => SeccompRet.SECCOMP_RET_ALLOW,
        "SCMP_ACT_ERRNO" => SeccompRet.SECCOMP_RET_ERRNO,
        "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => SeccompRet.SECCOMP_RET_KILL_THREAD,
        "SCMP_ACT_KILL_PROCESS" => SeccompRet.SECCOMP_RET_KILL_PROCESS,
        "SCMP_ACT_TRAP" => SeccompRet.SECCOMP_RET_TRAP,
        "SCMP_ACT_TRACE" => SeccompRet.SECCOMP_RET_TRACE,
        "SCMP_ACT_LOG" => SeccompRet.SECCOMP_RET_LOG,
        "SCMP_ACT_NOTIFY" => SeccompRet.SECCOMP_RET_USER_NOTIF,
        _ => null,
    };

    internal static SeccompOperator? Operator(string? name) => name switch
    {
        "SCMP_CMP_EQ" => SeccompOperator.Equal,
        "SCMP_CMP_NE" => SeccompOperator.NotEqual,
        "SCMP_CMP_GT" => SeccompOperator.Greater,
        "SCMP_CMP_GE" => SeccompOperator.GreaterOrEqual,
        "SCMP_CMP_LT" => SeccompOperator.Less,
        "SCMP_CMP_LE" => SeccompOperator.LessOrEqual,
        "SCMP_CMP_MASKED_EQ" => SeccompOperator.MaskedEqual,
        _ => null,
    };

    /// <summary>The flag's bit, or 0 when the word is unknown.</summary>
    public static uint Flag(string? name) => name switch
    {
        "SECCOMP_FILTER_FLAG_TSYNC" => SeccompFilterFlags.SECCOMP_FILTER_FLAG_TSYNC,
        "SECCOMP_FILTER_FLAG_LOG" => SeccompFilterFlags.SECCOMP_FILTER_FLAG_LOG,
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => SeccompFilterFlags.SECCOMP_FILTER_FLAG_SPEC_ALLOW,
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => SeccompFilterFlags.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
        _ => 0,
    };

    /// <summary>How strict a return value is by the kernel's order (seccomp(2), "precedence"): bigger is stricter.</summary>
    internal static int Strictness(uint value) => (value & SeccompRet.SECCOMP_RET_ACTION_FULL) switch
    {
        SeccompRet.SECCOMP_RET_KILL_PROCESS => 7,
        SeccompRet.SECCOMP_RET_KILL_THREAD => 6,
        SeccompRet.SECCOMP_RET_TRAP => 5,
        SeccompRet.SECCOMP_RET_ERRNO => 4,
        SeccompRet.SECCOMP_RET_USER_NOTIF => 3,
        SeccompRet.SECCOMP_RET_TRACE => 2,
        SeccompRet.SECCOMP_RET_LOG => 1,
        _ => 0,
    };

    /// <summary>The action as a person reads it: <c>ERRNO(1)</c>, <c>ALLOW</c>.</summary>
    public static string Describe(uint value)
    {
        uint data = value & SeccompRet.SECCOMP_RET_DATA;
        return (value & SeccompRet.SECCOMP_RET_ACTION_FULL) switch
        {
            SeccompRet.SECCOMP_RET_KILL_PROCESS => "KILL_PROCESS",
            SeccompRet.SECCOMP_RET_KILL_THREAD => "KILL_THREAD",
            SeccompRet.SECCOMP_RET_TRAP => "TRAP",
            SeccompRet.SECCOMP_RET_ERRNO => "ERRNO(" + data.ToString() + ")",
            SeccompRet.SECCOMP_RET_USER_NOTIF => "NOTIFY",
            SeccompRet.SECCOMP_RET_TRACE => "TRACE(" + data.ToString() + ")",
            SeccompRet.SECCOMP_RET_LOG => "LOG",
            _ => "ALLOW",
        };
    }
}
