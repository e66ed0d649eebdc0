using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OciRun.Kernel;

/// <summary><c>struct sock_filter</c>: one classic BPF instruction.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SockFilter
{
    public ushort code;
    public byte jt;
    public byte jf;
    public uint k;
}

/// <summary><c>struct sock_fprog</c>, 16 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
public unsafe struct SockFprog
{
    [FieldOffset(0)] public ushort len;
    [FieldOffset(8)] public SockFilter* filter;
}

/// <summary><c>struct seccomp_data</c>, what a seccomp filter sees.</summary>
[StructLayout(LayoutKind.Explicit, Size = 64)]
public struct SeccompData
{
    [FieldOffset(0)] public int nr;
    [FieldOffset(4)] public uint arch;
    [FieldOffset(8)] public ulong instruction_pointer;
    [FieldOffset(16)] public SeccompArgs args;
}

/// <summary>The six arguments of <see cref="SeccompData"/>.</summary>
[InlineArray(6)]
public struct SeccompArgs
{
    ulong first;
}

/// <summary><c>struct seccomp_notif</c>, 80 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SeccompNotif
{
    public ulong id;
    public uint pid;
    public uint flags;
    public SeccompData data;
}

/// <summary><c>struct seccomp_notif_resp</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SeccompNotifResp
{
    public ulong id;
    public long val;
    public int error;
    public uint flags;
}

/// <summary><c>struct seccomp_notif_sizes</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SeccompNotifSizes
{
    public ushort seccomp_notif;
    public ushort seccomp_notif_resp;
    public ushort seccomp_data;
}

/// <summary><c>struct bpf_insn</c>: one eBPF instruction; regs is src_reg &lt;&lt; 4 | dst_reg.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct BpfInsn
{
    public byte code;
    public byte regs;
    public short off;
    public int imm;
}

/// <summary>The head of <c>union bpf_attr</c> for BPF_PROG_LOAD, up to expected_attach_type.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct BpfProgLoadAttr
{
    [FieldOffset(0)] public uint prog_type;
    [FieldOffset(4)] public uint insn_cnt;
    [FieldOffset(8)] public ulong insns;
    [FieldOffset(16)] public ulong license;
    [FieldOffset(24)] public uint log_level;
    [FieldOffset(28)] public uint log_size;
    [FieldOffset(32)] public ulong log_buf;
    [FieldOffset(40)] public uint kern_version;
    [FieldOffset(44)] public uint prog_flags;
    [FieldOffset(48)] public ulong prog_name_low;
    [FieldOffset(56)] public ulong prog_name_high;
    [FieldOffset(64)] public uint prog_ifindex;
    [FieldOffset(68)] public uint expected_attach_type;
}

/// <summary>The part of <c>union bpf_attr</c> for BPF_PROG_ATTACH and BPF_PROG_DETACH.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct BpfProgAttachAttr
{
    [FieldOffset(0)] public uint target_fd;
    [FieldOffset(4)] public uint attach_bpf_fd;
    [FieldOffset(8)] public uint attach_type;
    [FieldOffset(12)] public uint attach_flags;
    [FieldOffset(16)] public uint replace_bpf_fd;
}

/// <summary>The part of <c>union bpf_attr</c> for BPF_PROG_QUERY.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct BpfProgQueryAttr
{
    [FieldOffset(0)] public uint target_fd;
    [FieldOffset(4)] public uint attach_type;
    [FieldOffset(8)] public uint query_flags;
    [FieldOffset(12)] public uint attach_flags;
    [FieldOffset(16)] public ulong prog_ids;
    [FieldOffset(24)] public uint prog_cnt;
}
