using System.Runtime.InteropServices;

namespace OciRun.Kernel;

/// <summary><c>struct clone_args</c> of clone3(2), all 88 bytes (CLONE_ARGS_SIZE_VER2, Linux 5.7).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CloneArgs
{
    public ulong flags;
    public ulong pidfd;
    public ulong child_tid;
    public ulong parent_tid;
    public ulong exit_signal;
    public ulong stack;
    public ulong stack_size;
    public ulong tls;
    public ulong set_tid;
    public ulong set_tid_size;
    public ulong cgroup;
}

/// <summary><c>struct __user_cap_header_struct</c> of capset(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CapUserHeader
{
    public uint version;
    public int pid;
}

/// <summary><c>struct __user_cap_data_struct</c> of capset(2); version 3 takes two of them.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CapUserData
{
    public uint effective;
    public uint permitted;
    public uint inheritable;
}

/// <summary><c>struct rlimit64</c> of prlimit(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Rlimit64
{
    public ulong rlim_cur;
    public ulong rlim_max;
}

/// <summary><c>struct sched_attr</c> of sched_setattr(2), with the utilisation clamps of Linux 5.3.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SchedAttr
{
    /// <summary>Bytes of its first version, without the utilisation clamps.</summary>
    public const int SCHED_ATTR_SIZE_VER0 = 48;

    public uint size;
    public uint sched_policy;
    public ulong sched_flags;
    public int sched_nice;
    public uint sched_priority;
    public ulong sched_runtime;
    public ulong sched_deadline;
    public ulong sched_period;
    public uint sched_util_min;
    public uint sched_util_max;
}

/// <summary><c>siginfo_t</c> as waitid(2) fills it: 128 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
public struct Siginfo
{
    [FieldOffset(0)] public int si_signo;
    [FieldOffset(4)] public int si_errno;
    [FieldOffset(8)] public int si_code;
    [FieldOffset(16)] public int si_pid;
    [FieldOffset(20)] public uint si_uid;
    [FieldOffset(24)] public int si_status;
}

/// <summary>The kernel's <c>struct sigaction</c> of rt_sigaction(2); its mask is 8 bytes, unlike the C library's.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct KernelSigaction
{
    /// <summary>0 is SIG_DFL, 1 is SIG_IGN.</summary>
    public ulong sa_handler;
    public ulong sa_flags;
    public ulong sa_restorer;
    public ulong sa_mask;
}

/// <summary><c>struct timespec</c> of 64-bit machines.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Timespec
{
    public long tv_sec;
    public long tv_nsec;
}
