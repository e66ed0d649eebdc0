using System.Runtime.InteropServices;

namespace OciRun.Kernel;

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
