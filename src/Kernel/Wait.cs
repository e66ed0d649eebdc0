namespace OciRun.Kernel;

/// <summary>Options and id types of waitid(2).</summary>
public static class WaitFlags
{
    public const int WNOHANG = 1;
    public const int WUNTRACED = 2;
    public const int WEXITED = 4;
    public const int WSTOPPED = 2;
    public const int WCONTINUED = 8;
    public const int WNOWAIT = 0x1000000;
    public const int __WALL = 0x40000000;
    public const int P_ALL = 0;
    public const int P_PID = 1;
    public const int P_PGID = 2;
    public const int P_PIDFD = 3;
}

/// <summary>si_code of a child state change.</summary>
public static class SiCode
{
    public const int CLD_EXITED = 1;
    public const int CLD_KILLED = 2;
    public const int CLD_DUMPED = 3;
    public const int CLD_TRAPPED = 4;
    public const int CLD_STOPPED = 5;
    public const int CLD_CONTINUED = 6;
}

/// <summary>How of rt_sigprocmask(2).</summary>
public static class SigHow
{
    public const int SIG_BLOCK = 0;
    public const int SIG_UNBLOCK = 1;
    public const int SIG_SETMASK = 2;
}

/// <summary>Flags of rt_sigaction(2).</summary>
public static class SigactionFlags
{
    /// <summary>The handler returns through sa_restorer; the C library hides it.</summary>
    public const int SA_RESTORER = 0x4000000;
    public const int SA_RESTART = 0x10000000;
}

/// <summary>Flags of signalfd4(2).</summary>
public static class SignalfdFlags
{
    public const int SFD_CLOEXEC = 0x80000;
    public const int SFD_NONBLOCK = 0x800;
}

/// <summary>Flags of pidfd_open(2).</summary>
public static class PidfdFlags
{
    public const int PIDFD_NONBLOCK = 0x800;
    /// <summary>Since Linux 6.9.</summary>
    public const int PIDFD_THREAD = 0x80;
}

/// <summary>Flags of close_range(2).</summary>
public static class CloseRangeFlags
{
    public const int CLOSE_RANGE_UNSHARE = 2;
    public const int CLOSE_RANGE_CLOEXEC = 4;
}

/// <summary>Flags of getrandom(2).</summary>
public static class GetrandomFlags
{
    public const int GRND_NONBLOCK = 1;
    public const int GRND_RANDOM = 2;
    public const int GRND_INSECURE = 4;
}

/// <summary>Clocks of clock_gettime(2) and of timens_offsets.</summary>
public static class ClockId
{
    public const int CLOCK_REALTIME = 0;
    public const int CLOCK_MONOTONIC = 1;
    public const int CLOCK_PROCESS_CPUTIME_ID = 2;
    public const int CLOCK_BOOTTIME = 7;
}

/// <summary>Protection and flags of mmap(2).</summary>
public static class Mmap
{
    public const int PROT_NONE = 0;
    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int PROT_EXEC = 4;
    public const int MAP_SHARED = 1;
    public const int MAP_PRIVATE = 2;
    public const int MAP_FIXED = 0x10;
    public const int MAP_ANONYMOUS = 0x20;
    public const int MAP_POPULATE = 0x8000;
    public const int MAP_STACK = 0x20000;
    public const int MAP_NORESERVE = 0x4000;
    public const int MAP_FIXED_NOREPLACE = 0x100000;
    public const int MS_SYNC = 4;
}
