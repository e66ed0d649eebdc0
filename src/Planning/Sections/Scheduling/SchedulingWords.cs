using static OciRun.Kernel.IoPrioClass;
using static OciRun.Kernel.MemPolicyFlags;
using static OciRun.Kernel.MemPolicyMode;
using static OciRun.Kernel.Personality;
using static OciRun.Kernel.SchedFlags;
using static OciRun.Kernel.SchedPolicy;

namespace OciRun.Planning.Sections;

/// <summary>The words of scheduler, I/O priority, memory policy and personality, and what they are to the kernel.</summary>
public static class SchedulingWords
{
    /// <summary>process.scheduler.policy. SCHED_ISO, number 4, is in the specification although no kernel has ever had
    /// it.</summary>
    public static WordTable<int> SchedulerPolicies { get; } = new(
        ("SCHED_OTHER", SCHED_NORMAL),
        (nameof(SCHED_FIFO), SCHED_FIFO),
        (nameof(SCHED_RR), SCHED_RR),
        (nameof(SCHED_BATCH), SCHED_BATCH),
        ("SCHED_ISO", 4),
        (nameof(SCHED_IDLE), SCHED_IDLE),
        (nameof(SCHED_DEADLINE), SCHED_DEADLINE));

    /// <summary>process.scheduler.flags.</summary>
    public static WordTable<int> SchedulerFlags { get; } = new(
        (nameof(SCHED_FLAG_RESET_ON_FORK), SCHED_FLAG_RESET_ON_FORK),
        (nameof(SCHED_FLAG_RECLAIM), SCHED_FLAG_RECLAIM),
        (nameof(SCHED_FLAG_DL_OVERRUN), SCHED_FLAG_DL_OVERRUN),
        (nameof(SCHED_FLAG_KEEP_POLICY), SCHED_FLAG_KEEP_POLICY),
        (nameof(SCHED_FLAG_KEEP_PARAMS), SCHED_FLAG_KEEP_PARAMS),
        (nameof(SCHED_FLAG_UTIL_CLAMP_MIN), SCHED_FLAG_UTIL_CLAMP_MIN),
        (nameof(SCHED_FLAG_UTIL_CLAMP_MAX), SCHED_FLAG_UTIL_CLAMP_MAX));

    /// <summary>process.ioPriority.class.</summary>
    public static WordTable<int> IoPriorityClasses { get; } = new(
        (nameof(IOPRIO_CLASS_RT), IOPRIO_CLASS_RT),
        (nameof(IOPRIO_CLASS_BE), IOPRIO_CLASS_BE),
        (nameof(IOPRIO_CLASS_IDLE), IOPRIO_CLASS_IDLE));

    /// <summary>linux.personality.domain.</summary>
    public static WordTable<int> PersonalityDomains { get; } = new(
        ("LINUX", PER_LINUX),
        ("LINUX32", PER_LINUX32));

    /// <summary>linux.memoryPolicy.mode.</summary>
    public static WordTable<int> MemoryModes { get; } = new(
        (nameof(MPOL_BIND), MPOL_BIND),
        (nameof(MPOL_DEFAULT), MPOL_DEFAULT),
        (nameof(MPOL_INTERLEAVE), MPOL_INTERLEAVE),
        (nameof(MPOL_LOCAL), MPOL_LOCAL),
        (nameof(MPOL_PREFERRED), MPOL_PREFERRED),
        (nameof(MPOL_PREFERRED_MANY), MPOL_PREFERRED_MANY),
        (nameof(MPOL_WEIGHTED_INTERLEAVE), MPOL_WEIGHTED_INTERLEAVE));

    /// <summary>linux.memoryPolicy.flags.</summary>
    public static WordTable<int> MemoryFlags { get; } = new(
        (nameof(MPOL_F_NUMA_BALANCING), MPOL_F_NUMA_BALANCING),
        (nameof(MPOL_F_RELATIVE_NODES), MPOL_F_RELATIVE_NODES),
        (nameof(MPOL_F_STATIC_NODES), MPOL_F_STATIC_NODES));
}
