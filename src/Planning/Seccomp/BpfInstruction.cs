using System.Runtime.InteropServices;

namespace OciRun.Planning.Seccomp;

/// <summary>One instruction of classic BPF, <c>struct sock_filter</c> of linux/filter.h. Jumps are relative to the next instruction
/// and go forward only; <see cref="Jt"/> and <see cref="Jf"/> reach 255 instructions, a JA's <see cref="K"/> any distance.</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
public struct BpfInstruction(ushort code, byte jt, byte jf, uint k)
{
    public ushort Code = code;
    public byte Jt = jt;
    public byte Jf = jf;
    public uint K = k;
}

/// <summary>The opcodes that a seccomp filter of ours is made of (linux/bpf_common.h), and its limits.</summary>
public static class BpfCode
{
    /// <summary>BPF_LD | BPF_W | BPF_ABS: A = 32-bit word of seccomp_data at offset k.</summary>
    public const ushort Load = 0x20;
    /// <summary>BPF_ALU | BPF_AND | BPF_K.</summary>
    public const ushort And = 0x54;
    public const ushort Jump = 0x05;
    public const ushort JumpEqual = 0x15;
    public const ushort JumpGreater = 0x25;
    public const ushort JumpGreaterOrEqual = 0x35;
    /// <summary>BPF_JMP | BPF_JSET | BPF_K. libseccomp's programs have none, others may.</summary>
    public const ushort JumpSet = 0x45;
    public const ushort Return = 0x06;

    /// <summary>BPF_MAXINSNS: a longer program is refused with EINVAL.</summary>
    public const int MaxInstructions = 4096;
}

/// <summary>Offsets in <c>struct seccomp_data</c>.</summary>
public static class SeccompData
{
    public const uint Number = 0;
    public const uint Architecture = 4;
    public const uint InstructionPointer = 8;
    public const uint Arguments = 16;
    public const int Size = 64;
}
