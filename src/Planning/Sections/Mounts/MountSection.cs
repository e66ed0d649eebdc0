using System;
using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning.Sections;

/// <summary><c>mounts</c>, and the mount of the notify socket. What is decided here: who opens a source, what may be mounted
/// where, what a file system needs that the config does not say, and what has to stay writable for a while. The order is the
/// config's; it matters, for a later mount may cover an earlier one (config.md, "Mounts").</summary>
sealed class MountSection(PlanDraft draft, NamespaceSection namespaces, MountPlaces places)
{
    readonly List<LookStep> _looks = [];
    /// <summary>Mounts that become read-only at the end: what is below is made before.</summary>
    readonly List<SealMountStep> _sealed = [];

    public void Plan()
    {
        List<SpecMount> mounts = draft.Spec.Mounts ?? [];
        if (mounts.Count > 0 && !draft.HasMountNamespace)
        {
            // Made in the host's namespace they would stay below the rootfs, where whoever removes the bundle reaches the host's
            // files.
            draft.Problem("mounts", "need a mount namespace: add {\"type\": \"mount\"} to linux.namespaces; "
                + "on the host they would outlive the container");
            return;
        }
        for (int i = 0; i < mounts.Count; i++)
        {
            PlanMount(mounts[i], ConfigPath.Item("mounts", i));
        }
        if (draft.Options.NotifyDirectory is { } directory && draft.HasMountNamespace)
        {
            // The directory of the runtime's own socket, which hands on what the payload says to NOTIFY_SOCKET (sd_notify(3)).
            // The directory, for a socket that is bound over a file is lost when it is made anew; the place is crun's.
            Add(new MountStep
            {
                ConfigPath = "",
                Destination = MountPlaces.NotifyPath,
                Type = "bind",
                Source = directory,
                Options = MountOptions.Parse(["bind", "ro", "nosuid", "nodev", "noexec"]),
                Flags = MountArgFlags.Bind,
                // The state directory is the runtime's alone.
                SourceSlot = OpensSources ? OpenSource("NOTIFY_SOCKET", directory, MountOptions.Parse([]), -1) : -1,
            });
        }
    }

    /// <summary>Read-only are those that were to be from the start, once all is made below them.</summary>
    public void Seal()
    {
        foreach (SealMountStep step in _sealed)
        {
            draft.Add(step);
        }
    }

    /// <summary>Where somebody else may rename, the mounts are looked at once more: before hooks, which may mount over them, or
    /// else as the last.</summary>
    public void Look(bool hooks)
    {
        foreach (LookStep step in _looks)
        {
            step.Early = hooks;
            draft.Add(step);
        }
    }

    void Add(MountStep step)
    {
        string destination = step.Destination;
        bool mayBeLink = (step.Flags & MountArgFlags.CopySymlink) != 0;
        // A link that is mounted itself has no name that leads to it.
        bool isLink = (step.Flags & MountArgFlags.SourceNoFollow) != 0;
        step.Place = mayBeLink ? places.Below(destination) : places.Of(destination);
        draft.Add(step);
        if ((step.Flags & MountArgFlags.Remount) != 0 || destination == "/")
        {
            return;
        }
        bool moves = places.CanBeMoved(destination, step.Place);
        places.Cover(destination);
        if (moves && !isLink)
        {
            step.Look = _looks.Count;
            _looks.Add(new LookStep { ConfigPath = step.ConfigPath, Destination = destination, Number = step.Look });
        }
        if (places.IsUsed(destination) && !mayBeLink)
        {
            step.HoldSlot = step.KeepSlot >= 0 ? step.KeepSlot : draft.NewSlot();
            places.Hold(destination, step.HoldSlot, IsOwn(step));
        }
    }

    /// <summary>These are the kernel's, or made for the container, and nobody outside has a way to rename in them.</summary>
    static bool IsOwn(MountStep step) => (step.Flags & MountArgFlags.Bind) == 0 &&
        step.Type is "proc" or "sysfs" or "tmpfs" or "cgroup2" or "devpts" or "mqueue";

    /// <summary>One entry. Its kind decides about all else, and is decided in one place (MountKinds): a bind that was not taken
    /// for one once had links made in the host's /dev.</summary>
    void PlanMount(SpecMount mount, string path)
    {
        if (mount.Destination is not { Length: > 0 } destination)
        {
            return;
        }
        MountOptions options = MountOptions.Parse(mount.Options);
        string clean = PathText.Clean(destination);
        MountArgFlags flags = TargetFlags(clean, options);
        // As many as the operation has places for; a mount is at most slave and shared, so two are enough for any meaning.
        if (options.Propagation.Count > 4)
        {
            draft.Problem(path + ".options", "has more than four propagation words");
        }
        switch (MountKinds.Of(mount.Type, options))
        {
            case MountKind.Bind:
                PlanBind(mount, path, clean, options, flags | MountArgFlags.Bind);
                break;
            case MountKind.Change:
                Add(Mount(path, clean, mount.Type, null, options, flags | MountArgFlags.Remount | MountArgFlags.Bind));
                break;
            case MountKind.Cgroup:
                PlanCgroupMount(path, clean, options, flags);
                break;
            case MountKind.FileSystem:
                PlanFileSystem(mount, path, clean, options, flags);
                break;
            default:
                draft.Problem(path + ".type", "is required unless the options have bind or rbind");
                break;
        }
    }

    static MountStep Mount(string path, string destination, string? type, string? source,
        MountOptions options, MountArgFlags flags) =>
        new() { ConfigPath = path, Destination = destination, Type = type, Source = source, Options = options, Flags = flags };

    static MountArgFlags TargetFlags(string destination, MountOptions options)
    {
        MountArgFlags flags = options.DestinationNoFollow ? MountArgFlags.DestinationNoFollow : 0;
        flags |= destination == "/proc" ? MountArgFlags.OnlyProcSource : 0;
        flags |= IsAllowedOnProc(destination) ? MountArgFlags.OnProcAllowed : 0;
        return flags;
    }

    /// <summary>Files below /proc that lxcfs, Kubernetes and others bind over; anything else there could redirect what the
    /// runtime writes to procfs (CVE-2019-16884, CVE-2025-52881). It is the list of runc (checkProcMount), which engines rely
    /// on.</summary>
    static bool IsAllowedOnProc(string destination) => destination is "/proc/cpuinfo" or "/proc/diskstats" or "/proc/meminfo"
        or "/proc/stat" or "/proc/swaps" or "/proc/uptime" or "/proc/loadavg" or "/proc/slabinfo"
        or "/proc/sys/kernel/ns_last_pid" or "/proc/sys/crypto/fips_enabled";

    /// <summary>A runtime that may clone mounts opens the sources of a container with a user namespace. An ordinary user's may
    /// not; the container then does it, which as the same user reaches the same files.</summary>
    bool OpensSources => draft.HasUserNamespace && draft.MayMount;

    /// <summary>A bind. Where init has a user namespace the runtime opens the source, and init gets the descriptor by its slot;
    /// else init opens it by its path, before the root changes.</summary>
    void PlanBind(SpecMount mount, string path, string destination, MountOptions options, MountArgFlags flags)
    {
        if (mount.Source is null or "")
        {
            draft.Problem(path + ".source", "is required for a bind mount");
            return;
        }
        // The source of a bind counts from the bundle when it is relative (config.md, "Mounts").
        string source = draft.AbsolutePath(mount.Source);
        flags |= options.Recursive ? MountArgFlags.Recursive : 0;
        // A link that is to be copied must not be followed before.
        flags |= options.SourceNoFollow || options.CopySymlink ? MountArgFlags.SourceNoFollow : 0;
        flags |= options.CopySymlink ? MountArgFlags.CopySymlink : 0;
        int idMap = PlanIdMap(mount, path, options, ref flags);
        bool mapsIds = idMap >= 0;
        // In a user namespace, the container's root may not be able to reach the source, and may not map ids of the host's file
        // systems: the runtime does both.
        int slot = -1;
        if (OpensSources && !options.CopySymlink)
        {
            slot = OpenSource(path + ".source", source, options, idMap);
            idMap = -1;
        }
        Add(new MountStep
        {
            ConfigPath = path,
            Destination = destination,
            Type = mount.Type,
            Source = source,
            Options = options,
            Flags = flags,
            SourceSlot = slot,
            IdMapSlot = idMap,
            MapsIds = mapsIds,
        });
    }

    /// <summary>The slot of the user namespace whose maps the mount has, -1 for none. mount_setattr(2) takes maps in no other
    /// form: one that is joined has them, for all others a namespace is made that holds nothing else.</summary>
    int PlanIdMap(SpecMount mount, string path, MountOptions options, ref MountArgFlags flags)
    {
        bool uids = mount.UidMappings is { Count: > 0 };
        bool gids = mount.GidMappings is { Count: > 0 };
        if (!uids && !gids && !options.IdMap)
        {
            return -1;
        }
        flags |= options.RecursiveIdMap ? MountArgFlags.RecursiveIdMap : 0;
        // Only one of the two: the rules of the config have said so already.
        if (uids != gids)
        {
            return -1;
        }
        if (!uids && options.IdMapSpec is null && draft.IsJoined(CLONE_NEWUSER))
        {
            return namespaces.Opened(CLONE_NEWUSER)?.Slot ?? -1;
        }
        (IReadOnlyList<SpecIdMapping> Uids, IReadOnlyList<SpecIdMapping> Gids)? maps =
            uids ? (mount.UidMappings!, mount.GidMappings!) : MappingsOf(options, path);
        if (maps is null)
        {
            return -1;
        }
        int slot = draft.NewSlot();
        draft.Add(new OpenIdMapStep { ConfigPath = path, Slot = slot, Uids = maps.Value.Uids, Gids = maps.Value.Gids });
        return slot;
    }

    /// <summary>A step of the runtime that clones the mount at a path, with the id maps of a slot, and the slot where init
    /// finds it.</summary>
    int OpenSource(string configPath, string source, MountOptions options, int idMap)
    {
        int slot = draft.NewSlot();
        draft.Add(new OpenSourceStep
        {
            ConfigPath = configPath,
            Slot = slot,
            Path = source,
            Recursive = options.Recursive,
            NoFollow = options.SourceNoFollow,
            IdMapSlot = idMap,
            RecursiveIdMap = options.RecursiveIdMap,
        });
        return slot;
    }

    /// <summary>The mappings of an idmap word without mappings beside it: its own (crun's form), or the container's.</summary>
    (IReadOnlyList<SpecIdMapping>, IReadOnlyList<SpecIdMapping>)? MappingsOf(MountOptions options, string path)
    {
        if (options.IdMapSpec is { } text)
        {
            return IdMapWords.Parse(text, draft.Linux, path + ".options", draft.Problems);
        }
        if (draft.Linux.UidMappings is { Count: > 0 } && draft.Linux.GidMappings is { Count: > 0 })
        {
            return (draft.Linux.UidMappings, draft.Linux.GidMappings);
        }
        draft.Problem(path + ".options", "idmap needs uidMappings and gidMappings, of the mount or of a user namespace");
        return null;
    }

    /// <summary>A file system of its own, made by fsopen(2) in the container's namespaces.</summary>
    void PlanFileSystem(SpecMount mount, string path, string destination, MountOptions options, MountArgFlags flags)
    {
        string type = mount.Type!;
        // The runtime and the payload trust what is at /proc: runc refuses the same (CVE-2019-19921).
        if (destination == "/proc" && type != "proc")
        {
            draft.Problem(path, "only proc, or a bind of another procfs, can be mounted on /proc");
            return;
        }
        // A link of the image in their place would put them elsewhere, and /proc would be the image's own (CVE-2019-19921).
        flags |= type is "proc" or "sysfs" ? MountArgFlags.RealDirectory : 0;
        // What a sysfs or procfs shows belongs to a network or pid namespace, and mounting a new one wants CAP_SYS_ADMIN in the
        // user namespace which owns that (user_namespaces(7)). With the host's, as in rootless podman with --network=host, only
        // the host's mount can be had.
        string? fallback = null;
        if (type == "sysfs" && draft.IsInUserNamespace && !draft.IsNew(CLONE_NEWNET))
        {
            flags |= MountArgFlags.HostFallback;
            fallback = "/sys";
        }
        if (type == "proc" && draft.IsInUserNamespace && !draft.IsNew(CLONE_NEWPID))
        {
            flags |= MountArgFlags.HostFallback;
            fallback = "/proc";
        }
        if (options.TmpCopyUp && type != "tmpfs")
        {
            draft.Problem(path + ".options", "tmpcopyup is for tmpfs only");
        }
        if (type == "tmpfs")
        {
            flags |= options.TmpCopyUp ? MountArgFlags.CopyUp : 0;
            // Without mode= a tmpfs is 1777. Engines put one over /run or /var and expect the mode of the image, which runc
            // gives.
            flags |= HasData(options, "mode=") ? 0 : MountArgFlags.InheritMode;
        }
        int idMap = PlanIdMap(mount, path, options, ref flags);
        // Devices, links and mount points are still to be made in these: read-only comes when all of that is done, as in runc
        // (finalizeRootfs).
        bool held = options.ReadOnly && (type == "tmpfs" || destination == "/dev");
        int keep = held ? draft.NewSlot() : -1;
        if (held)
        {
            _sealed.Add(new SealMountStep { ConfigPath = path, Destination = destination, Slot = keep });
        }
        Add(new MountStep
        {
            ConfigPath = path,
            Destination = destination,
            Type = type,
            // A name without a meaning for these, but mountinfo shows it and programs read that.
            Source = string.IsNullOrEmpty(mount.Source) ? type : mount.Source,
            Options = options,
            Flags = flags,
            IdMapSlot = idMap,
            MapsIds = idMap >= 0,
            KeepSlot = keep,
            // A procfs shows the pid namespace of its mounter, who is not in the joined one yet: only a child of it will be.
            PidNamespaceSlot = type == "proc" && draft.JoinsPidAtLast && !draft.HasUserNamespace
                ? namespaces.Opened(CLONE_NEWPID)!.Slot : -1,
            FallbackSource = fallback,
            LabelWord = LabelWord(type, options),
            Label = draft.Linux.MountLabel,
        });
    }

    /// <summary>The mount option that takes linux.mountLabel, empty for mqueue, whose root is labelled when it is there; null
    /// for file systems that take none (the policy labels those), and where SELinux is off: the kernel does not know the words
    /// then, and would refuse the mount (EINVAL). The words are in mount(8); podman chooses among them by the
    /// annotation.</summary>
    string? LabelWord(string type, MountOptions options)
    {
        if (draft.Linux.MountLabel is not { Length: > 0 } || !draft.Facts.SELinux || type is "proc" or "sysfs" or "cgroup2")
        {
            return null;
        }
        if (type == "mqueue")
        {
            return "";
        }
        string word = "context";
        if (draft.Spec.Annotations?.GetValueOrDefault("run.oci.mount_context_type") is { } given)
        {
            word = given;
            if (word is not ("context" or "fscontext" or "defcontext" or "rootcontext"))
            {
                draft.Problem("annotations[\"run.oci.mount_context_type\"]",
                    $"\"{word}\" is not one of context, fscontext, defcontext, rootcontext");
            }
        }
        return HasData(options, word + "=") ? null : word;
    }

    static bool HasData(MountOptions options, string prefix)
    {
        foreach (string word in options.Data)
        {
            if (word.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>type "cgroup": cgroup2 seen from the container's own cgroup namespace, or else the host's tree. Engines write
    /// "cgroup" for both versions of it, with options of the first, which the second does not take.</summary>
    void PlanCgroupMount(string path, string destination, MountOptions options, MountArgFlags flags)
    {
        if (draft.Facts.CgroupMount is null)
        {
            draft.Problem(path, "no cgroup2 file system is mounted on this host");
            return;
        }
        // A mount made in a cgroup namespace has its root at that namespace's (cgroup_namespaces(7)): nothing of the host is in
        // it.
        if (draft.Has(CLONE_NEWCGROUP))
        {
            options.Data.Clear();
            Add(new MountStep
            {
                ConfigPath = path,
                Destination = destination,
                Type = "cgroup2",
                Source = "cgroup",
                Options = options,
                Flags = flags | MountArgFlags.CgroupFallback | MountArgFlags.RealDirectory,
                FallbackSource = draft.Facts.CgroupMount,
            });
            return;
        }
        Add(new MountStep
        {
            ConfigPath = path,
            Destination = destination,
            Type = "bind",
            Source = draft.Facts.CgroupMount,
            Options = options,
            Flags = flags | MountArgFlags.Bind | MountArgFlags.Recursive,
        });
    }
}
