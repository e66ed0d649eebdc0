using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary>One property of a systemd unit, for StartTransientUnit and SetUnitProperties (org.freedesktop.systemd1(5)).</summary>
public sealed record UnitProperty(string Name, DBusVariant Value)
{
    internal static UnitProperty Text(string name, string value) => new(name, new DBusVariant("s", value));
    internal static UnitProperty Bool(string name, bool value) => new(name, new DBusVariant("b", value));
    internal static UnitProperty Number(string name, ulong value) => new(name, new DBusVariant("t", value));

    /// <summary>Name=value, as systemctl show prints it.</summary>
    public override string ToString() => Name + "=" + Words(Value.Value);

    static string Words(object value) => value switch
    {
        string text => text.Contains(' ') ? "\"" + text + "\"" : text,
        ulong.MaxValue => "infinity",
        bool on => on ? "yes" : "no",
        DBusVariant inner => Words(inner.Value),
        IEnumerable<object> list => "[" + string.Join(' ', System.Linq.Enumerable.Select(list, Words)) + "]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}

/// <summary>What a container's config says in the language of systemd units.</summary>
public static class SystemdProperties
{
    const string AnnotationPrefix = "org.systemd.property.";
    const ulong Unlimited = ulong.MaxValue;
    /// <summary>systemd keeps quotas in whole percents of a CPU: 10 ms of every second.</summary>
    const ulong QuotaStep = 10000;

    /// <summary>By which a container's unit is known to be its own: there may be another one of this id in another state
    /// directory.</summary>
    public static string Description(string id, string stateDirectory) => "oci-run container " + id + " (" + stateDirectory + ")";

    /// <summary>All properties of a container's transient unit but the pid. <paramref name="version"/> is systemd's; annotations
    /// come last and win over what the runtime sets.</summary>
    public static List<UnitProperty> ForUnit(string description, CgroupLocation location, SpecResources? resources,
        Dictionary<string, string>? annotations, int version, List<ConfigProblem> problems)
    {
        List<UnitProperty> properties = [UnitProperty.Text("Description", description)];
        if (location.Unit!.EndsWith(".slice", StringComparison.Ordinal))
        {
            properties.Add(new UnitProperty("Wants", new DBusVariant("as", new List<object> { location.Slice! })));
        }
        else
        {
            properties.Add(UnitProperty.Text("Slice", location.Slice!));
            properties.Add(UnitProperty.Bool("Delegate", true));
        }
        // Accounting is what makes systemd enable the controllers down to the unit.
        properties.Add(UnitProperty.Bool("MemoryAccounting", true));
        properties.Add(UnitProperty.Bool("CPUAccounting", true));
        properties.Add(UnitProperty.Bool("IOAccounting", true));
        properties.Add(UnitProperty.Bool("TasksAccounting", true));
        properties.Add(UnitProperty.Bool("DefaultDependencies", false));
        properties.AddRange(ForResources(resources, version, problems));
        SystemdDevices.Add(DeviceRuleSet.Fold(resources?.Devices, []), properties, problems);
        AddAnnotations(annotations, properties, problems);
        return properties;
    }

    /// <summary>The properties for limits. What systemd has no word for is left to the cgroup files, which the runtime writes as
    /// well.</summary>
    public static List<UnitProperty> ForResources(SpecResources? resources, int version, List<ConfigProblem> problems)
    {
        List<UnitProperty> properties = [];
        if (resources is null)
        {
            return properties;
        }
        AddMemory(resources.Memory, properties);
        AddCpu(resources.Cpu, version, properties, problems);
        if (resources.BlockIO?.Weight is { } weight && weight is >= 10 and <= 1000)
        {
            properties.Add(UnitProperty.Number("IOWeight", (ulong)BlockIOWrites.ConvertWeight(weight)));
        }
        if (resources.Pids?.Limit is { } pids)
        {
            properties.Add(UnitProperty.Number("TasksMax", pids < 0 ? Unlimited : Math.Max(1, (ulong)pids)));
        }
        SystemdUnified.Add(resources.Unified, version, properties, problems);
        return properties;
    }

    static void AddMemory(SpecMemory? memory, List<UnitProperty> properties)
    {
        if (memory is null)
        {
            return;
        }
        AddBytes("MemoryMax", memory.Limit, properties);
        AddBytes("MemoryLow", memory.Reservation, properties);
        string? swap = MemoryWrites.ConvertSwap(memory.Swap, memory.Limit, out _);
        if (swap is not null)
        {
            properties.Add(UnitProperty.Number("MemorySwapMax",
                swap == "max" ? Unlimited : ulong.Parse(swap, CultureInfo.InvariantCulture)));
        }
    }

    static void AddBytes(string name, long? bytes, List<UnitProperty> properties)
    {
        if (bytes is not (null or 0) && bytes >= -1)
        {
            properties.Add(UnitProperty.Number(name, bytes == -1 ? Unlimited : (ulong)bytes.Value));
        }
    }

    static void AddCpu(SpecCpu? cpu, int version, List<UnitProperty> properties, List<ConfigProblem> problems)
    {
        if (cpu is null)
        {
            return;
        }
        if (cpu.Idle == 1)
        {
            // systemd 252 calls an idle cgroup one of weight 0.
            if (version >= 252)
            {
                properties.Add(UnitProperty.Number("CPUWeight", 0));
            }
        }
        else if (cpu.Shares is { } shares && shares != 0)
        {
            properties.Add(UnitProperty.Number("CPUWeight", CpuWrites.WeightFromShares(shares)));
        }
        AddQuota(cpu.Quota ?? 0, cpu.Period ?? 0, version, properties);
        AddSet("AllowedCPUs", cpu.Cpus, "linux.resources.cpu.cpus", properties, problems);
        AddSet("AllowedMemoryNodes", cpu.Mems, "linux.resources.cpu.mems", properties, problems);
    }

    internal static void AddQuota(long quota, ulong period, int version, List<UnitProperty> properties)
    {
        if (quota == 0 && period == 0)
        {
            return;
        }
        if (period != 0 && version >= 242)
        {
            properties.Add(UnitProperty.Number("CPUQuotaPeriodUSec", period));
        }
        properties.Add(UnitProperty.Number("CPUQuotaPerSecUSec", QuotaPerSecond(quota, period)));
    }

    /// <summary>Microseconds of CPU time per second, rounded up to whole percents so that the unit never gives less than the
    /// config.</summary>
    public static ulong QuotaPerSecond(long quota, ulong period)
    {
        if (quota <= 0)
        {
            return Unlimited;
        }
        UInt128 perSecond = (UInt128)(ulong)quota * 1000000 / (period == 0 ? 100000 : period);
        UInt128 rounded = (perSecond + QuotaStep - 1) / QuotaStep * QuotaStep;
        return rounded >= Unlimited ? Unlimited : (ulong)UInt128.Max(rounded, QuotaStep);
    }

    internal static void AddSet(string name, string? list, string path, List<UnitProperty> properties,
        List<ConfigProblem> problems)
    {
        if (string.IsNullOrEmpty(list))
        {
            return;
        }
        byte[]? mask = ListToMask(list);
        if (mask is null)
        {
            problems.Add(new ConfigProblem(path, "\"" + list + "\" is not a list such as 0-3,7"));
            return;
        }
        List<object> bytes = [];
        foreach (byte b in mask)
        {
            bytes.Add(b);
        }
        properties.Add(new UnitProperty(name, new DBusVariant("ay", bytes)));
    }

    /// <summary>A list such as "0-3,7" as a little-endian bit mask; null when it is none.</summary>
    public static byte[]? ListToMask(string list)
    {
        const int max = 65536;
        byte[] mask = new byte[max / 8];
        int used = 0;
        foreach (string range in list.Split(','))
        {
            ReadOnlySpan<char> text = range.AsSpan().Trim();
            int dash = text.IndexOf('-');
            ReadOnlySpan<char> first = dash < 0 ? text : text[..dash];
            ReadOnlySpan<char> last = dash < 0 ? text : text[(dash + 1)..];
            if (!int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int from) ||
                !int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int to) || to < from || to >= max)
            {
                return null;
            }
            for (int bit = from; bit <= to; bit++)
            {
                mask[bit / 8] |= (byte)(1 << (bit % 8));
            }
            used = Math.Max(used, to / 8 + 1);
        }
        return mask[..used];
    }

    /// <summary><c>org.systemd.property.NAME</c> with GVariant text. NAME must be letters; a number for FooSec, which is what
    /// systemd's unit files call it, becomes FooUSec in microseconds, which is what its D-Bus interface calls it.</summary>
    static void AddAnnotations(Dictionary<string, string>? annotations, List<UnitProperty> properties,
        List<ConfigProblem> problems)
    {
        foreach ((string key, string text) in annotations ?? [])
        {
            if (!key.StartsWith(AnnotationPrefix, StringComparison.Ordinal))
            {
                continue;
            }
            string path = "annotations[" + key + "]";
            string name = key[AnnotationPrefix.Length..];
            string? error = CheckName(name);
            DBusVariant? value = error is null ? GVariantText.Parse(text, out error) : null;
            bool seconds = name.EndsWith("Sec", StringComparison.Ordinal) && !name.EndsWith("USec", StringComparison.Ordinal);
            if (seconds && value is { } found)
            {
                name = name[..^3] + "USec";
                value = ToMicroseconds(found, out error);
            }
            if (value is not { } final)
            {
                problems.Add(new ConfigProblem(path, error!));
                continue;
            }
            properties.RemoveAll(p => p.Name == name);
            properties.Add(new UnitProperty(name, final));
        }
    }

    static string? CheckName(string name)
    {
        bool letters = name.Length >= 3;
        foreach (char c in name)
        {
            letters &= char.IsAsciiLetter(c);
        }
        return letters ? null : "\"" + name + "\" is no name of a unit property (three or more letters)";
    }

    static DBusVariant? ToMicroseconds(DBusVariant value, out string? error)
    {
        double? seconds = value.Value switch
        {
            byte n => n,
            short n => n,
            ushort n => n,
            int n => n,
            uint n => n,
            long n => n,
            ulong n => n == Unlimited ? double.PositiveInfinity : n,
            double n => n,
            _ => null,
        };
        if (seconds is not >= 0)
        {
            error = "must be a number of seconds, 0 or more";
            return null;
        }
        error = null;
        double micro = seconds.Value * 1e6;
        return new DBusVariant("t", micro >= 18446744073709551615.0 ? Unlimited : (ulong)micro);
    }
}
