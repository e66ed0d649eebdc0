using System.Runtime.InteropServices;
using static OciRun.Kernel.ClassicBpf;

namespace OciRun.Planning.Seccomp;

/// <summary>One instruction of classic BPF, <c>struct sock_filter</c> of linux/filter.h. Jumps are relative to the next
/// instruction and go forward only; <see cref="Jt"/> and <see cref="Jf"/> reach 255 instructions, a JA's <see cref="K"/> any
/// distance.</summary>
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
    /// <summary>A = 32-bit word of seccomp_data at offset k.</summary>
    public const ushort Load = BPF_LD | BPF_W | BPF_ABS;
    public const ushort And = BPF_ALU | BPF_AND | BPF_K;
    public const ushort Jump = BPF_JMP | BPF_JA;
    public const ushort JumpEqual = BPF_JMP | BPF_JEQ | BPF_K;
    public const ushort JumpGreater = BPF_JMP | BPF_JGT | BPF_K;
    public const ushort JumpGreaterOrEqual = BPF_JMP | BPF_JGE | BPF_K;
    /// <summary>libseccomp's programs have none, others may.</summary>
    public const ushort JumpSet = BPF_JMP | BPF_JSET | BPF_K;
    public const ushort Return = BPF_RET | BPF_K;

    /// <summary>BPF_MAXINSNS: a longer program is refused with EINVAL.</summary>
    public const int MaxInstructions = BPF_MAXINSNS;
}
