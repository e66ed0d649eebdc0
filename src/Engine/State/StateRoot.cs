using System;
using System.Globalization;
using OciRun.Engine.Host;
using OciRun.Kernel;
using OciRun.Spec;
using OciRun.Syscalls;
using static OciRun.Kernel.Mode;

namespace OciRun.Engine;

/// <summary>The directory below which containers keep their state. Who can write there decides what runs: state.json names
/// programs (hooks), processes and cgroups. So it must belong to the caller or to root and be writable by nobody else, and so
/// must every directory above it, through which another could be put in its place.</summary>
static class StateRoot
{
    const int Directory = OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC;
    /// <summary>Not looked at above: /run is root's on every host.</summary>
    const string DefaultRoot = "/run/oci-run";
    const string Hint = "the state directory can be changed with --root";

    /// <summary>The path whose parents have been looked at: there is one in a process.</summary>
    static string? _looked;

    /// <summary>Opens the state root; null when it does not exist and is not to be made.</summary>
    public static SafeFd? Open(GlobalOptions globals, bool create)
    {
        int fd = Syscall.TryOpen(globals.Root, Directory);
        if (fd == -Errno.ENOENT && create)
        {
            CheckParts(globals.Root, globals.Root);
            MakeDirectories(globals.Root);
            fd = Syscall.TryOpen(globals.Root, Directory);
        }
        if (fd == -Errno.ENOENT && !create)
        {
            return null;
        }
        if (fd < 0)
        {
            throw new RuntimeException(ErrorText.Call("open", globals.Root, -fd), Hint);
        }
        var root = new SafeFd(fd);
        try
        {
            Check(root, globals.Root);
            return root;
        }
        catch (RuntimeException)
        {
            root.Dispose();
            throw;
        }
    }

    /// <summary>Whether somebody else than the caller and root can change a file or directory.</summary>
    public static bool IsOthers(in Stat stat) => (stat.st_uid != 0 && stat.st_uid != Syscall.Geteuid()) || OthersWrite(stat);

    /// <summary>A group of the owner's number is his alone, on distributions that make one for each user, and root's group is
    /// root's.</summary>
    static bool OthersWrite(in Stat stat) =>
        (stat.st_mode & (stat.st_gid == stat.st_uid ? StatMode.S_IWOTH : StatMode.S_IWGRP | StatMode.S_IWOTH)) != 0;

    /// <summary>Owner and mode in words, for errors.</summary>
    public static string Describe(in Stat stat) => "owner " + stat.st_uid.ToString(CultureInfo.InvariantCulture) + ", mode 0" +
        Convert.ToString(stat.st_mode & O7777, 8);

    static void Check(SafeFd root, string path)
    {
        Stat stat = Syscall.Fstat(root);
        if (IsOthers(stat))
        {
            throw Refused(path, path, stat);
        }
        if (_looked != path && path != DefaultRoot)
        {
            CheckPath(root, path);
        }
        _looked = path;
    }

    /// <summary>Every directory on the way, as the path is written and, where links are in it, as they lead.</summary>
    static void CheckPath(SafeFd root, string path)
    {
        if (CheckParts(path, path))
        {
            string physical = Syscall.ReadlinkAt(AtFlags.AT_FDCWD, "/proc/self/fd/" +
                root.Value.ToString(CultureInfo.InvariantCulture));
            CheckParts(path, physical);
        }
    }

    /// <returns>True when there is a link among them.</returns>
    static bool CheckParts(string root, string path)
    {
        bool links = false;
        for (int at = 1; at <= path.Length; at++)
        {
            if (at == 1 || at == path.Length || path[at] == '/')
            {
                links |= CheckPart(root, path[..at]);
            }
        }
        return links;
    }

    /// <returns>True for a link.</returns>
    static bool CheckPart(string root, string part)
    {
        if (Syscall.TryFstatAt(AtFlags.AT_FDCWD, part, AtFlags.AT_SYMLINK_NOFOLLOW, out Stat stat) < 0)
        {
            return false;
        }
        CheckOne(root, part, stat);
        return (stat.st_mode & StatMode.S_IFMT) == StatMode.S_IFLNK;
    }

    /// <summary>A sticky directory such as /tmp is fine above: nobody can rename or remove there what is not his. In a user
    /// namespace the owners of the host's directories have no number, and show as the overflow id.</summary>
    static void CheckOne(string root, string part, in Stat stat)
    {
        bool isLink = (stat.st_mode & StatMode.S_IFMT) == StatMode.S_IFLNK;
        bool owned = stat.st_uid == 0 || stat.st_uid == Syscall.Geteuid()
            || (stat.st_uid == OverflowUid && Preflight.InUserNamespace());
        if (!owned || (!isLink && OthersWrite(stat) && (stat.st_mode & StatMode.S_ISVTX) == 0))
        {
            throw Refused(root, part, stat);
        }
    }

    /// <summary>Of /proc/sys/kernel/overflowuid, which nobody changes.</summary>
    const uint OverflowUid = 65534;

    static RuntimeException Refused(string root, string part, in Stat stat) => new(
        "state directory \"" + root + "\": others can write to " + (part == root ? "it" : "\"" + part + "\" above it") + " (" +
        Describe(stat) + ")",
        "who can write there chooses what runs with the caller's rights; --root must belong to the caller or root, and nobody " +
        "else may write to it");

    /// <summary>mkdir -p; the last component is the caller's alone.</summary>
    static void MakeDirectories(string path)
    {
        for (int at = 1; at <= path.Length; at++)
        {
            if (at == path.Length || path[at] == '/')
            {
                int made = Syscall.TryMkdirAt(AtFlags.AT_FDCWD, path[..at], at == path.Length ? O700 : O755);
                if (made < 0 && made != -Errno.EEXIST)
                {
                    throw new RuntimeException(ErrorText.Call("mkdir", path[..at], -made), Hint);
                }
            }
        }
    }
}
