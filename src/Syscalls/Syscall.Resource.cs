using System;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>prlimit(2), sched_setattr(2), sched_setaffinity(2), clock_gettime(2).</content>
public static unsafe partial class Syscall
{
    /// <summary>prlimit(2): sets the limit of process <paramref name="pid"/>, 0 for the caller. For another process it wants
    /// CAP_SYS_RESOURCE, or all of that process's ids to be the caller's real ones.</summary>
    public static void SetPrlimit(int pid, int resource, Rlimit64 limit) =>
        Check(Try(Sys.prlimit64, pid, resource, (long)(&limit), 0), "prlimit64", Rlimits.Name(resource));

    /// <summary>prlimit(2): the limit of process <paramref name="pid"/>, 0 for the caller.</summary>
    public static Rlimit64 GetPrlimit(int pid, int resource)
    {
        Rlimit64 limit;
        Check(Try(Sys.prlimit64, pid, resource, 0, (long)(&limit)), "prlimit64", Rlimits.Name(resource));
        return limit;
    }

    /// <summary>sched_setattr(2), Linux 3.14, with the bytes of a struct sched_attr: 0 or -errno. The structure begins with its
    /// own size and grows: E2BIG says that the kernel knows less of it than the bytes use.</summary>
    public static int TrySchedSetattr(int pid, ReadOnlySpan<byte> attributes)
    {
        fixed (byte* attr = attributes)
        {
            return (int)Try(Sys.sched_setattr, pid, (long)attr, 0);
        }
    }

    /// <summary>sched_setaffinity(2): 0 or -errno (EINVAL: no such CPU or none allowed by the cpuset). The mask may be longer
    /// than the kernel's.</summary>
    public static int TrySchedSetAffinity(int pid, ReadOnlySpan<ulong> mask)
    {
        fixed (ulong* m = mask)
        {
            return (int)Try(Sys.sched_setaffinity, pid, (long)mask.Length * sizeof(ulong), (long)m);
        }
    }

    /// <summary>sched_getaffinity(2): how many bytes the kernel filled in, or -errno (EINVAL: the mask is too short). The call
    /// of the C library says 0 instead of the count; what the kernel leaves alone must be clear before.</summary>
    public static int TrySchedGetAffinity(int pid, Span<ulong> mask)
    {
        mask.Clear();
        fixed (ulong* m = mask)
        {
            return (int)Try(Sys.sched_getaffinity, pid, (long)mask.Length * sizeof(ulong), (long)m);
        }
    }

    /// <summary>Nanoseconds of CLOCK_MONOTONIC, which nobody sets; in a time namespace it has that namespace's offset
    /// (time_namespaces(7)).</summary>
    public static long ClockMonotonicNs() => ClockNs(ClockId.CLOCK_MONOTONIC);

    /// <summary>Nanoseconds of a clock of <see cref="ClockId"/>; 0 where the call is denied, for no command should fail for the
    /// time it takes.</summary>
    public static long ClockNs(int clock)
    {
        Timespec time;
        return Try(Sys.clock_gettime, clock, (long)(&time)) < 0 ? 0 : (time.tv_sec * 1_000_000_000) + time.tv_nsec;
    }
}
