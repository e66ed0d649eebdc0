using System;
using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>Where a path of the container is looked up: below the mount that the container made there, through the descriptor
/// that is held from making it. By its name one may reach something else: who shares the rootfs can rename in it.</summary>
/// <param name="Slot">Slot of the mount, -1 for the rootfs.</param>
/// <param name="Rest">Index in the path of what is looked up there; the path's length is the mount itself.</param>
public readonly record struct MountPlace(int Slot, int Rest)
{
    /// <summary>No mount of the plan is above the path.</summary>
    public static MountPlace Rootfs { get; } = new(-1, 0);
}

/// <summary>Which of the mounts that are made is above a path. All paths are clean (<see cref="PathText.Clean"/>).</summary>
sealed class MountPlaces
{
    /// <summary>Where the container finds the socket of systemd's notifications.</summary>
    public const string NotifyPath = "/run/notify";

    readonly HashSet<string> _destinations = [];
    /// <summary>Destinations with a path of the config below, or with a second mount.</summary>
    readonly HashSet<string> _used = [];
    /// <summary>What is above a mount that was made.</summary>
    readonly HashSet<string> _above = [];
    readonly Dictionary<string, int> _slots = [];
    /// <summary>Mounts of file systems where nobody outside can rename.</summary>
    readonly HashSet<string> _own = [];

    public MountPlaces(PlanDraft draft)
    {
        foreach (SpecMount mount in draft.Spec.Mounts ?? [])
        {
            string destination = PathText.Clean(mount.Destination ?? "/");
            if (destination.Length > 1 && !_destinations.Add(destination))
            {
                _used.Add(destination);
            }
        }
        if (_destinations.Count > 0)
        {
            NoteUse(draft.Spec, draft.Options);
        }
    }

    void NoteUse(RuntimeSpec spec, PlanOptions options)
    {
        foreach (string destination in _destinations)
        {
            NoteAbove(destination, _used);
        }
        foreach (string path in spec.Linux?.MaskedPaths ?? [])
        {
            Use(path);
        }
        foreach (string path in spec.Linux?.ReadonlyPaths ?? [])
        {
            Use(path);
        }
        foreach (SpecDevice device in spec.Linux?.Devices ?? [])
        {
            Use(device.Path ?? "/");
        }
        Use(spec.Process?.Cwd ?? "/");
        if (options.NotifyDirectory is not null)
        {
            Use(NotifyPath);
        }
        if (options.Terminal)
        {
            Use("/dev/pts/ptmx");
            Use("/dev/console");
        }
    }

    void Use(string path)
    {
        path = PathText.Clean(path);
        if (_destinations.Contains(path))
        {
            _used.Add(path);
        }
        NoteAbove(path, _used);
    }

    void NoteAbove(string path, HashSet<string> into)
    {
        for (int at = path.LastIndexOf('/'); at > 0; at = path.LastIndexOf('/', at - 1))
        {
            string above = path[..at];
            if (_destinations.Contains(above))
            {
                into.Add(above);
            }
        }
    }

    /// <summary>A mount is made; what was mounted below its destination is covered by it.</summary>
    public void Cover(string destination)
    {
        if (_above.Contains(destination))
        {
            foreach (string covered in new List<string>(_slots.Keys))
            {
                if (covered.StartsWith(destination + "/", StringComparison.Ordinal))
                {
                    _slots.Remove(covered);
                }
            }
        }
        _slots.Remove(destination);
        _own.Remove(destination);
        NoteAbove(destination, _above);
    }

    /// <summary>Whether something is to be looked up below the mount, so that it must be held.</summary>
    public bool IsUsed(string destination) => _used.Contains(destination);

    /// <summary>The mount at the destination is held in that slot.</summary>
    /// <param name="destination">Where the mount is.</param>
    /// <param name="slot">Where its descriptor is.</param>
    /// <param name="isOwn">Nobody but the container can rename there.</param>
    public void Hold(string destination, int slot, bool isOwn)
    {
        _slots[destination] = slot;
        if (isOwn)
        {
            _own.Add(destination);
        }
    }

    /// <summary>The place of a path, which may be a mount itself.</summary>
    public MountPlace Of(string path) =>
        _slots.TryGetValue(path, out int slot) ? new MountPlace(slot, path.Length) : Below(path);

    /// <summary>The place of a path that is made, linked or removed: the mount is above it.</summary>
    public MountPlace Below(string path)
    {
        for (int at = path.LastIndexOf('/'); at > 0; at = path.LastIndexOf('/', at - 1))
        {
            if (_slots.TryGetValue(path[..at], out int slot))
            {
                return new MountPlace(slot, at + 1);
            }
        }
        return MountPlace.Rootfs;
    }

    /// <summary>Whether somebody outside may rename the path.</summary>
    public bool CanBeMoved(string path, MountPlace place) =>
        place.Slot < 0 || !_own.Contains(place.Rest == path.Length ? path : path[..(place.Rest - 1)]);
}
