using OciRun.Engine.Cgroups;
using OciRun.Kernel;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.State;

/// <summary>What the kernel says about a container now.</summary>
static class Liveness
{
    public static ContainerStatus StatusOf(ContainerDirectory directory, ContainerRecord record)
    {
        if (record.IsCreating)
        {
            return ProcessStat.IsAlive(record.CreatorPid, record.CreatorStartTime) ? ContainerStatus.Creating
                : ContainerStatus.Stopped;
        }
        if (!ProcessStat.IsAlive(record.Pid, record.PidStartTime))
        {
            return ContainerStatus.Stopped;
        }
        using Cgroup? cgroup = Cgroup.OfContainer(record);
        return cgroup is { IsFreezing: true } ? ContainerStatus.Paused
            : directory.WaitsForStart ? ContainerStatus.Created : ContainerStatus.Running;
    }

    /// <summary>A pidfd of the container's first process.</summary>
    /// <exception cref="RuntimeException">It is gone.</exception>
    public static SafeFd OpenInit(ContainerRecord record) => OpenInit(record.Pid, record.PidStartTime);

    public static SafeFd OpenInit(int pid, ulong startTime) => TryOpenInit(pid, startTime) ?? throw Gone();

    /// <summary>Like <see cref="OpenInit(ContainerRecord)"/>; null when it is gone.</summary>
    public static SafeFd? TryOpenInit(ContainerRecord record) => TryOpenInit(record.Pid, record.PidStartTime);

    static SafeFd? TryOpenInit(int pid, ulong startTime)
    {
        int fd = pid > 0 ? Syscall.TryPidfdOpen(pid) : -Errno.ESRCH;
        if (fd is -Errno.ESRCH or -Errno.EINVAL or -Errno.ENOENT)
        {
            return null;
        }
        Syscall.Check(fd, "pidfd_open");
        var pidfd = new SafeFd(fd);
        // The pid may have been given to another between the check and the open.
        if (!ProcessStat.IsAlive(pid, startTime))
        {
            pidfd.Dispose();
            return null;
        }
        return pidfd;
    }

    public static RuntimeException Gone() => new("container init exited");
}
