using System;

namespace OciRun.Planning.Seccomp;

/// <summary>What a filter answers: SECCOMP_RET_* of linux/seccomp.h; the low 16 bits are an errno or a tracer's message.</summary>
public static class SeccompReturn
{
    public const uint KillProcess = 0x80000000;
    public const uint KillThread = 0x00000000;
    public const uint Trap = 0x00030000;
    public const uint Errno = 0x00050000;
    public const uint UserNotify = 0x7fc00000;
    public const uint Trace = 0x7ff00000;
    public const uint Log = 0x7ffc0000;
    public const uint Allow = 0x7fff0000;
    public const uint ActionMask = 0xffff0000;
    public const uint DataMask = 0x0000ffff;
}

/// <summary>SECCOMP_FILTER_FLAG_* of linux/seccomp.h.</summary>
public static class SeccompFilterFlags
{
    public const uint Tsync = 1;
    public const uint Log = 2;
    /// <summary>Linux 4.17.</summary>
    public const uint SpecAllow = 4;
    public const uint NewListener = 8;
    /// <summary>Linux 5.7; without it the kernel refuses TSYNC together with NEW_LISTENER.</summary>
    public const uint TsyncEsrch = 16;
    /// <summary>Linux 5.19; only together with NEW_LISTENER.</summary>
    public const uint WaitKillableRecv = 32;
}

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
        "SCMP_ACT_ALLOW" => SeccompReturn.Allow,
        "SCMP_ACT_ERRNO" => SeccompReturn.Errno,
        "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => SeccompReturn.KillThread,
        "SCMP_ACT_KILL_PROCESS" => SeccompReturn.KillProcess,
        "SCMP_ACT_TRAP" => SeccompReturn.Trap,
        "SCMP_ACT_TRACE" => SeccompReturn.Trace,
        "SCMP_ACT_LOG" => SeccompReturn.Log,
        "SCMP_ACT_NOTIFY" => SeccompReturn.UserNotify,
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
        "SECCOMP_FILTER_FLAG_TSYNC" => SeccompFilterFlags.Tsync,
        "SECCOMP_FILTER_FLAG_LOG" => SeccompFilterFlags.Log,
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => SeccompFilterFlags.SpecAllow,
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => SeccompFilterFlags.WaitKillableRecv,
        _ => 0,
    };

    /// <summary>How strict a return value is by the kernel's order (seccomp(2), "precedence"): bigger is stricter.</summary>
    internal static int Strictness(uint value) => (value & SeccompReturn.ActionMask) switch
    {
        SeccompReturn.KillProcess => 7,
        SeccompReturn.KillThread => 6,
        SeccompReturn.Trap => 5,
        SeccompReturn.Errno => 4,
        SeccompReturn.UserNotify => 3,
        SeccompReturn.Trace => 2,
        SeccompReturn.Log => 1,
        _ => 0,
    };

    /// <summary>The action as a person reads it: <c>ERRNO(1)</c>, <c>ALLOW</c>.</summary>
    public static string Describe(uint value)
    {
        uint data = value & SeccompReturn.DataMask;
        return (value & SeccompReturn.ActionMask) switch
        {
            SeccompReturn.KillProcess => "KILL_PROCESS",
            SeccompReturn.KillThread => "KILL_THREAD",
            SeccompReturn.Trap => "TRAP",
            SeccompReturn.Errno => "ERRNO(" + data.ToString() + ")",
            SeccompReturn.UserNotify => "NOTIFY",
            SeccompReturn.Trace => "TRACE(" + data.ToString() + ")",
            SeccompReturn.Log => "LOG",
            _ => "ALLOW",
        };
    }
}
