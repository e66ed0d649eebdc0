using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>The access bits of linux/bpf.h, BPF_DEVCG_ACC_*.</summary>
[Flags]
public enum DeviceAccess : uint
{
    None = 0,
    Mknod = 1,
    Read = 2,
    Write = 4,
    All = 7,
}

/// <summary>An exception from the default of a <see cref="DeviceRuleSet"/>.</summary>
/// <param name="Type">'c' or 'b'.</param>
/// <param name="Major">-1 means any.</param>
/// <param name="Minor">-1 means any.</param>
/// <param name="Access">What is allowed or denied.</param>
public readonly record struct DeviceException(char Type, long Major, long Minor, DeviceAccess Access)
{
    public bool Covers(char type, long major, long minor) =>
        Type == type && (Major < 0 || Major == major) && (Minor < 0 || Minor == minor);

    public override string ToString() =>
        Type + " " + Number(Major) + ":" + Number(Minor) + " " + DeviceRuleSet.Text(Access);

    static string Number(long number) => number < 0 ? "*" : number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Device rules folded as the kernel folded writes to devices.allow and devices.deny of cgroup v1, which is what the
/// specification's list was made for: a rule for all devices resets everything, and any other rule adds to or takes from the
/// exceptions.</summary>
public sealed class DeviceRuleSet
{
    /// <summary>A program for more of them is not taken by the kernel's verifier, which keeps at most 8192 branches in mind
    /// (BPF_COMPLEXITY_LIMIT_JMP_SEQ); the rest is room for what every container may use.</summary>
    public const int MaxExceptions = 8100;

    const int FewExceptions = 32;

    readonly List<DeviceException> _exceptions = [];
    /// <summary>Where an exception for certain numbers is, once there are more than a few.</summary>
    Dictionary<DeviceException, int>? _places;

    /// <summary>What holds for a device without an exception.</summary>
    public bool DefaultAllow { get; private set; }

    /// <summary>Allowed when <see cref="DefaultAllow"/> is false, else denied.</summary>
    public IReadOnlyList<DeviceException> Exceptions => _exceptions;

    /// <summary>Folds a config's rules, then adds what every container may use. Nothing is allowed before the first
    /// rule.</summary>
    public static DeviceRuleSet Fold(List<SpecDeviceRule>? rules, List<ConfigProblem> problems)
    {
        DeviceRuleSet set = new();
        for (int i = 0; i < (rules?.Count ?? 0); i++)
        {
            string? error = set.Apply(rules![i]);
            if (error is not null)
            {
                string index = i.ToString(CultureInfo.InvariantCulture);
                problems.Add(new ConfigProblem("linux.resources.devices[" + index + "]", error));
            }
            if (set._exceptions.Count > MaxExceptions)
            {
                problems.Add(new ConfigProblem("linux.resources.devices[" + i.ToString(CultureInfo.InvariantCulture) + "]",
                    "too many different devices: the kernel takes a filter for about 8000"));
                break;
            }
        }
        set._exceptions.RemoveAll(e => e.Access == 0);
        set._places = null;
        if (!set.DefaultAllow)
        {
            foreach (DeviceException device in Defaults())
            {
                set.Insert(device);
            }
        }
        return set;
    }

    /// <summary>Devices that every container may use, whatever the rules say: making any node, the standard nodes, terminals and
    /// tun (VPN software in containers relied on it before anyone asked). Not 5:1: /dev/console is a bind mount of a
    /// pseudo-terminal.</summary>
    public static DeviceException[] Defaults() =>
    [
        new('c', -1, -1, DeviceAccess.Mknod), new('b', -1, -1, DeviceAccess.Mknod),
        new('c', 1, 3, DeviceAccess.All), new('c', 1, 5, DeviceAccess.All), new('c', 1, 7, DeviceAccess.All),
        new('c', 1, 8, DeviceAccess.All), new('c', 1, 9, DeviceAccess.All), new('c', 5, 0, DeviceAccess.All),
        new('c', 5, 2, DeviceAccess.All), new('c', 136, -1, DeviceAccess.All), new('c', 10, 200, DeviceAccess.All),
    ];

    /// <summary>True when the access is allowed by the rules, without the devices that every container may use in
    /// allow-by-default mode.</summary>
    public bool Allows(char type, long major, long minor, DeviceAccess access)
    {
        foreach (DeviceException exception in _exceptions)
        {
            if (exception.Covers(type, major, minor))
            {
                // One exception must grant the whole request, and one overlapping exception refuses it (kernel:
                // security/device_cgroup.c).
                bool matches = DefaultAllow ? (exception.Access & access) != 0 : (access & ~exception.Access) == 0;
                if (matches)
                {
                    return !DefaultAllow;
                }
            }
        }
        return DefaultAllow;
    }

    string? Apply(SpecDeviceRule rule)
    {
        string type = string.IsNullOrEmpty(rule.Type) ? "a" : rule.Type;
        if (type == "a")
        {
            DefaultAllow = rule.Allow;
            _exceptions.Clear();
            _places = null;
            return null;
        }
        if (type is not ("c" or "b"))
        {
            return "device type must be a, b or c, not \"" + type + "\"";
        }
        long major = rule.Major ?? -1;
        long minor = rule.Minor ?? -1;
        if (major is < -1 or > int.MaxValue || minor is < -1 or > int.MaxValue)
        {
            return "device number out of range; -1 means any";
        }
        if (Parse(rule.Access) is not { } access)
        {
            return "access must be made of r, w and m, not \"" + rule.Access + "\"";
        }
        DeviceException exception = new(type[0], major, minor, access);
        if (rule.Allow != DefaultAllow)
        {
            Insert(exception);
            return null;
        }
        return Remove(exception);
    }

    /// <summary>Index of the exception for the very same numbers, or -1.</summary>
    int Find(char type, long major, long minor)
    {
        if (_exceptions.Count > FewExceptions)
        {
            return Places().TryGetValue(new DeviceException(type, major, minor, 0), out int place) ? place : -1;
        }
        for (int i = 0; i < _exceptions.Count; i++)
        {
            DeviceException old = _exceptions[i];
            if (old.Type == type && old.Major == major && old.Minor == minor)
            {
                return i;
            }
        }
        return -1;
    }

    Dictionary<DeviceException, int> Places()
    {
        _places ??= [];
        for (int i = _places.Count; i < _exceptions.Count; i++)
        {
            _places.Add(_exceptions[i] with { Access = 0 }, i);
        }
        return _places;
    }

    void Insert(DeviceException added)
    {
        int place = Find(added.Type, added.Major, added.Minor);
        if (place < 0)
        {
            _exceptions.Add(added);
            return;
        }
        _exceptions[place] = added with { Access = _exceptions[place].Access | added.Access };
    }

    /// <summary>Takes access from the exception with the very same numbers; one without any access left goes at the end of the
    /// fold. A wider exception that grants it would still do so afterwards, and a rule that silently does nothing is worse than
    /// an error.</summary>
    string? Remove(DeviceException removed)
    {
        string? hole = Hole(removed, -1, -1) ?? Hole(removed, removed.Major, -1) ?? Hole(removed, -1, removed.Minor);
        int place = hole is null ? Find(removed.Type, removed.Major, removed.Minor) : -1;
        if (place >= 0)
        {
            _exceptions[place] = removed with { Access = _exceptions[place].Access & ~removed.Access };
        }
        return hole;
    }

    string? Hole(DeviceException removed, long major, long minor)
    {
        int place = (major, minor) == (removed.Major, removed.Minor) ? -1 : Find(removed.Type, major, minor);
        return place >= 0 && (_exceptions[place].Access & removed.Access) != 0
            ? "cannot punch a hole for \"" + removed + "\" in the earlier rule \"" + _exceptions[place] + "\""
            : null;
    }

    /// <summary>Reads letters out of "rwm"; null when there is none or another one.</summary>
    public static DeviceAccess? Parse(string? letters)
    {
        DeviceAccess access = 0;
        foreach (char c in letters ?? "")
        {
            switch (c)
            {
                case 'r':
                    access |= DeviceAccess.Read;
                    break;
                case 'w':
                    access |= DeviceAccess.Write;
                    break;
                case 'm':
                    access |= DeviceAccess.Mknod;
                    break;
                default:
                    return null;
            }
        }
        return access == 0 ? null : access;
    }

    /// <summary>The letters, in the order r, w, m.</summary>
    public static string Text(DeviceAccess access) =>
        ((access & DeviceAccess.Read) != 0 ? "r" : "") + ((access & DeviceAccess.Write) != 0 ? "w" : "") +
        ((access & DeviceAccess.Mknod) != 0 ? "m" : "");
}
