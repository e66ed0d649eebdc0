using OciRun.Kernel;

namespace OciRun.Engine.Host;

/// <summary>Inode numbers of the namespaces that the kernel starts with (include/linux/proc_ns.h, PROC_*_INIT_INO;
/// include/uapi/linux/nsfs.h). Those of all others lie above.</summary>
static class InitialNamespaces
{
    public const ulong Ipc = 0xEFFFFFFF;
    public const ulong Uts = 0xEFFFFFFE;
    public const ulong User = 0xEFFFFFFD;
    public const ulong Pid = 0xEFFFFFFC;
    public const ulong Cgroup = 0xEFFFFFFB;
    public const ulong Time = 0xEFFFFFFA;
    /// <summary>Linux 6.18; a number like any other before.</summary>
    public const ulong Net = 0xEFFFFFF9;
    /// <summary>Linux 6.18; a number like any other before.</summary>
    public const ulong Mount = 0xEFFFFFF8;

    /// <summary>The inode for a CLONE_NEW* flag, 0 for any other.</summary>
    public static ulong InodeOf(int flag) => flag switch
    {
        CloneFlags.CLONE_NEWIPC => Ipc,
        CloneFlags.CLONE_NEWUTS => Uts,
        CloneFlags.CLONE_NEWUSER => User,
        CloneFlags.CLONE_NEWPID => Pid,
        CloneFlags.CLONE_NEWCGROUP => Cgroup,
        CloneFlags.CLONE_NEWTIME => Time,
        CloneFlags.CLONE_NEWNET => Net,
        CloneFlags.CLONE_NEWNS => Mount,
        _ => 0,
    };
}
