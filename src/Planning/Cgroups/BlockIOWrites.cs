using System.Collections.Generic;
using System.Globalization;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary>The io controller: io.bfq.weight or io.weight, and io.max.</summary>
public static class BlockIOWrites
{
    const string Path = "linux.resources.blockIO";

    internal static void Add(SpecBlockIO? io, WriteList writes)
    {
        if (io is null)
        {
            return;
        }
        if (io.LeafWeight is not (null or 0))
        {
            writes.Warning(Path + ".leafWeight", "ignored: leaf weights do not exist in cgroup v2");
        }
        if (io.Weight is { } weight && weight != 0)
        {
            AddWeight("", weight, Path + ".weight", writes);
        }
        for (int i = 0; i < (io.WeightDevice?.Count ?? 0); i++)
        {
            AddDeviceWeight(io.WeightDevice![i], Path + ".weightDevice[" + Text(i) + "]", writes);
        }
        AddThrottles(io.ThrottleReadBpsDevice, "throttleReadBpsDevice", "rbps", writes);
        AddThrottles(io.ThrottleWriteBpsDevice, "throttleWriteBpsDevice", "wbps", writes);
        AddThrottles(io.ThrottleReadIOPSDevice, "throttleReadIOPSDevice", "riops", writes);
        AddThrottles(io.ThrottleWriteIOPSDevice, "throttleWriteIOPSDevice", "wiops", writes);
    }

    static void AddDeviceWeight(SpecWeightDevice device, string path, WriteList writes)
    {
        if (device.LeafWeight is not (null or 0))
        {
            writes.Warning(path + ".leafWeight", "ignored: leaf weights do not exist in cgroup v2");
        }
        if (device.Weight is { } weight && weight != 0 && IsDevice(device.Major, device.Minor, path, writes))
        {
            AddWeight(Text(device.Major) + ":" + Text(device.Minor) + " ", weight, path, writes);
        }
    }

    /// <summary>BFQ keeps the range of cgroup v1, so its file takes the value as it is; it exists while the bfq scheduler is
    /// loaded.</summary>
    static void AddWeight(string device, ushort weight, string path, WriteList writes)
    {
        if (weight is < 10 or > 1000)
        {
            writes.Problem(path, "weight must be between 10 and 1000, not " + Text(weight));
            return;
        }
        CgroupWrite fallback = new("io.weight", device + Text(ConvertWeight(weight)), "io", path);
        writes.Add(new CgroupWrite("io.bfq.weight", device + Text(weight), "io", path) { Fallback = fallback });
    }

    /// <summary>io.weight (1..10000) for a blkio weight (10..1000).</summary>
    public static int ConvertWeight(ushort weight) => weight == 0 ? 0 : 1 + (weight - 10) * 9999 / 990;

    static void AddThrottles(List<SpecThrottleDevice>? devices, string name, string key, WriteList writes)
    {
        for (int i = 0; i < (devices?.Count ?? 0); i++)
        {
            SpecThrottleDevice device = devices![i];
            string path = Path + "." + name + "[" + Text(i) + "]";
            if (IsDevice(device.Major, device.Minor, path, writes))
            {
                string rate = device.Rate == 0 ? "max" : device.Rate.ToString(CultureInfo.InvariantCulture);
                string line = Text(device.Major) + ":" + Text(device.Minor) + " " + key + "=" + rate;
                writes.Add(new CgroupWrite("io.max", line, "io", path) { IsDefault = device.Rate == 0 });
            }
        }
    }

    static bool IsDevice(long major, long minor, string path, WriteList writes)
    {
        if (major < 0 || minor < 0)
        {
            writes.Problem(path, Text(major) + ":" + Text(minor) + " is no device number");
            return false;
        }
        return true;
    }

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
