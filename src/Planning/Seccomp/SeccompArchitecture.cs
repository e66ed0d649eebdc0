using System;

namespace OciRun.Planning.Seccomp;

/// <summary>A system call ABI: which AUDIT_ARCH_* value (linux/audit.h) its calls carry, and where its numbers start.</summary>
/// <param name="Name">The spec's word.</param>
/// <param name="Audit">seccomp_data.arch. x32 shares it with x86_64 and differs by bit 30 of the number.</param>
/// <param name="Base">What its first number is: 4000 for mips o32, 0x40000000 for x32.</param>
public readonly record struct SeccompArchitecture(string Name, uint Audit, uint Base)
{
    public const uint AuditX86_64 = 0xC000003E;

    const uint Audit64Bit = 0x80000000;
    const uint AuditLittleEndian = 0x40000000;

    /// <summary>Whether argument registers are 64 bits wide; then conditions look at both halves. True for x32 and mips n32, whose
    /// registers are, although their pointers are not.</summary>
    public bool Is64Bit => (Audit & Audit64Bit) != 0;

    public bool IsLittleEndian => (Audit & AuditLittleEndian) != 0;

    /// <summary>The architecture of that name, or null when the word is unknown.</summary>
    public static SeccompArchitecture? Find(string? name) => name switch
    {
        "SCMP_ARCH_X86_64" => new(name, AuditX86_64, 0),
        "SCMP_ARCH_X86" => new(name, 0x40000003, 0),
        "SCMP_ARCH_X32" => new(name, AuditX86_64, 0x40000000),
        "SCMP_ARCH_ARM" => new(name, 0x40000028, 0),
        "SCMP_ARCH_AARCH64" => new(name, 0xC00000B7, 0),
        "SCMP_ARCH_LOONGARCH64" => new(name, 0xC0000102, 0),
        "SCMP_ARCH_M68K" => new(name, 0x00000004, 0),
        "SCMP_ARCH_MIPS" => new(name, 0x00000008, 4000),
        "SCMP_ARCH_MIPSEL" => new(name, 0x40000008, 4000),
        "SCMP_ARCH_MIPS64" => new(name, 0x80000008, 5000),
        "SCMP_ARCH_MIPSEL64" => new(name, 0xC0000008, 5000),
        "SCMP_ARCH_MIPS64N32" => new(name, 0xA0000008, 6000),
        "SCMP_ARCH_MIPSEL64N32" => new(name, 0xE0000008, 6000),
        "SCMP_ARCH_PARISC" => new(name, 0x0000000F, 0),
        "SCMP_ARCH_PARISC64" => new(name, 0x8000000F, 0),
        "SCMP_ARCH_PPC" => new(name, 0x00000014, 0),
        "SCMP_ARCH_PPC64" => new(name, 0x80000015, 0),
        "SCMP_ARCH_PPC64LE" => new(name, 0xC0000015, 0),
        "SCMP_ARCH_RISCV64" => new(name, 0xC00000F3, 0),
        "SCMP_ARCH_S390" => new(name, 0x00000016, 0),
        "SCMP_ARCH_S390X" => new(name, 0x80000016, 0),
        "SCMP_ARCH_SH" => new(name, 0x4000002A, 0),
        "SCMP_ARCH_SHEB" => new(name, 0x0000002A, 0),
        _ => null,
    };

    /// <summary>The numbers of all calls of <see cref="SyscallNameTable"/>, less <see cref="Base"/>.</summary>
    internal ReadOnlySpan<ushort> Numbers => Name switch
    {
        "SCMP_ARCH_X86_64" => SyscallNumberTable.X86_64,
        "SCMP_ARCH_X86" => SyscallNumberTable.X86,
        "SCMP_ARCH_X32" => SyscallNumberTable.X32,
        "SCMP_ARCH_ARM" => SyscallNumberTable.Arm,
        "SCMP_ARCH_AARCH64" => SyscallNumberTable.Arm64,
        "SCMP_ARCH_LOONGARCH64" => SyscallNumberTable.LoongArch64,
        "SCMP_ARCH_M68K" => SyscallNumberTable.M68k,
        "SCMP_ARCH_MIPS" or "SCMP_ARCH_MIPSEL" => SyscallNumberTable.MipsO32,
        "SCMP_ARCH_MIPS64" or "SCMP_ARCH_MIPSEL64" => SyscallNumberTable.MipsN64,
        "SCMP_ARCH_MIPS64N32" or "SCMP_ARCH_MIPSEL64N32" => SyscallNumberTable.MipsN32,
        "SCMP_ARCH_PARISC" => SyscallNumberTable.Parisc,
        "SCMP_ARCH_PARISC64" => SyscallNumberTable.Parisc64,
        "SCMP_ARCH_PPC" => SyscallNumberTable.Ppc,
        "SCMP_ARCH_PPC64" or "SCMP_ARCH_PPC64LE" => SyscallNumberTable.Ppc64,
        "SCMP_ARCH_RISCV64" => SyscallNumberTable.RiscV64,
        "SCMP_ARCH_S390" => SyscallNumberTable.S390,
        "SCMP_ARCH_S390X" => SyscallNumberTable.S390x,
        _ => SyscallNumberTable.Sh,
    };
}
