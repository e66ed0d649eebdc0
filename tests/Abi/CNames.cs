using System.Collections.Generic;

namespace OciRun.Tests.Abi;

/// <summary>Where C declares what Kernel declares.</summary>
static class CNames
{
    /// <summary>Type of constants → headers.</summary>
    public static readonly Dictionary<string, string> Constants = new()
    {
        ["CloneFlags"] = "linux/sched.h",
        ["NamespaceInodes"] = "linux/nsfs.h",
        ["MountFlags"] = "linux/mount.h sys/mount.h",
        ["OpenFlags"] = "linux/fcntl.h",
        ["ResolveFlags"] = "linux/openat2.h",
        ["AtFlags"] = "linux/fcntl.h",
        ["StatxMask"] = "linux/stat.h",
        ["Fcntl"] = "linux/fcntl.h",
        ["MemfdFlags"] = "linux/memfd.h",
        ["Seal"] = "linux/fcntl.h",
        ["FlockOp"] = "sys/file.h",
        ["Seek"] = "unistd.h",
        ["Access"] = "unistd.h",
        ["StatMode"] = "sys/stat.h",
        ["StatfsMagic"] = "linux/magic.h",
        ["Errno"] = "errno.h",
        ["Prctl"] = "linux/prctl.h sys/prctl.h",
        ["Personality"] = "sys/personality.h",
        ["CapUserVersion"] = "linux/capability.h",
        ["Keyctl"] = "linux/keyctl.h",
        ["SchedPolicy"] = "linux/sched.h",
        ["SchedFlags"] = "linux/sched.h",
        ["IoPrioClass"] = "linux/ioprio.h",
        ["IoPrio"] = "linux/ioprio.h",
        ["MemPolicyMode"] = "linux/mempolicy.h",
        ["MemPolicyFlags"] = "linux/mempolicy.h",
        ["SeccompMode"] = "linux/seccomp.h",
        ["SeccompFilterFlags"] = "linux/seccomp.h",
        ["SeccompRet"] = "linux/seccomp.h",
        ["AuditArch"] = "linux/elf-em.h linux/audit.h",
        ["ClassicBpf"] = "linux/filter.h",
        ["BpfCmd"] = "linux/bpf.h",
        ["BpfProgType"] = "linux/bpf.h",
        ["BpfAttachType"] = "linux/bpf.h",
        ["BpfFlags"] = "linux/bpf.h",
        ["BpfDevcg"] = "linux/bpf.h",
        ["BpfOp"] = "linux/bpf.h",
        ["AddressFamily"] = "sys/socket.h",
        ["SocketType"] = "sys/socket.h",
        ["SocketOption"] = "sys/socket.h",
        ["MsgFlags"] = "sys/socket.h",
        ["PollEvents"] = "poll.h",
        ["Netlink"] = "linux/netlink.h linux/rtnetlink.h",
        ["RtAttrType"] = "linux/if_link.h linux/if_addr.h",
        ["IfFlags"] = "net/if.h",
        ["IfAddrFlags"] = "linux/if_addr.h",
        ["RtScope"] = "linux/rtnetlink.h",
        ["Ioctl"] = "sys/ioctl.h termios.h linux/sockios.h linux/fs.h linux/nsfs.h linux/loop.h linux/pidfd.h",
        ["TermiosFlags"] = "termios.h",
        ["WaitFlags"] = "sys/wait.h",
        ["SiCode"] = "sys/wait.h signal.h",
        ["SigHow"] = "signal.h",
        ["CloseRangeFlags"] = "linux/close_range.h",
        ["ClockId"] = "time.h",
        ["Mmap"] = "sys/mman.h",
        ["Signal"] = "signal.h",
        ["Capability"] = "linux/capability.h",
        ["Rlimit"] = "sys/resource.h",
        ["SigactionFlags"] = "asm/signal.h",
        ["Limits"] = "linux/limits.h limits.h net/if.h linux/un.h",
        ["Elf"] = "elf.h",
        ["SpawnFlags"] = "spawn.h",
        ["RegexFlags"] = "regex.h",
        ["SchedAttr"] = "linux/types.h linux/sched/types.h",
        ["Sys"] = "asm/unistd.h",
    };

    /// <summary>Structure → C type and headers.</summary>
    public static readonly Dictionary<string, (string Type, string Headers)> Structs = new()
    {
        ["CloneArgs"] = ("struct clone_args", "linux/sched.h"),
        ["CapUserHeader"] = ("struct __user_cap_header_struct", "linux/capability.h"),
        ["CapUserData"] = ("struct __user_cap_data_struct", "linux/capability.h"),
        ["Rlimit64"] = ("struct rlimit64", "sys/resource.h"),
        ["SchedAttr"] = ("struct sched_attr", "linux/types.h linux/sched/types.h"),
        ["Siginfo"] = ("siginfo_t", "signal.h"),
        ["Timespec"] = ("struct timespec", "time.h"),
        ["OpenHow"] = ("struct open_how", "linux/openat2.h"),
        ["MountAttrArgs"] = ("struct mount_attr", "linux/mount.h"),
        ["Statx"] = ("struct statx", "linux/stat.h"),
        ["Statfs64"] = ("struct statfs64", "sys/vfs.h"),
        ["Dirent64"] = ("struct dirent64", "dirent.h"),
        ["Stat"] = ("struct stat", "sys/stat.h"),
        ["Termios"] = ("struct termios", "asm/termbits.h"),
        ["Winsize"] = ("struct winsize", "sys/ioctl.h"),
        ["Iovec"] = ("struct iovec", "sys/uio.h"),
        ["Msghdr"] = ("struct msghdr", "sys/socket.h"),
        ["Cmsghdr"] = ("struct cmsghdr", "sys/socket.h"),
        ["SockaddrUn"] = ("struct sockaddr_un", "sys/un.h"),
        ["SockaddrNl"] = ("struct sockaddr_nl", "linux/netlink.h"),
        ["PollFd"] = ("struct pollfd", "poll.h"),
        ["Ifreq"] = ("struct ifreq", "net/if.h"),
        ["Nlmsghdr"] = ("struct nlmsghdr", "linux/netlink.h"),
        ["Ifinfomsg"] = ("struct ifinfomsg", "linux/rtnetlink.h"),
        ["Ifaddrmsg"] = ("struct ifaddrmsg", "linux/if_addr.h"),
        ["Rtattr"] = ("struct rtattr", "linux/rtnetlink.h"),
        ["BpfProgLoadAttr"] = ("union bpf_attr", "linux/bpf.h"),
        ["BpfProgAttachAttr"] = ("union bpf_attr", "linux/bpf.h"),
        ["BpfProgQueryAttr"] = ("union bpf_attr", "linux/bpf.h"),
    };

    /// <summary>Constants newer than Debian 12's headers → the kernel that introduced them; older headers do not check
    /// these.</summary>
    public static readonly Dictionary<string, string> Since = new()
    {
        ["MFD_EXEC"] = "6.3",
        ["MPOL_WEIGHTED_INTERLEAVE"] = "6.9",
        ["IPC_NS_INIT_INO"] = "6.18",
        ["UTS_NS_INIT_INO"] = "6.18",
        ["USER_NS_INIT_INO"] = "6.18",
        ["PID_NS_INIT_INO"] = "6.18",
        ["CGROUP_NS_INIT_INO"] = "6.18",
        ["TIME_NS_INIT_INO"] = "6.18",
        ["NET_NS_INIT_INO"] = "6.18",
        ["MNT_NS_INIT_INO"] = "6.18",
        ["STATX_MNT_ID_UNIQUE"] = "6.8",
    };

    /// <summary>Types whose constants are this project's own, checked by other tests here.</summary>
    public static readonly HashSet<string> OwnConstants = ["Machine", "Capabilities", "Rlimits", "Signals", "Dirent64", "Stat",
        "Dev", "Mode", "KeyPermission", "SeccompData"];

    /// <summary>Structures that C names otherwise or does not declare: inline arrays, checked as fields; KernelSigaction, by
    /// running.</summary>
    public static readonly HashSet<string> OwnStructs =
        ["SunPath", "IfName", "TermiosCc", "KernelSigaction"];

    /// <summary>Structures that are a part of the C type only, so that sizes differ.</summary>
    public static readonly HashSet<string> PartOnly = ["Dirent64", "BpfProgLoadAttr", "BpfProgAttachAttr", "BpfProgQueryAttr"];

    /// <summary>Type.field → the C designator, or "" where C has none (bit fields, the second half of an array).</summary>
    public static readonly Dictionary<string, string> Fields = new()
    {
        ["BpfProgLoadAttr.prog_name_low"] = "prog_name[0]",
        ["BpfProgLoadAttr.prog_name_high"] = "prog_name[8]",
        ["BpfProgQueryAttr.target_fd"] = "query.target_fd",
        ["BpfProgQueryAttr.attach_type"] = "query.attach_type",
        ["BpfProgQueryAttr.query_flags"] = "query.query_flags",
        ["BpfProgQueryAttr.attach_flags"] = "query.attach_flags",
        ["BpfProgQueryAttr.prog_ids"] = "query.prog_ids",
        ["BpfProgQueryAttr.prog_cnt"] = "query.prog_cnt",
    };
}
