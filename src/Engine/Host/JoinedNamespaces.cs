using System;
using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Host;

/// <summary>The namespaces that linux.namespaces names by path, each opened once: what is known of one is known of its
/// descriptor, and that descriptor is joined. By path it could be another one a moment later.</summary>
sealed class JoinedNamespaces : IDisposable
{
    const int None = -Errno.ENOENT;

    readonly string[] _paths;
    /// <summary>By index in linux.namespaces: the descriptor, -errno, or -ENOENT where there is no path.</summary>
    readonly int[] _opened;

    /// <summary>Opens them. One that cannot be opened is an error only of whoever wants to join it.</summary>
    public JoinedNamespaces(List<SpecNamespace>? namespaces)
    {
        int count = namespaces?.Count ?? 0;
        _paths = count == 0 ? [] : new string[count];
        _opened = count == 0 ? [] : new int[count];
        for (int i = 0; i < count; i++)
        {
            _paths[i] = namespaces![i].Path ?? "";
            // Not blocking, for the path may turn out to be a FIFO.
            _opened[i] = _paths[i].Length == 0 ? None
                : Syscall.TryOpen(_paths[i], OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC | OpenFlags.O_NONBLOCK);
            if (_opened[i] >= 0 && IsHosts(namespaces[i].Type, _opened[i]))
            {
                Hosts |= NamespaceKind.FlagOf(namespaces[i].Type);
            }
        }
    }

    /// <summary>CLONE_NEW* flags of the kinds whose path is the host's own namespace: the runtime's, that of process 1, or the
    /// initial one of the kernel. What is set there is set for others than the container.</summary>
    public int Hosts { get; }

    /// <summary>Hands over a descriptor, which must be a namespace of the kind that its type says (ioctl_ns(2),
    /// NS_GET_NSTYPE).</summary>
    /// <param name="index">In linux.namespaces.</param>
    /// <param name="flag">CLONE_NEW* of its type.</param>
    /// <param name="configPath">For errors.</param>
    public int Take(int index, int flag, string configPath)
    {
        int fd = _opened[index];
        if (fd < 0)
        {
            throw new RuntimeException(configPath + ": " + ErrorText.Call("open", _paths[index], -fd));
        }
        long kind = Syscall.TryIoctl(fd, Ioctl.NS_GET_NSTYPE, 0);
        if (kind != flag)
        {
            throw new RuntimeException(configPath + ": \"" + _paths[index] + "\" is " +
                (kind < 0 ? "no namespace" : "a namespace of type " + NamespaceKind.Names((int)kind)) +
                ", not of type " + NamespaceKind.Names(flag));
        }
        _opened[index] = None;
        return fd;
    }

    /// <summary>Whether a procfs can be mounted for the pid namespace that is joined; false when none is.</summary>
    public unsafe bool ProcTakesPidNamespace()
    {
        foreach (int fd in _opened)
        {
            if (fd >= 0 && Syscall.TryIoctl(fd, Ioctl.NS_GET_NSTYPE, 0) == CloneFlags.CLONE_NEWPID)
            {
                ReadOnlySpan<byte> type = "proc\0"u8;
                ReadOnlySpan<byte> key = "pidns\0"u8;
                fixed (byte* t = type, k = key)
                {
                    int opened = (int)Syscall.Try(Sys.fsopen, (long)t, MountFlags.FSOPEN_CLOEXEC);
                    using var fs = new SafeFd(opened);
                    return opened >= 0 && Syscall.Try(Sys.fsconfig, opened, MountFlags.FSCONFIG_SET_FD, (long)k, 0, fd) == 0;
                }
            }
        }
        return false;
    }

    static bool IsHosts(string? type, int fd)
    {
        ulong inode = Syscall.Fstat(fd).st_ino;
        return NamespaceKind.Of(type) is { } kind && (inode == kind.InitialInode ||
            inode == InodeOf("/proc/self/ns/" + kind.File) || inode == InodeOf("/proc/1/ns/" + kind.File));
    }

    /// <summary>0, which no namespace has, when it cannot be seen: those of process 1 take the right to trace it.</summary>
    static ulong InodeOf(string path) => Syscall.TryFstatAt(AtFlags.AT_FDCWD, path, 0, out Stat stat) == 0 ? stat.st_ino : 0;

    public void Dispose()
    {
        for (int i = 0; i < _opened.Length; i++)
        {
            if (_opened[i] >= 0)
            {
                Syscall.TryClose(_opened[i]);
                _opened[i] = None;
            }
        }
    }
}
