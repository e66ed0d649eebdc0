namespace OciRun.Kernel;

/// <summary>What x86-64 is to the kernel.</summary>
public static class Machine
{
    /// <summary>seccomp_data.arch of the machine's own system calls.</summary>
    public const uint Audit = AuditArch.AUDIT_ARCH_X86_64;
    /// <summary>EM_X86_64 of elf(5).</summary>
    public const ushort Elf = 62;
    /// <summary>Bytes of the largest page that a kernel for this machine may have: what segments of a program are aligned
    /// to.</summary>
    public const int LargestPage = 4096;
}
