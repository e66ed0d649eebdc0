namespace OciRun.Kernel;

/// <summary>Flags of clone3(2), unshare(2) and setns(2), of linux/sched.h.</summary>
public static class CloneFlags
{
    public const int CLONE_NEWTIME = 0x80;
    public const int CLONE_PIDFD = 0x1000;
    public const int CLONE_PARENT = 0x8000;
    public const int CLONE_NEWNS = 0x20000;
    public const int CLONE_PARENT_SETTID = 0x100000;
    public const int CLONE_NEWCGROUP = 0x2000000;
    public const int CLONE_NEWUTS = 0x4000000;
    public const int CLONE_NEWIPC = 0x8000000;
    public const int CLONE_NEWUSER = 0x10000000;
    public const int CLONE_NEWPID = 0x20000000;
    public const int CLONE_NEWNET = 0x40000000;
    public const long CLONE_CLEAR_SIGHAND = 0x100000000;
    public const long CLONE_INTO_CGROUP = 0x200000000;
}
