using System.Globalization;
using OciRun.Engine.State;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Syscalls;

namespace OciRun.Engine.Process;

/// <summary>The steps that open a descriptor for another step.</summary>
static class OpenActs
{
    /// <summary>A detached clone, taken out of the host's propagation: the container's mounts below it must not come
    /// back.</summary>
    public static int Source(OpenSourceStep step, Products made)
    {
        const int flags = MountFlags.OPEN_TREE_CLONE | MountFlags.OPEN_TREE_CLOEXEC;
        int at = (step.Recursive ? AtFlags.AT_RECURSIVE : 0) | (step.NoFollow ? AtFlags.AT_SYMLINK_NOFOLLOW : 0);
        int fd = Syscall.TryOpenTree(AtFlags.AT_FDCWD, step.Path, flags, at);
        if (fd < 0)
        {
            throw new RuntimeException(step.ConfigPath + ": " + ErrorText.Call("open_tree", step.Path, -fd));
        }
        var attributes = new MountAttrArgs { propagation = MountFlags.MS_SLAVE };
        Syscall.TryMountSetattr(fd, "", AtFlags.AT_EMPTY_PATH | AtFlags.AT_RECURSIVE, attributes);
        if (step.IdMapSlot >= 0)
        {
            MapIds(step, fd, made.Slots[step.IdMapSlot]);
        }
        return fd;
    }

    static void MapIds(OpenSourceStep step, int fd, int userNamespace)
    {
        var attributes = new MountAttrArgs { attr_set = MountFlags.MOUNT_ATTR_IDMAP, userns_fd = (ulong)userNamespace };
        int result = Syscall.TryMountSetattr(fd, "", AtFlags.AT_EMPTY_PATH | (step.RecursiveIdMap ? AtFlags.AT_RECURSIVE : 0),
            attributes);
        if (result < 0)
        {
            Syscall.TryClose(fd);
            throw new RuntimeException(step.ConfigPath + ": " + ErrorText.Call("mount_setattr", step.Path, -result),
                result == -Errno.EINVAL ? "the file system of the source cannot map ids with this kernel" : null);
        }
    }

    /// <summary>The container's init, from whose pidfd all of its namespaces are entered at once.</summary>
    public static void Init(OpenInitStep step, Products made)
    {
        made.ContainerInit ??= Liveness.OpenInit(step.Pid, step.StartTime);
        made.Slots[step.Slot] = Syscall.Dup(made.ContainerInit, 3).Release();
    }

    /// <summary>A container in the host's mount namespace is in a chroot, which joining namespaces does not enter.</summary>
    public static void Root(OpenRootStep step, Products made)
    {
        int pid = step.Pid == 0 ? made.Record.Pid : step.Pid;
        ulong start = step.Pid == 0 ? made.Record.PidStartTime : step.StartTime;
        string path = "/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/root";
        SafeFd root = Syscall.Open(path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
        if (!ProcessStat.IsAlive(pid, start))
        {
            root.Dispose();
            throw Liveness.Gone();
        }
        made.Root = made.Slots[step.Slot] = root.Release();
    }
}
