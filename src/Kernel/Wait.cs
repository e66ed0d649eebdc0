namespace OciRun.Kernel;

/// <summary>Options and id types of waitid(2).</summary>
public static class WaitFlags
{
    public const int WNOHANG = 1;
    public const int WEXITED = 4;
    public const int WNOWAIT = 0x1000000;
    public const int P_ALL = 0;
    public const int P_PID = 1;
    public const int P_PIDFD = 3;
}

/// <summary>si_code of a child state change.</summary>
public static class SiCode
{
    public const int CLD_KILLED = 2;
    public const int CLD_DUMPED = 3;
}

/// <summary>How of rt_sigprocmask(2).</summary>
public static class SigHow
{
    public const int SIG_BLOCK = 0;
    public const int SIG_SETMASK = 2;
}

/// <summary>Flags of rt_sigaction(2).</summary>
public static class SigactionFlags
{
    /// <summary>The handler returns through sa_restorer; the C library hides it.</summary>
    public const int SA_RESTORER = 0x4000000;
    public const int SA_RESTART = 0x10000000;
}

/// <summary>Flags of close_range(2).</summary>
public static class CloseRangeFlags
{
    public const int CLOSE_RANGE_CLOEXEC = 4;
}

/// <summary>Clocks of clock_gettime(2) and of timens_offsets.</summary>
public static class ClockId
{
    public const int CLOCK_MONOTONIC = 1;
    public const int CLOCK_PROCESS_CPUTIME_ID = 2;
}

/// <summary>Protection and flags of mmap(2).</summary>
public static class Mmap
{
    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int PROT_EXEC = 4;
    public const int MAP_SHARED = 1;
    public const int MAP_PRIVATE = 2;
    public const int MAP_ANONYMOUS = 0x20;
}
