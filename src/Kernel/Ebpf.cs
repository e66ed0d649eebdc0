namespace OciRun.Kernel;

/// <summary>Commands of bpf(2).</summary>
public static class BpfCmd
{
    public const int BPF_PROG_LOAD = 5;
    public const int BPF_PROG_ATTACH = 8;
    public const int BPF_PROG_DETACH = 9;
    public const int BPF_PROG_GET_FD_BY_ID = 13;
    public const int BPF_OBJ_GET_INFO_BY_FD = 15;
    public const int BPF_PROG_QUERY = 16;
}

/// <summary>Program types of bpf(BPF_PROG_LOAD).</summary>
public static class BpfProgType
{
    public const int BPF_PROG_TYPE_CGROUP_DEVICE = 15;
}

/// <summary>Attach types of bpf(BPF_PROG_ATTACH).</summary>
public static class BpfAttachType
{
    public const int BPF_CGROUP_DEVICE = 6;
}

/// <summary>Flags of bpf(BPF_PROG_ATTACH) and BPF_PROG_QUERY.</summary>
public static class BpfFlags
{
    public const uint BPF_F_ALLOW_MULTI = 2;
    public const uint BPF_F_REPLACE = 4;
}

/// <summary>access_type of bpf_cgroup_dev_ctx: (access &lt;&lt; 16) | device type.</summary>
public static class BpfDevcg
{
    public const int BPF_DEVCG_DEV_BLOCK = 1;
    public const int BPF_DEVCG_DEV_CHAR = 2;
}

/// <summary>Opcode fields of eBPF.</summary>
public static class BpfOp
{
    public const int BPF_LDX = 1;
    public const int BPF_JMP = 5;
    public const int BPF_ALU64 = 7;
    public const int BPF_W = 0;
    public const int BPF_MEM = 0x60;
    public const int BPF_AND = 0x50;
    public const int BPF_RSH = 0x70;
    public const int BPF_MOV = 0xb0;
    public const int BPF_JA = 0;
    public const int BPF_JEQ = 0x10;
    public const int BPF_JNE = 0x50;
    public const int BPF_EXIT = 0x90;
    public const int BPF_K = 0;
    public const int BPF_X = 8;
}

