namespace OciRun.Kernel;

/// <summary>Scheduling policies, sched(7). SCHED_OTHER of the OCI specification is SCHED_NORMAL.</summary>
public static class SchedPolicy
{
    public const int SCHED_NORMAL = 0;
    public const int SCHED_FIFO = 1;
    public const int SCHED_RR = 2;
    public const int SCHED_BATCH = 3;
    public const int SCHED_IDLE = 5;
    public const int SCHED_DEADLINE = 6;
}

/// <summary>Flags of sched_setattr(2).</summary>
public static class SchedFlags
{
    public const int SCHED_FLAG_RESET_ON_FORK = 1;
    public const int SCHED_FLAG_RECLAIM = 2;
    public const int SCHED_FLAG_DL_OVERRUN = 4;
    public const int SCHED_FLAG_KEEP_POLICY = 8;
    public const int SCHED_FLAG_KEEP_PARAMS = 0x10;
    public const int SCHED_FLAG_UTIL_CLAMP_MIN = 0x20;
    public const int SCHED_FLAG_UTIL_CLAMP_MAX = 0x40;
}

/// <summary>Classes of ioprio_set(2).</summary>
public static class IoPrioClass
{
    public const int IOPRIO_CLASS_RT = 1;
    public const int IOPRIO_CLASS_BE = 2;
    public const int IOPRIO_CLASS_IDLE = 3;
}

/// <summary>Targets and encoding of ioprio_set(2): class &lt;&lt; IOPRIO_CLASS_SHIFT | level.</summary>
public static class IoPrio
{
    public const int IOPRIO_WHO_PGRP = 2;
    public const int IOPRIO_CLASS_SHIFT = 13;
    public const int IOPRIO_NR_LEVELS = 8;
}

/// <summary>Modes of set_mempolicy(2).</summary>
public static class MemPolicyMode
{
    public const int MPOL_DEFAULT = 0;
    public const int MPOL_PREFERRED = 1;
    public const int MPOL_BIND = 2;
    public const int MPOL_INTERLEAVE = 3;
    public const int MPOL_LOCAL = 4;
    public const int MPOL_PREFERRED_MANY = 5;
    /// <summary>Since Linux 6.9.</summary>
    public const int MPOL_WEIGHTED_INTERLEAVE = 6;
}

/// <summary>Mode flags of set_mempolicy(2).</summary>
public static class MemPolicyFlags
{
    public const int MPOL_F_STATIC_NODES = 0x8000;
    public const int MPOL_F_RELATIVE_NODES = 0x4000;
    public const int MPOL_F_NUMA_BALANCING = 0x2000;
}
