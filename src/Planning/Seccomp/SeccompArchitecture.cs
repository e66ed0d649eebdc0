using System;
using OciRun.Kernel;
using static OciRun.Kernel.AuditArch;

namespace OciRun.Planning.Seccomp;

/// <summary>A system call ABI: which AUDIT_ARCH_* value (linux/audit.h) its calls carry, and where its numbers start.</summary>
/// <param name="Name">The spec's word.</param>
/// <param name="Audit">seccomp_data.arch. x32 shares it with x86_64 and differs by bit 30 of the number.</param>
/// <param name="Base">What its first number is: 4000 for mips o32, 0x40000000 for x32.</param>
public readonly record struct SeccompArchitecture(string Name, uint Audit, uint Base)
{
    /// <summary>Whether argument registers are 64 bits wide; then conditions look at both halves. True for x32 and mips n32,
    /// whose registers are, although their pointers are not.</summary>
    public bool Is64Bit => (Audit & __AUDIT_ARCH_64BIT) != 0;

    public bool IsLittleEndian => (Audit & __AUDIT_ARCH_LE) != 0;

    static readonly SeccompArchitecture[] All =
    [
        new("SCMP_ARCH_X86_64", AUDIT_ARCH_X86_64, 0),
        new("SCMP_ARCH_X86", AUDIT_ARCH_I386, 0),
        new("SCMP_ARCH_X32", AUDIT_ARCH_X86_64, SeccompRanges.X32Bit),
        new("SCMP_ARCH_ARM", AUDIT_ARCH_ARM, 0),
        new("SCMP_ARCH_AARCH64", AUDIT_ARCH_AARCH64, 0),
        new("SCMP_ARCH_LOONGARCH64", AUDIT_ARCH_LOONGARCH64, 0),
        new("SCMP_ARCH_M68K", AUDIT_ARCH_M68K, 0),
        new("SCMP_ARCH_MIPS", AUDIT_ARCH_MIPS, 4000),
        new("SCMP_ARCH_MIPSEL", AUDIT_ARCH_MIPSEL, 4000),
        new("SCMP_ARCH_MIPS64", AUDIT_ARCH_MIPS64, 5000),
        new("SCMP_ARCH_MIPSEL64", AUDIT_ARCH_MIPSEL64, 5000),
        new("SCMP_ARCH_MIPS64N32", AUDIT_ARCH_MIPS64N32, 6000),
        new("SCMP_ARCH_MIPSEL64N32", AUDIT_ARCH_MIPSEL64N32, 6000),
        new("SCMP_ARCH_PARISC", AUDIT_ARCH_PARISC, 0),
        new("SCMP_ARCH_PARISC64", AUDIT_ARCH_PARISC64, 0),
        new("SCMP_ARCH_PPC", AUDIT_ARCH_PPC, 0),
        new("SCMP_ARCH_PPC64", AUDIT_ARCH_PPC64, 0),
        new("SCMP_ARCH_PPC64LE", AUDIT_ARCH_PPC64LE, 0),
        new("SCMP_ARCH_RISCV64", AUDIT_ARCH_RISCV64, 0),
        new("SCMP_ARCH_S390", AUDIT_ARCH_S390, 0),
        new("SCMP_ARCH_S390X", AUDIT_ARCH_S390X, 0),
        new("SCMP_ARCH_SH", AUDIT_ARCH_SHEL, 0),
        new("SCMP_ARCH_SHEB", AUDIT_ARCH_SH, 0),
    ];

    /// <summary>That of the binary itself.</summary>
    public static SeccompArchitecture Native
    {
        get
        {
            SeccompArchitecture native = All[0];
            for (int i = 1; native.Audit != Machine.Audit; i++)
            {
                native = All[i];
            }
            return native;
        }
    }

    /// <summary>The architecture of that name, or null when the word is unknown.</summary>
    public static SeccompArchitecture? Find(string? name)
    {
        foreach (SeccompArchitecture one in All)
        {
            if (one.Name == name)
            {
                return one;
            }
        }
        return null;
    }

    /// <summary>All names, sorted: what <c>features</c> lists.</summary>
    public static string[] Words()
    {
        string[] names = Array.ConvertAll(All, static one => one.Name);
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    /// <summary>The numbers of all calls of <see cref="SyscallNameTable"/>, less <see cref="Base"/>.</summary>
    internal ReadOnlySpan<ushort> Numbers => Audit switch
    {
        AUDIT_ARCH_X86_64 when Base != 0 => SyscallNumberTable.X32,
        AUDIT_ARCH_X86_64 => SyscallNumberTable.X86_64,
        AUDIT_ARCH_I386 => SyscallNumberTable.X86,
        AUDIT_ARCH_ARM => SyscallNumberTable.Arm,
        AUDIT_ARCH_AARCH64 => SyscallNumberTable.Arm64,
        AUDIT_ARCH_LOONGARCH64 => SyscallNumberTable.LoongArch64,
        AUDIT_ARCH_M68K => SyscallNumberTable.M68k,
        AUDIT_ARCH_MIPS or AUDIT_ARCH_MIPSEL => SyscallNumberTable.MipsO32,
        AUDIT_ARCH_MIPS64 or AUDIT_ARCH_MIPSEL64 => SyscallNumberTable.MipsN64,
        AUDIT_ARCH_MIPS64N32 or AUDIT_ARCH_MIPSEL64N32 => SyscallNumberTable.MipsN32,
        AUDIT_ARCH_PARISC => SyscallNumberTable.Parisc,
        AUDIT_ARCH_PARISC64 => SyscallNumberTable.Parisc64,
        AUDIT_ARCH_PPC => SyscallNumberTable.Ppc,
        AUDIT_ARCH_PPC64 or AUDIT_ARCH_PPC64LE => SyscallNumberTable.Ppc64,
        AUDIT_ARCH_RISCV64 => SyscallNumberTable.RiscV64,
        AUDIT_ARCH_S390 => SyscallNumberTable.S390,
        AUDIT_ARCH_S390X => SyscallNumberTable.S390x,
        _ => SyscallNumberTable.Sh,
    };
}
