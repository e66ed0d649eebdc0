namespace OciRun.Kernel;

/// <summary>Modes and operations of seccomp(2).</summary>
public static class SeccompMode
{
    public const int SECCOMP_MODE_DISABLED = 0;
    public const int SECCOMP_MODE_STRICT = 1;
    public const int SECCOMP_MODE_FILTER = 2;
    public const int SECCOMP_SET_MODE_STRICT = 0;
    public const int SECCOMP_SET_MODE_FILTER = 1;
    public const int SECCOMP_GET_ACTION_AVAIL = 2;
    public const int SECCOMP_GET_NOTIF_SIZES = 3;
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
    public const uint SECCOMP_RET_KILL = 0;
    public const uint SECCOMP_RET_TRAP = 0x30000;
    public const uint SECCOMP_RET_ERRNO = 0x50000;
    public const uint SECCOMP_RET_USER_NOTIF = 0x7fc00000;
    public const uint SECCOMP_RET_TRACE = 0x7ff00000;
    public const uint SECCOMP_RET_LOG = 0x7ffc0000;
    public const uint SECCOMP_RET_ALLOW = 0x7fff0000;
    public const uint SECCOMP_RET_ACTION_FULL = 0xffff0000;
    public const uint SECCOMP_RET_ACTION = 0x7fff0000;
    public const uint SECCOMP_RET_DATA = 0xffff;
}

/// <summary>Requests and flags of the seccomp user notification.</summary>
public static class SeccompIoctl
{
    public const uint SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100;
    public const uint SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101;
    public const uint SECCOMP_IOCTL_NOTIF_ID_VALID = 0x40082102;
    public const uint SECCOMP_IOCTL_NOTIF_ADDFD = 0x40182103;
    public const uint SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;
    public const uint SECCOMP_ADDFD_FLAG_SETFD = 1;
    public const uint SECCOMP_ADDFD_FLAG_SEND = 2;
}

/// <summary>AUDIT_ARCH_* values that seccomp_data.arch carries.</summary>
public static class AuditArch
{
    public const uint __AUDIT_ARCH_64BIT = 0x80000000;
    public const uint __AUDIT_ARCH_LE = 0x40000000;
    public const uint AUDIT_ARCH_SPARC64 = 0x8000002b;
    public const uint AUDIT_ARCH_MIPS = 8;
    public const uint AUDIT_ARCH_S390 = 0x16;
    public const uint AUDIT_ARCH_IA64 = 0xc0000032;
    public const uint AUDIT_ARCH_TILEPRO = 0x400000bc;
    public const uint AUDIT_ARCH_ARCV2BE = 0xc3;
    public const uint AUDIT_ARCH_PPC64 = 0x80000015;
    public const uint AUDIT_ARCH_X86_64 = 0xc000003e;
    public const uint AUDIT_ARCH_NIOS2 = 0x40000071;
    public const uint AUDIT_ARCH_CSKY = 0x400000fc;
    public const uint AUDIT_ARCH_SHEL64 = 0xc000002a;
    public const uint AUDIT_ARCH_SH = 0x2a;
    public const uint AUDIT_ARCH_PARISC64 = 0x8000000f;
    public const uint AUDIT_ARCH_MIPSEL64 = 0xc0000008;
    public const uint AUDIT_ARCH_MIPS64N32 = 0xa0000008;
    public const uint AUDIT_ARCH_TILEGX = 0xc00000bf;
    public const uint AUDIT_ARCH_UNICORE = 0x4000006e;
    public const uint AUDIT_ARCH_NDS32 = 0x400000a7;
    public const uint AUDIT_ARCH_PARISC = 0xf;
    public const uint AUDIT_ARCH_RISCV32 = 0x400000f3;
    public const uint AUDIT_ARCH_MIPS64 = 0x80000008;
    public const uint AUDIT_ARCH_PPC64LE = 0xc0000015;
    public const uint AUDIT_ARCH_ALPHA = 0xc0009026;
    public const uint AUDIT_ARCH_NDS32BE = 0xa7;
    public const uint AUDIT_ARCH_H8300 = 0x2e;
    public const uint AUDIT_ARCH_MIPSEL = 0x40000008;
    public const uint AUDIT_ARCH_SPARC = 2;
    public const uint AUDIT_ARCH_XTENSA = 0x5e;
    public const uint AUDIT_ARCH_I386 = 0x40000003;
    public const uint AUDIT_ARCH_ARCV2 = 0x400000c3;
    public const uint AUDIT_ARCH_OPENRISC = 0x5c;
    public const uint AUDIT_ARCH_AARCH64 = 0xc00000b7;
    public const uint AUDIT_ARCH_TILEGX32 = 0x400000bf;
    public const uint AUDIT_ARCH_FRV = 0x5441;
    public const uint AUDIT_ARCH_C6XBE = 0x8c;
    public const uint AUDIT_ARCH_ARCOMPACTBE = 0x5d;
    public const uint AUDIT_ARCH_ARM = 0x40000028;
    public const uint AUDIT_ARCH_RISCV64 = 0xc00000f3;
    public const uint AUDIT_ARCH_ARMEB = 0x28;
    public const uint AUDIT_ARCH_C6X = 0x4000008c;
    public const uint AUDIT_ARCH_M68K = 4;
    public const uint AUDIT_ARCH_ARCOMPACT = 0x4000005d;
    public const uint AUDIT_ARCH_S390X = 0x80000016;
    public const uint AUDIT_ARCH_PPC = 0x14;
    public const uint AUDIT_ARCH_SH64 = 0x8000002a;
    public const uint AUDIT_ARCH_MIPSEL64N32 = 0xe0000008;
    public const uint AUDIT_ARCH_SHEL = 0x4000002a;
    public const uint AUDIT_ARCH_M32R = 0x58;
    public const uint AUDIT_ARCH_MICROBLAZE = 0xbd;
    public const uint AUDIT_ARCH_CRIS = 0x4000004c;
    public const uint AUDIT_ARCH_LOONGARCH32 = 0x40000102;
    public const uint AUDIT_ARCH_LOONGARCH64 = 0xc0000102;
    public const uint AUDIT_ARCH_HEXAGON = 0xa4;
}

/// <summary>Opcode fields of classic BPF, for seccomp filters.</summary>
public static class ClassicBpf
{
    public const int BPF_LD = 0;
    public const int BPF_LDX = 1;
    public const int BPF_ST = 2;
    public const int BPF_STX = 3;
    public const int BPF_ALU = 4;
    public const int BPF_JMP = 5;
    public const int BPF_RET = 6;
    public const int BPF_MISC = 7;
    public const int BPF_W = 0;
    public const int BPF_H = 8;
    public const int BPF_B = 0x10;
    public const int BPF_IMM = 0;
    public const int BPF_ABS = 0x20;
    public const int BPF_IND = 0x40;
    public const int BPF_MEM = 0x60;
    public const int BPF_LEN = 0x80;
    public const int BPF_MSH = 0xa0;
    public const int BPF_ADD = 0;
    public const int BPF_SUB = 0x10;
    public const int BPF_MUL = 0x20;
    public const int BPF_DIV = 0x30;
    public const int BPF_OR = 0x40;
    public const int BPF_AND = 0x50;
    public const int BPF_LSH = 0x60;
    public const int BPF_RSH = 0x70;
    public const int BPF_NEG = 0x80;
    public const int BPF_MOD = 0x90;
    public const int BPF_XOR = 0xa0;
    public const int BPF_JA = 0;
    public const int BPF_JEQ = 0x10;
    public const int BPF_JGT = 0x20;
    public const int BPF_JGE = 0x30;
    public const int BPF_JSET = 0x40;
    public const int BPF_K = 0;
    public const int BPF_X = 8;
    public const int BPF_A = 0x10;
    public const int BPF_TAX = 0;
    public const int BPF_TXA = 0x80;
    public const int BPF_MAXINSNS = 0x1000;
}
