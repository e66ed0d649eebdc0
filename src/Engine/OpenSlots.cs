using System;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Syscalls;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Engine;

/// <summary>The descriptors that the plan's slots stand for, opened before the process exists and closed when it has them.</summary>
sealed class OpenSlots(ContainerPlan plan, JoinedNamespaces namespaces) : IDisposable
{
    readonly int[] _values = new int[plan.Slots.Count];
    int _opened;

    public ReadOnlySpan<int> Values => _values;

    public void Open()
    {
        for (; _opened < _values.Length; _opened++)
        {
            Slot slot = plan.Slots[_opened];
            _values[_opened] = slot.Kind switch
            {
                SlotKind.Namespace => namespaces.Take(slot.NamespaceIndex, slot.NamespaceFlag, slot.ConfigPath),
                SlotKind.MountSource => OpenSource(slot),
                SlotKind.IdMap => UserNamespaces.Make(slot),
                _ => -1,
            };
        }
    }

    /// <summary>A detached clone, taken out of the host's propagation: the container's mounts below it must not come back.</summary>
    int OpenSource(Slot slot)
    {
        int flags = MountFlags.OPEN_TREE_CLONE | MountFlags.OPEN_TREE_CLOEXEC;
        int at = (slot.Recursive ? AtFlags.AT_RECURSIVE : 0) | (slot.NoFollow ? AtFlags.AT_SYMLINK_NOFOLLOW : 0);
        int fd = Syscall.TryOpenTree(AtFlags.AT_FDCWD, slot.Path, flags, at);
        if (fd < 0)
        {
            throw new RuntimeException(slot.ConfigPath + ": " + ErrorText.Call("open_tree", slot.Path, -fd));
        }
        var attributes = new MountAttrArgs { propagation = MountFlags.MS_SLAVE };
        Syscall.TryMountSetattr(fd, "", AtFlags.AT_EMPTY_PATH | AtFlags.AT_RECURSIVE, attributes);
        if (slot.IdMapSlot >= 0)
        {
            MapIds(slot, fd);
        }
        return fd;
    }

    void MapIds(Slot slot, int fd)
    {
        var attributes = new MountAttrArgs { attr_set = MountFlags.MOUNT_ATTR_IDMAP, userns_fd = (ulong)_values[slot.IdMapSlot] };
        int result = Syscall.TryMountSetattr(fd, "", AtFlags.AT_EMPTY_PATH | (slot.RecursiveIdMap ? AtFlags.AT_RECURSIVE : 0), attributes);
        if (result < 0)
        {
            Syscall.TryClose(fd);
            throw new RuntimeException(slot.ConfigPath + ": " + ErrorText.Call("mount_setattr", slot.Path, -result),
                result == -Errno.EINVAL ? "the file system of the source cannot map ids with this kernel" : null);
        }
    }

    /// <summary>Enters a pid namespace that the config names, for the clone that follows.</summary>
    /// <returns>The runtime's own, to return to; null when none is joined.</returns>
    public SafeFd? EnterPidNamespace()
    {
        for (int i = 0; i < _values.Length; i++)
        {
            if (plan.Slots[i].Kind == SlotKind.Namespace && plan.Slots[i].NamespaceFlag == CLONE_NEWPID)
            {
                SafeFd own = Syscall.Open("/proc/self/ns/pid", OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC);
                int result = Syscall.TrySetns(_values[i], CloneFlags.CLONE_NEWPID);
                if (result < 0)
                {
                    own.Dispose();
                    throw new RuntimeException(plan.Slots[i].ConfigPath + ": " + ErrorText.Call("setns", plan.Slots[i].Path, -result));
                }
                return own;
            }
        }
        return null;
    }

    public void Dispose()
    {
        for (int i = 0; i < _opened; i++)
        {
            if (_values[i] >= 0)
            {
                Syscall.TryClose(_values[i]);
                _values[i] = -1;
            }
        }
    }
}
