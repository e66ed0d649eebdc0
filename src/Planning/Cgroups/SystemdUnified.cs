using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary>Unit properties for the members of <c>linux.resources.unified</c> that systemd knows: it would overwrite the files
/// otherwise, when it next applies the unit. Other members are only written to their files.</summary>
static class SystemdUnified
{
    const ulong Unlimited = ulong.MaxValue;

    public static void Add(Dictionary<string, string>? files, int version, List<UnitProperty> properties,
        List<ConfigProblem> problems)
    {
        foreach ((string file, string text) in files ?? [])
        {
            string path = ConfigPath.Key("linux.resources.unified", file);
            string value = (text ?? "").Trim();
            List<UnitProperty> added = [];
            if (!AddOne(file, value, version, path, added, problems))
            {
                problems.Add(new ConfigProblem(path, "\"" + value + "\" is no value of " + file));
            }
            // They win over what the other members of the config said, as in the files.
            foreach (UnitProperty property in added)
            {
                properties.RemoveAll(p => p.Name == property.Name);
                properties.Add(property);
            }
        }
    }

    static bool AddOne(string file, string value, int version, string path, List<UnitProperty> properties,
        List<ConfigProblem> problems)
    {
        switch (file)
        {
            case "memory.max":
                return Number("MemoryMax", value, properties);
            case "memory.high":
                return Number("MemoryHigh", value, properties);
            case "memory.low":
                return Number("MemoryLow", value, properties);
            case "memory.min":
                return Number("MemoryMin", value, properties);
            case "memory.swap.max":
                return Number("MemorySwapMax", value, properties);
            case "pids.max":
                return Number("TasksMax", value, properties);
            case "cpu.weight":
                return Number("CPUWeight", value, properties);
            case "cpu.max":
                return Quota(value, version, properties);
            case "cpu.idle":
                if (value == "1" && version >= 252)
                {
                    properties.Add(UnitProperty.Number("CPUWeight", 0));
                }
                return value is "0" or "1";
            case "cpuset.cpus":
                SystemdProperties.AddSet("AllowedCPUs", value, path, properties, problems);
                return true;
            case "cpuset.mems":
                SystemdProperties.AddSet("AllowedMemoryNodes", value, path, properties, problems);
                return true;
            case "memory.oom.group":
                if (version >= 253)
                {
                    properties.Add(UnitProperty.Text("OOMPolicy", value == "1" ? "kill" : "continue"));
                }
                return value is "0" or "1";
            default:
                return true;
        }
    }

    /// <summary>A plain number or max; sizes with a suffix, which the kernel takes too, are spelled out.</summary>
    static bool Number(string name, string value, List<UnitProperty> properties)
    {
        ulong factor = value.Length == 0 ? 1 : char.ToLowerInvariant(value[^1]) switch
        {
            'k' => 1ul << 10,
            'm' => 1ul << 20,
            'g' => 1ul << 30,
            't' => 1ul << 40,
            _ => 1,
        };
        ReadOnlySpan<char> digits = factor == 1 ? value : value.AsSpan()[..^1];
        ulong number = Unlimited;
        if (value != "max" && (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number) ||
            number > Unlimited / factor))
        {
            return false;
        }
        properties.Add(UnitProperty.Number(name, value == "max" ? Unlimited : number * factor));
        return true;
    }

    static bool Quota(string value, int version, List<UnitProperty> properties)
    {
        string[] parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long quota = -1;
        ulong period = 0;
        bool valid = parts.Length is 1 or 2 &&
            (parts[0] == "max" || long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out quota)) &&
            (parts.Length == 1 || ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out period));
        if (valid)
        {
            SystemdProperties.AddQuota(quota, period, version, properties);
        }
        return valid;
    }
}
