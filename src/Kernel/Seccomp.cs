namespace OciRun.Kernel;

/// <summary>Modes and operations of seccomp(2).</summary>
public static class SeccompMode
{
    public const int SECCOMP_SET_MODE_FILTER = 1;
}

/// <summary>Flags of seccomp(SECCOMP_SET_MODE_FILTER).</summary>
public static class SeccompFilterFlags
{
    public const uint SECCOMP_FILTER_FLAG_TSYNC = 1;
    public const uint SECCOMP_FILTER_FLAG_LOG = 2;
    public const uint SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;
    public const uint SECCOMP_FILTER_FLAG_NEW_LISTENER = 8;
    public const uint SECCOMP_FILTER_FLAG_TSYNC_ESRCH = 0x10;
    public const uint SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 0x20;
}

/// <summary>Return values of a seccomp filter.</summary>
public static class SeccompRet
{
    public const uint SECCOMP_RET_KILL_PROCESS = 0x80000000;
    public const uint SECCOMP_RET_KILL_THREAD = 0;
    public const uint SECCOMP_RET_TRAP = 0x30000;
    public const uint SECCOMP_RET_ERRNO = 0x50000;
    public const uint SECCOMP_RET_USER_NOTIF = 0x7fc00000;
    public const uint SECCOMP_RET_TRACE = 0x7ff00000;
    public const uint SECCOMP_RET_LOG = 0x7ffc0000;
    public const uint SECCOMP_RET_ALLOW = 0x7fff0000;
    public const uint SECCOMP_RET_ACTION_FULL = 0xffff0000;
    public const uint SECCOMP_RET_DATA = 0xffff;
}

/// <summary>AUDIT_ARCH_* values that seccomp_data.arch carries.</summary>
public static class AuditArch
{
    public const uint __AUDIT_ARCH_64BIT = 0x80000000;
    public const uint __AUDIT_ARCH_LE = 0x40000000;
    public const uint AUDIT_ARCH_MIPS = 8;
    public const uint AUDIT_ARCH_S390 = 0x16;
    public const uint AUDIT_ARCH_PPC64 = 0x80000015;
    public const uint AUDIT_ARCH_X86_64 = 0xc000003e;
    public const uint AUDIT_ARCH_SH = 0x2a;
    public const uint AUDIT_ARCH_PARISC64 = 0x8000000f;
    public const uint AUDIT_ARCH_MIPSEL64 = 0xc0000008;
    public const uint AUDIT_ARCH_MIPS64N32 = 0xa0000008;
    public const uint AUDIT_ARCH_PARISC = 0xf;
    public const uint AUDIT_ARCH_MIPS64 = 0x80000008;
    public const uint AUDIT_ARCH_PPC64LE = 0xc0000015;
    public const uint AUDIT_ARCH_MIPSEL = 0x40000008;
    public const uint AUDIT_ARCH_I386 = 0x40000003;
    public const uint AUDIT_ARCH_AARCH64 = 0xc00000b7;
    public const uint AUDIT_ARCH_ARM = 0x40000028;
    public const uint AUDIT_ARCH_RISCV64 = 0xc00000f3;
    public const uint AUDIT_ARCH_M68K = 4;
    public const uint AUDIT_ARCH_S390X = 0x80000016;
    public const uint AUDIT_ARCH_PPC = 0x14;
    public const uint AUDIT_ARCH_MIPSEL64N32 = 0xe0000008;
    public const uint AUDIT_ARCH_SHEL = 0x4000002a;
    public const uint AUDIT_ARCH_LOONGARCH64 = 0xc0000102;
}

/// <summary>Opcode fields of classic BPF, for seccomp filters.</summary>
public static class ClassicBpf
{
    public const int BPF_LD = 0;
    public const int BPF_ALU = 4;
    public const int BPF_JMP = 5;
    public const int BPF_RET = 6;
    public const int BPF_W = 0;
    public const int BPF_ABS = 0x20;
    public const int BPF_AND = 0x50;
    public const int BPF_JA = 0;
    public const int BPF_JEQ = 0x10;
    public const int BPF_JGT = 0x20;
    public const int BPF_JGE = 0x30;
    public const int BPF_JSET = 0x40;
    public const int BPF_K = 0;
    public const int BPF_MAXINSNS = 0x1000;
}

/// <summary>Offsets in <c>struct seccomp_data</c>.</summary>
public static class SeccompData
{
    public const int Number = 0;
    public const int Architecture = 4;
    public const int Arguments = 16;
}
