using System;
using static OciRun.Kernel.Capability;

namespace OciRun.Kernel;

/// <summary>Names and numbers of capabilities, capabilities(7).</summary>
public static class Capabilities
{
    /// <summary>The highest capability that this table knows; /proc/sys/kernel/cap_last_cap tells the kernel's.</summary>
    public const int Last = CAP_CHECKPOINT_RESTORE;

    /// <summary>The kernel's name of capability <paramref name="number"/>, or null beyond <see cref="Last"/>.</summary>
    public static string? Name(int number) => number switch
    {
        CAP_CHOWN => nameof(CAP_CHOWN),
        CAP_DAC_OVERRIDE => nameof(CAP_DAC_OVERRIDE),
        CAP_DAC_READ_SEARCH => nameof(CAP_DAC_READ_SEARCH),
        CAP_FOWNER => nameof(CAP_FOWNER),
        CAP_FSETID => nameof(CAP_FSETID),
        CAP_KILL => nameof(CAP_KILL),
        CAP_SETGID => nameof(CAP_SETGID),
        CAP_SETUID => nameof(CAP_SETUID),
        CAP_SETPCAP => nameof(CAP_SETPCAP),
        CAP_LINUX_IMMUTABLE => nameof(CAP_LINUX_IMMUTABLE),
        CAP_NET_BIND_SERVICE => nameof(CAP_NET_BIND_SERVICE),
        CAP_NET_BROADCAST => nameof(CAP_NET_BROADCAST),
        CAP_NET_ADMIN => nameof(CAP_NET_ADMIN),
        CAP_NET_RAW => nameof(CAP_NET_RAW),
        CAP_IPC_LOCK => nameof(CAP_IPC_LOCK),
        CAP_IPC_OWNER => nameof(CAP_IPC_OWNER),
        CAP_SYS_MODULE => nameof(CAP_SYS_MODULE),
        CAP_SYS_RAWIO => nameof(CAP_SYS_RAWIO),
        CAP_SYS_CHROOT => nameof(CAP_SYS_CHROOT),
        CAP_SYS_PTRACE => nameof(CAP_SYS_PTRACE),
        CAP_SYS_PACCT => nameof(CAP_SYS_PACCT),
        CAP_SYS_ADMIN => nameof(CAP_SYS_ADMIN),
        CAP_SYS_BOOT => nameof(CAP_SYS_BOOT),
        CAP_SYS_NICE => nameof(CAP_SYS_NICE),
        CAP_SYS_RESOURCE => nameof(CAP_SYS_RESOURCE),
        CAP_SYS_TIME => nameof(CAP_SYS_TIME),
        CAP_SYS_TTY_CONFIG => nameof(CAP_SYS_TTY_CONFIG),
        CAP_MKNOD => nameof(CAP_MKNOD),
        CAP_LEASE => nameof(CAP_LEASE),
        CAP_AUDIT_WRITE => nameof(CAP_AUDIT_WRITE),
        CAP_AUDIT_CONTROL => nameof(CAP_AUDIT_CONTROL),
        CAP_SETFCAP => nameof(CAP_SETFCAP),
        CAP_MAC_OVERRIDE => nameof(CAP_MAC_OVERRIDE),
        CAP_MAC_ADMIN => nameof(CAP_MAC_ADMIN),
        CAP_SYSLOG => nameof(CAP_SYSLOG),
        CAP_WAKE_ALARM => nameof(CAP_WAKE_ALARM),
        CAP_BLOCK_SUSPEND => nameof(CAP_BLOCK_SUSPEND),
        CAP_AUDIT_READ => nameof(CAP_AUDIT_READ),
        CAP_PERFMON => nameof(CAP_PERFMON),
        CAP_BPF => nameof(CAP_BPF),
        CAP_CHECKPOINT_RESTORE => nameof(CAP_CHECKPOINT_RESTORE),
        _ => null,
    };

    /// <summary>
    /// The number of a capability, or -1 for an unknown name. Any case and a missing CAP_ prefix are accepted, as runc and crun
    /// do.
    /// </summary>
    public static int Number(ReadOnlySpan<char> name)
    {
        ReadOnlySpan<char> bare = name.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase) ? name[4..] : name;
        for (int i = 0; i <= Last; i++)
        {
            if (bare.Equals(Name(i).AsSpan(4), StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }
        return -1;
    }
}
