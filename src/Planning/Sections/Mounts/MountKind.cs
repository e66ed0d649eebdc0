using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>What an entry of mounts asks for. It is said here and nowhere else: the plan, the look for missing sources, check and
/// the question whose /dev it is must not differ.</summary>
public enum MountKind
{
    /// <summary>A file system of its own: the entry has a type.</summary>
    FileSystem,
    /// <summary>What is at a path of the host, by the word bind or rbind, or by the type bind (config.md, "Mounts").</summary>
    Bind,
    /// <summary>The container's part of the cgroup tree, or without a cgroup namespace the host's.</summary>
    Cgroup,
    /// <summary>Other attributes or another propagation of what is at the destination.</summary>
    Change,
    /// <summary>Neither a type nor a word that makes one needless.</summary>
    Unknown,
}

/// <summary>Tells the kind of an entry, and what follows from it.</summary>
public static class MountKinds
{
    /// <summary>The kind of an entry of mounts.</summary>
    public static MountKind Of(SpecMount mount) => Of(mount.Type, MountOptions.Parse(mount.Options));

    /// <summary>The same, of an entry whose options are sorted already.</summary>
    public static MountKind Of(string? type, MountOptions options)
    {
        if (options.Bind)
        {
            return MountKind.Bind;
        }
        if (options.Remount)
        {
            return MountKind.Change;
        }
        return type switch
        {
            "bind" => MountKind.Bind,
            "cgroup" or "cgroup2" => MountKind.Cgroup,
            // "none" is what mount(8) wants there with --make-rshared and the like; a file system of that name does not exist.
            null or "" or "none" => options.Propagation.Count > 0 && options.Data.Count == 0 ? MountKind.Change
            : MountKind.Unknown,
            _ => MountKind.FileSystem,
        };
    }

    /// <summary>Whether what is mounted may be the host's own, so that nothing is made, linked or removed in it: devtmpfs has one
    /// instance for all of its mounts, which is the host's /dev.</summary>
    public static bool IsShared(SpecMount mount) =>
        Of(mount) is MountKind.Bind or MountKind.Cgroup || mount.Type == "devtmpfs" && Of(mount) == MountKind.FileSystem;
}
