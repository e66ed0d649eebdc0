using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Kernel;
using OciRun.Spec;
using OciRun.Syscalls;
using static OciRun.Kernel.Mode;

namespace OciRun.Engine.State;

/// <summary>The directory of one container below the state root: state.json, replaced as a whole by rename, and the socket that
/// start connects to. Everything goes through its descriptor, so it may be removed or replaced meanwhile without harm.</summary>
public sealed class ContainerDirectory : IDisposable
{
    const string StateName = "state.json";
    const string TemporaryName = ".state.json.new";
    /// <summary>Its existence means that the container waits to be started.</summary>
    public const string StartSocketName = "start.sock";
    public const string NotifyName = "notify";
    const string MissingState = "it has no " + StateName + ": its creation did not get that far";
    const int LargestState = 64 << 20;

    readonly SafeFd _root;
    readonly SafeFd _directory;

    ContainerDirectory(string id, string path, SafeFd root, SafeFd directory)
    {
        Id = id;
        Path = path;
        _root = root;
        _directory = directory;
    }

    public string Id { get; }
    public string Path { get; }
    public int Fd => _directory;

    /// <summary>Makes the directory of a new container, and locks it.</summary>
    public static ContainerDirectory Create(GlobalOptions globals, string id)
    {
        SafeFd root = StateRoot.Open(globals, create: true)!;
        int made = Syscall.TryMkdirAt(root, id, O711);
        if (made < 0)
        {
            root.Dispose();
            if (made == -Errno.EEXIST)
            {
                throw new RuntimeException("container with given ID already exists");
            }
            throw new RuntimeException(ErrorText.Call("mkdirat", globals.Root + "/" + id, -made));
        }
        try
        {
            ContainerDirectory container = OpenBelow(globals, id, root) ??
                throw new RuntimeException("the state directory vanished while it was being made");
            container.TryLock();
            return container;
        }
        catch (RuntimeException)
        {
            RemoveEmpty(globals, id);
            throw;
        }
    }

    static void RemoveEmpty(GlobalOptions globals, string id) =>
        Syscall.TryUnlinkAt(AtFlags.AT_FDCWD, globals.Root + "/" + id, AtFlags.AT_REMOVEDIR);

    /// <summary>The directory of a container, or null when there is none.</summary>
    public static ContainerDirectory? TryOpen(GlobalOptions globals, string id)
    {
        SafeFd? root = StateRoot.Open(globals, create: false);
        return root is null ? null : OpenBelow(globals, id, root);
    }

    /// <summary>The directory of a container that must exist.</summary>
    public static ContainerDirectory Open(GlobalOptions globals, string id) =>
        TryOpen(globals, id) ?? throw new RuntimeException("container does not exist");

    /// <summary>Like <see cref="Open"/>, once no other command changes the container.</summary>
    public static ContainerDirectory OpenLocked(GlobalOptions globals, string id)
    {
        ContainerDirectory directory = Open(globals, id);
        if (directory.Lock())
        {
            return directory;
        }
        directory.Dispose();
        throw new RuntimeException("container does not exist");
    }

    /// <summary>Where the directory of a container is.</summary>
    public static string PathOf(GlobalOptions globals, string id) => globals.Root + "/" + id;

    static ContainerDirectory? OpenBelow(GlobalOptions globals, string id, SafeFd root)
    {
        const int flags = OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
        int fd = Syscall.TryOpenAt(root, id, flags);
        if (fd >= 0)
        {
            var container = new ContainerDirectory(id, globals.Root + "/" + id, root, new SafeFd(fd));
            Stat stat = Syscall.Fstat(container._directory);
            if (!StateRoot.IsOthers(stat))
            {
                return container;
            }
            container.Dispose();
            throw new RuntimeException("state directory \"" + globals.Root + "/" + id + "\": others can write to it (" +
                StateRoot.Describe(stat) + ")",
                "it was not made by this user's runtime, and what it says is not believed");
        }
        root.Dispose();
        if (fd is -Errno.ENOENT or -Errno.ENOTDIR or -Errno.ELOOP)
        {
            return null;
        }
        throw new RuntimeException(ErrorText.Call("openat", globals.Root + "/" + id, -fd));
    }

    /// <summary>Names of all directories below the state root. A default root that is missing is empty; an explicit one is an
    /// error.</summary>
    public static List<string> List(GlobalOptions globals)
    {
        using SafeFd? root = StateRoot.Open(globals, create: false);
        if (root is null)
        {
            if (globals.RootIsExplicit)
            {
                throw new RuntimeException(ErrorText.Call("open", globals.Root, Errno.ENOENT),
                    "--root must name an existing directory");
            }
            return [];
        }
        using SafeFd readable = Syscall.OpenAt(root, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
        List<string> names = Syscall.ListDirectory(readable);
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Waits until no other command changes this container; false when it was deleted meanwhile.</summary>
    public bool Lock()
    {
        Syscall.Flock(_directory, FlockOp.LOCK_EX);
        return StillThere();
    }

    /// <summary>The lock, if it is free.</summary>
    public bool TryLock() => Syscall.TryFlock(_directory, FlockOp.LOCK_EX | FlockOp.LOCK_NB) == 0;

    public void Unlock() => Syscall.TryFlock(_directory, FlockOp.LOCK_UN);

    bool StillThere() => Exists(_root, Id, out Stat now) && now.st_ino == Syscall.Fstat(_directory).st_ino;

    /// <summary>Only ENOENT says no: what cannot be looked at for want of memory or descriptors is there.</summary>
    static bool Exists(int directory, string name, out Stat status)
    {
        int result = Syscall.TryFstatAt(directory, name, AtFlags.AT_SYMLINK_NOFOLLOW, out status);
        return result != -Errno.ENOENT && Syscall.Check(result, "newfstatat", name) == 0;
    }

    /// <summary>The record, or null when a creation has not come as far as writing it.</summary>
    public ContainerRecord? TryLoad(bool withConfig, out string? problem)
    {
        problem = null;
        // A pipe in its place must not keep a command waiting.
        const int flags = OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW | OpenFlags.O_NONBLOCK | OpenFlags.O_CLOEXEC;
        int fd = Syscall.TryOpenAt(_directory, StateName, flags);
        if (fd is -Errno.ENOENT or -Errno.ELOOP)
        {
            problem = fd == -Errno.ENOENT ? MissingState : StateName + " is a link";
            return null;
        }
        // Not taken for a missing one: delete --force would forget a container that runs.
        Syscall.Check(fd, "openat", Path + "/" + StateName);
        using var file = new SafeFd(fd);
        Stat stat = Syscall.Fstat(file);
        if (StateRoot.IsOthers(stat))
        {
            problem = "others can write to " + StateName + " (" + StateRoot.Describe(stat) + ")";
            return null;
        }
        if ((stat.st_mode & StatMode.S_IFMT) != StatMode.S_IFREG)
        {
            problem = StateName + " is not a regular file";
            return null;
        }
        return StateFile.Parse(Syscall.ReadAll(file, LargestState, StateName), withConfig, out problem);
    }

    public ContainerRecord Load(bool withConfig)
    {
        ContainerRecord? record = TryLoad(withConfig, out string? problem);
        if (record is null && !StillThere())
        {
            throw new RuntimeException("container does not exist");
        }
        return record ?? throw Unreadable(problem, "delete --force removes what is left of it");
    }

    /// <summary>Without a state there is no container: engines look for these words before they clean up.</summary>
    public static RuntimeException Unreadable(string? problem, string hint) =>
        new((problem == MissingState ? "container does not exist: " : "the state of the container cannot be read: ") + problem,
        hint);

    /// <summary>Writes the record; a reader sees the old or the new one.</summary>
    public void Save(ContainerRecord record)
    {
        Stage(record);
        Commit();
    }

    /// <summary>All of <see cref="Save"/> but that anybody sees it: what takes time, while there is time.</summary>
    public void Stage(ContainerRecord record)
    {
        byte[] bytes = StateFile.Serialize(record);
        const int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
        using SafeFd file = Syscall.OpenAt(_directory, TemporaryName, flags, O600);
        Syscall.WriteAll(file, bytes, Path + "/" + StateName);
    }

    /// <summary>Puts the staged record in the place of the old one.</summary>
    public void Commit() => Syscall.RenameAt(_directory, TemporaryName, _directory, StateName);

    public bool WaitsForStart => Exists(_directory, StartSocketName, out _);

    /// <summary>A path to an entry that is short enough for a socket address.</summary>
    public string ShortPath(string name) => "/proc/self/fd/" + Fd.ToString(CultureInfo.InvariantCulture) + "/" + name;

    /// <summary>Binds the socket that start connects to. Its mode must not depend on the caller's umask: another command of the
    /// same user connects to it, and nobody else.</summary>
    public void BindStartSocket(SafeFd socket)
    {
        Syscall.BindUnix(socket, ShortPath(StartSocketName));
        Syscall.FchmodAt(_directory, StartSocketName, O600);
    }

    /// <summary>The container no more waits to be started.</summary>
    public void RemoveStartSocket()
    {
        int removed = Syscall.TryUnlinkAt(_directory, StartSocketName, 0);
        if (removed != -Errno.ENOENT)
        {
            Syscall.Check(removed, "unlinkat", Path + "/" + StartSocketName);
        }
    }

    public void RemoveEntry(string name) => Syscall.TryUnlinkAt(_directory, name, 0);

    /// <summary>Removes the directory with what the runtime puts there.</summary>
    public void Remove()
    {
        RemoveNotify();
        RemoveEntry(StartSocketName);
        RemoveEntry(TemporaryName);
        RemoveEntry(StateName);
        int removed = Syscall.TryUnlinkAt(_root, Id, AtFlags.AT_REMOVEDIR);
        if (removed == -Errno.ENOTEMPTY)
        {
            RemoveForeign();
            removed = Syscall.TryUnlinkAt(_root, Id, AtFlags.AT_REMOVEDIR);
        }
        if (removed < 0 && removed != -Errno.ENOENT)
        {
            throw new RuntimeException(ErrorText.Call("rmdir", Path, -removed));
        }
    }

    void RemoveNotify()
    {
        const int flags = OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
        int fd = Syscall.TryOpenAt(_directory, NotifyName, flags);
        if (fd < 0)
        {
            return;
        }
        using var notify = new SafeFd(fd);
        foreach (string name in Syscall.ListDirectory(notify))
        {
            Syscall.TryUnlinkAt(notify, name, 0);
        }
        Syscall.TryUnlinkAt(_directory, NotifyName, AtFlags.AT_REMOVEDIR);
    }

    /// <summary>Files of another version or runtime under the same name.</summary>
    void RemoveForeign()
    {
        using SafeFd readable = Syscall.OpenAt(_directory, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
        foreach (string name in Syscall.ListDirectory(readable))
        {
            RemoveEntry(name);
            Syscall.TryUnlinkAt(_directory, name, AtFlags.AT_REMOVEDIR);
        }
    }

    public void Dispose()
    {
        _directory.Dispose();
        _root.Dispose();
    }
}
