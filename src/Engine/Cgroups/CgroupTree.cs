using System;
using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.Cgroups;

/// <summary>A walk through all cgroups below one. Whoever a cgroup was delegated to can nest thirty thousand of them: so there is
/// no recursion, and two descriptors do for any depth.</summary>
/// <param name="root">Where the walk starts. It stays open.</param>
sealed class CgroupTree(SafeFd root) : IDisposable
{
    /// <param name="Name">By which the parent knows it; empty for the root.</param>
    /// <param name="Inode">Its own, to be recognised on the way back.</param>
    /// <param name="Children">The names of those below it.</param>
    readonly record struct Level(string Name, ulong Inode, List<string> Children);

    readonly List<Level> _levels = [Look(root, "")];
    SafeFd? _current;

    /// <summary>The cgroup that the walk is at.</summary>
    public SafeFd Directory => _current ?? root;

    /// <summary>Goes to the next child that was not visited yet; false when there is none. One that has gone meanwhile is passed
    /// over.</summary>
    public bool Down()
    {
        List<string> children = _levels[^1].Children;
        while (children.Count > 0)
        {
            string name = children[^1];
            children.RemoveAt(children.Count - 1);
            int opened = CgroupFiles.TryOpenDirectory(Directory, name);
            if (opened >= 0)
            {
                MoveTo(new SafeFd(opened));
                _levels.Add(Look(Directory, name));
                return true;
            }
        }
        return false;
    }

    /// <summary>Goes back to the parent; false at the root.</summary>
    /// <param name="left">The name of the cgroup that the walk was at.</param>
    /// <exception cref="RuntimeException">The directory above is not the one that the walk came from.</exception>
    public bool Up(out string left)
    {
        left = _levels[^1].Name;
        _levels.RemoveAt(_levels.Count - 1);
        if (_levels.Count <= 1)
        {
            MoveTo(null);
            return _levels.Count == 1;
        }
        int opened = Syscall.TryOpenAt(Directory, "..", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        MoveTo(opened >= 0 ? new SafeFd(opened)
            : throw new RuntimeException("cannot go back from a cgroup to its parent: " + CgroupFiles.Describe(-opened)));
        return Syscall.Fstat(Directory).st_ino == _levels[^1].Inode ? true
            : throw new RuntimeException("the cgroup above " + left + " is another one than a moment ago");
    }

    void MoveTo(SafeFd? directory)
    {
        _current?.Dispose();
        _current = directory;
    }

    /// <summary>Kernfs counts the cgroups below a directory in its link count, which spares looking.</summary>
    static Level Look(SafeFd directory, string name)
    {
        List<string> children = [];
        int opened = CgroupFiles.TryOpen(directory, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        if (opened < 0)
        {
            return new Level(name, Syscall.Fstat(directory).st_ino, children);
        }
        using SafeFd fd = new(opened);
        Stat own = Syscall.Fstat(fd);
        if (own.st_nlink > 2)
        {
            AddDirectories(fd, children);
        }
        return new Level(name, own.st_ino, children);
    }

    static void AddDirectories(SafeFd directory, List<string> children)
    {
        foreach (string name in Syscall.ListDirectory(directory))
        {
            int found = Syscall.TryFstatAt(directory, name, AtFlags.AT_SYMLINK_NOFOLLOW, out Stat stat);
            if (found == 0 && (stat.st_mode & StatMode.S_IFMT) == StatMode.S_IFDIR)
            {
                children.Add(name);
            }
        }
    }

    public void Dispose() => _current?.Dispose();
}
