using OciRun.Kernel;

namespace OciRun.Planning.Sections;

/// <summary>The words of scheduler, I/O priority, memory policy and personality, and what they are to the kernel; null for a word
/// that is none of them.</summary>
public static class SchedulingWords
{
    /// <summary>SCHED_ISO, number 4, is in the specification although no kernel has ever had it.</summary>
    public static int? SchedulerPolicy(string? policy) => policy switch
    {
        "SCHED_OTHER" => SchedPolicy.SCHED_NORMAL,
        "SCHED_FIFO" => SchedPolicy.SCHED_FIFO,
        "SCHED_RR" => SchedPolicy.SCHED_RR,
        "SCHED_BATCH" => SchedPolicy.SCHED_BATCH,
        "SCHED_ISO" => 4,
        "SCHED_IDLE" => SchedPolicy.SCHED_IDLE,
        "SCHED_DEADLINE" => SchedPolicy.SCHED_DEADLINE,
        _ => null,
    };

    public static int? SchedulerFlag(string flag) => flag switch
    {
        "SCHED_FLAG_RESET_ON_FORK" => SchedFlags.SCHED_FLAG_RESET_ON_FORK,
        "SCHED_FLAG_RECLAIM" => SchedFlags.SCHED_FLAG_RECLAIM,
        "SCHED_FLAG_DL_OVERRUN" => SchedFlags.SCHED_FLAG_DL_OVERRUN,
        "SCHED_FLAG_KEEP_POLICY" => SchedFlags.SCHED_FLAG_KEEP_POLICY,
        "SCHED_FLAG_KEEP_PARAMS" => SchedFlags.SCHED_FLAG_KEEP_PARAMS,
        "SCHED_FLAG_UTIL_CLAMP_MIN" => SchedFlags.SCHED_FLAG_UTIL_CLAMP_MIN,
        "SCHED_FLAG_UTIL_CLAMP_MAX" => SchedFlags.SCHED_FLAG_UTIL_CLAMP_MAX,
        _ => null,
    };

    public static int? IoPriorityClass(string? name) => name switch
    {
        "IOPRIO_CLASS_RT" => IoPrioClass.IOPRIO_CLASS_RT,
        "IOPRIO_CLASS_BE" => IoPrioClass.IOPRIO_CLASS_BE,
        "IOPRIO_CLASS_IDLE" => IoPrioClass.IOPRIO_CLASS_IDLE,
        _ => null,
    };

    public static int? PersonalityDomain(string? domain) => domain switch
    {
        "LINUX" => Personality.PER_LINUX,
        "LINUX32" => Personality.PER_LINUX32,
        _ => null,
    };

    public static int? MemoryMode(string? mode) => Find(MemoryModeTable(), mode);

    public static int? MemoryFlag(string flag) => Find(MemoryFlagTable(), flag);

    /// <summary>Sorted, for <c>features</c>.</summary>
    public static string[] MemoryModes() => System.Array.ConvertAll(MemoryModeTable(), static entry => entry.Word);

    /// <summary>Sorted, for <c>features</c>.</summary>
    public static string[] MemoryFlags() => System.Array.ConvertAll(MemoryFlagTable(), static entry => entry.Word);

    static (string Word, int Value)[] MemoryModeTable() =>
    [
        ("MPOL_BIND", MemPolicyMode.MPOL_BIND),
        ("MPOL_DEFAULT", MemPolicyMode.MPOL_DEFAULT),
        ("MPOL_INTERLEAVE", MemPolicyMode.MPOL_INTERLEAVE),
        ("MPOL_LOCAL", MemPolicyMode.MPOL_LOCAL),
        ("MPOL_PREFERRED", MemPolicyMode.MPOL_PREFERRED),
        ("MPOL_PREFERRED_MANY", MemPolicyMode.MPOL_PREFERRED_MANY),
        ("MPOL_WEIGHTED_INTERLEAVE", MemPolicyMode.MPOL_WEIGHTED_INTERLEAVE),
    ];

    static (string Word, int Value)[] MemoryFlagTable() =>
    [
        ("MPOL_F_NUMA_BALANCING", MemPolicyFlags.MPOL_F_NUMA_BALANCING),
        ("MPOL_F_RELATIVE_NODES", MemPolicyFlags.MPOL_F_RELATIVE_NODES),
        ("MPOL_F_STATIC_NODES", MemPolicyFlags.MPOL_F_STATIC_NODES),
    ];

    static int? Find((string Word, int Value)[] table, string? word)
    {
        foreach ((string known, int value) in table)
        {
            if (known == word)
            {
                return value;
            }
        }
        return null;
    }
}
