using System;
using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Planning.Cgroups;
using OciRun.Syscalls;
using static OciRun.Kernel.Mode;

namespace OciRun.Engine.Cgroups;

/// <summary>The place where a container's cgroup is going to be: looked at before anything is changed, and then used through the
/// same descriptor.</summary>
public sealed class CgroupSite : IDisposable
{
    readonly CgroupMount _mount;
    readonly string _path;
    readonly string _parentPath;
    readonly string _leaf;
    SafeFd? _parent;
    readonly bool _ready;

    CgroupSite(CgroupMount mount, string path)
    {
        _mount = mount;
        _path = path;
        int slash = path.LastIndexOf('/');
        _parentPath = slash <= 0 ? "/" : path[..slash];
        _leaf = path[(slash + 1)..];
        CgroupFiles.TryRead(mount.Root, "cgroup.controllers", out string available);
        Controllers = new ControllerSet(available);
        int opened = CgroupFiles.TryOpenDirectory(mount.Root, _parentPath);
        if (opened >= 0)
        {
            _parent = new SafeFd(opened);
            // The usual case, a parent that hands everything down already, takes no further look at its ancestors.
            int read = CgroupFiles.TryRead(_parent, "cgroup.subtree_control", out string enabled);
            _ready = read == 0 && Missing(available, enabled) is null;
        }
    }

    /// <summary>The controllers that the cgroup can have if every ancestor can hand them down.</summary>
    public ControllerSet Controllers { get; }

    /// <summary>Looks at the ancestors of a path below the mount; changes nothing.</summary>
    public static CgroupSite Probe(CgroupMount mount, string path) => new(mount, path);

    /// <summary>The cgroup is there before the container.</summary>
    public bool IsThere => _parent is not null && Syscall.TryFstatAt(_parent, _leaf, AtFlags.AT_SYMLINK_NOFOLLOW, out _) == 0;

    /// <summary>Makes the cgroup and its missing ancestors, and enables all controllers on the way as far as that is possible;
    /// what a container then lacks for its limits is reported when they are applied.</summary>
    /// <exception cref="RuntimeException">It exists and has processes or is frozen, or it cannot be made.</exception>
    public Cgroup Create() => TryCreate(isNamed: true, out RuntimeException? denied) ?? throw denied!;

    /// <summary>Like <see cref="Create"/>, but null with the error when this user is not allowed to make it.</summary>
    /// <param name="isNamed">The config names the cgroup, so that one that is there may be meant.</param>
    /// <param name="denied">Why not.</param>
    public Cgroup? TryCreate(bool isNamed, out RuntimeException? denied)
    {
        denied = null;
        if (!_ready)
        {
            _parent?.Dispose();
            _parent = MakeAncestors(out int failed, out string failedPath);
            if (_parent is null)
            {
                denied = CannotMake(failedPath, failed);
                return IsDenial(failed) ? null : throw denied;
            }
        }
        int made = Syscall.TryMkdirAt(_parent!, _leaf, O755);
        if (made == -Errno.EEXIST && !isNamed && Syscall.TryUnlinkAt(_parent!, _leaf, AtFlags.AT_REMOVEDIR) == 0)
        {
            // Left by a container of the same id in another state directory, or still counted on by one: that container knows
            // its cgroup by the inode, and so will not take the new one for its own.
            made = Syscall.TryMkdirAt(_parent!, _leaf, O755);
        }
        int opened = made < 0 && made != -Errno.EEXIST ? made : CgroupFiles.TryOpenDirectory(_parent!, _leaf);
        if (opened < 0)
        {
            if (made == 0)
            {
                Syscall.TryUnlinkAt(_parent!, _leaf, AtFlags.AT_REMOVEDIR);
            }
            denied = CannotMake(_path, -opened);
            return IsDenial(-opened) ? null : throw denied;
        }
        Cgroup cgroup = new(_mount, _path, new SafeFd(opened), isNew: made == 0);
        if (made < 0)
        {
            RefuseUsed(cgroup, isNamed);
        }
        if (_parentPath != "/" && !_ready)
        {
            cgroup.JoinThreadedParent();
        }
        return cgroup;
    }

    /// <summary>Enables all controllers from the mount's root down to an existing cgroup, as far as that is possible.</summary>
    public static void Enable(CgroupMount mount, string path)
    {
        using CgroupSite site = Probe(mount, path);
        if (!site._ready)
        {
            site.MakeAncestors(out _, out _)?.Dispose();
        }
    }

    static bool IsDenial(int errno) => errno is Errno.EACCES or Errno.EPERM or Errno.EROFS;

    static void RefuseUsed(Cgroup cgroup, bool isNamed)
    {
        try
        {
            if (cgroup.IsPopulated)
            {
                int count = cgroup.Pids(recursive: true).Count;
                string found = count + " process(es) found in " + cgroup.Path;
                throw new RuntimeException("linux.cgroupsPath: container's cgroup is not empty: " + found,
                    "another container or service uses it: give this one its own linux.cgroupsPath");
            }
            if (cgroup.IsFreezing)
            {
                throw new RuntimeException("linux.cgroupsPath: container's cgroup unexpectedly frozen: " + cgroup.Path,
                    "thaw it: write 0 to its cgroup.freeze file");
            }
            if (!isNamed)
            {
                throw new RuntimeException("linux.cgroupsPath: cgroup " + cgroup.Path + " is there already, with others below it",
                    "name it in linux.cgroupsPath if it is meant for this container");
            }
        }
        catch
        {
            cgroup.Dispose();
            throw;
        }
    }

    /// <summary>Walks from the mount's root to the parent. Enabling fails without harm where a cgroup has processes of its own
    /// (EBUSY), where it is threaded, or where it is not ours (EACCES). Null with the error number and the path when one cannot
    /// be made.</summary>
    SafeFd? MakeAncestors(out int failed, out string walked)
    {
        failed = 0;
        SafeFd current = Syscall.Dup(_mount.Root);
        Enable(current);
        walked = "";
        foreach (string part in _parentPath.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            walked += "/" + part;
            int opened = CgroupFiles.TryOpenDirectory(current, part);
            if (opened == -Errno.ENOENT)
            {
                int made = Syscall.TryMkdirAt(current, part, O755);
                // A create beside this one may have been faster.
                opened = made < 0 && made != -Errno.EEXIST ? made : CgroupFiles.TryOpenDirectory(current, part);
            }
            current.Dispose();
            if (opened < 0)
            {
                failed = -opened;
                return null;
            }
            current = new SafeFd(opened);
            Enable(current);
        }
        return current;
    }

    static void Enable(int directory)
    {
        if (CgroupFiles.TryRead(directory, "cgroup.controllers", out string available) < 0 ||
            CgroupFiles.TryRead(directory, "cgroup.subtree_control", out string enabled) < 0 ||
            Missing(available, enabled) is not { } missing)
        {
            return;
        }
        if (CgroupFiles.TryWrite(directory, "cgroup.subtree_control", "+" + string.Join(" +", missing)) == 0)
        {
            return;
        }
        // One write is all or nothing; a single controller may be refused (cpu while realtime tasks run, domain ones below a
        // threaded parent).
        foreach (string controller in missing)
        {
            CgroupFiles.TryWrite(directory, "cgroup.subtree_control", "+" + controller);
        }
    }

    static List<string>? Missing(string available, string enabled)
    {
        if (available == enabled)
        {
            return null;
        }
        ControllerSet set = new(enabled);
        List<string>? missing = null;
        foreach (string controller in available.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!set.Contains(controller))
            {
                (missing ??= []).Add(controller);
            }
        }
        return missing;
    }

    static RuntimeException CannotMake(string path, int errno)
    {
        string? hint = errno switch
        {
            Errno.ENOSPC or Errno.EAGAIN =>
                "a cgroup above it limits how many or how deep they may be: see cgroup.max.descendants and cgroup.max.depth",
            Errno.EACCES or Errno.EPERM or Errno.EROFS =>
                "the cgroup is not delegated to this user: use --systemd-cgroup with a user session, or no cgroup at all",
            _ => null,
        };
        // The words for these errors speak of devices, and of trying again. The kernel says EAGAIN at the limits of cgroup.max.*.
        string reason = errno is Errno.ENOSPC or Errno.EAGAIN
            ? "too many cgroups (" + ErrnoText.Name(errno) + ")" : CgroupFiles.Describe(errno);
        return new RuntimeException("linux.cgroupsPath: cannot create cgroup " + path + ": " + reason, hint);
    }

    public void Dispose() => _parent?.Dispose();
}
