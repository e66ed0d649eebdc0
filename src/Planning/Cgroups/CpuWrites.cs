using System;
using System.Globalization;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary>The cpu controller.</summary>
public static class CpuWrites
{
    const string Path = "linux.resources.cpu";
    const ulong DefaultShares = 1024;
    const ulong DefaultPeriod = 100000;

    internal static void Add(SpecCpu? cpu, WriteList writes)
    {
        if (cpu is null)
        {
            return;
        }
        if (cpu.RealtimeRuntime is not (null or 0))
        {
            writes.Warning(Path + ".realtimeRuntime", "ignored: cgroup v2 does not control realtime scheduling");
        }
        if (cpu.RealtimePeriod is not (null or 0))
        {
            writes.Warning(Path + ".realtimePeriod", "ignored: cgroup v2 does not control realtime scheduling");
        }
        AddIdleAndWeight(cpu, writes);
        AddBandwidth(cpu, writes);
    }

    /// <summary>Idle before weight: the kernel refuses a weight (EINVAL) while cpu.idle is 1, and gives an idle cgroup weight 0
    /// itself.</summary>
    static void AddIdleAndWeight(SpecCpu cpu, WriteList writes)
    {
        if (cpu.Idle is { } idle)
        {
            if (idle is not (0 or 1))
            {
                writes.Problem(Path + ".idle", "must be 0 or 1, not " + idle.ToString(CultureInfo.InvariantCulture));
                return;
            }
            // cpu.idle came with Linux 5.15.
            writes.Add(new CgroupWrite("cpu.idle", idle == 1 ? "1" : "0", "cpu", Path + ".idle")
            {
                IsDefault = idle == 0,
                IgnoreMissing = idle == 0,
            });
        }
        if (cpu.Idle != 1 && cpu.Shares is { } shares && shares != 0)
        {
            string weight = WeightFromShares(shares).ToString(CultureInfo.InvariantCulture);
            writes.Add(new CgroupWrite("cpu.weight", weight, "cpu", Path + ".shares") { IsDefault = shares == DefaultShares });
        }
    }

    /// <summary>The burst must not exceed the quota at any moment, old or new: it goes first, and again at the end when that is
    /// refused.</summary>
    static void AddBandwidth(SpecCpu cpu, WriteList writes)
    {
        if (!IsBandwidth(cpu, writes))
        {
            return;
        }
        if (cpu.Burst is { } burst)
        {
            // cpu.max.burst came with Linux 5.14.
            writes.Add(new CgroupWrite("cpu.max.burst", burst.ToString(CultureInfo.InvariantCulture), "cpu", Path + ".burst")
            {
                IsDefault = burst == 0,
                IgnoreMissing = burst == 0,
                DeferOnInvalid = true,
            });
        }
        long quota = cpu.Quota ?? 0;
        ulong period = cpu.Period ?? 0;
        if (quota != 0 || period != 0)
        {
            string text = quota > 0 ? quota.ToString(CultureInfo.InvariantCulture) : "max";
            string value = text + " " + (period == 0 ? DefaultPeriod : period).ToString(CultureInfo.InvariantCulture);
            writes.Add(new CgroupWrite("cpu.max", value, "cpu", quota != 0 ? Path + ".quota" : Path + ".period")
            {
                // A period without a quota limits nothing.
                IsDefault = quota <= 0,
            });
        }
    }

    /// <summary>What tg_set_bandwidth of the kernel answers with EINVAL.</summary>
    static bool IsBandwidth(SpecCpu cpu, WriteList writes)
    {
        const ulong minTime = 1000, maxPeriod = 1_000_000;
        bool sane = true;
        if (cpu.Period is { } period && period != 0 && period is < minTime or > maxPeriod)
        {
            writes.Problem(Path + ".period", Text(period) + " is out of range (1000 to 1000000 microseconds)");
            sane = false;
        }
        if (cpu.Quota is > 0 and < (long)minTime)
        {
            writes.Problem(Path + ".quota", Text((ulong)cpu.Quota) +
                " is too little: the kernel takes 1000 microseconds and more");
            sane = false;
        }
        if (cpu.Quota > 0 && cpu.Burst > (ulong)cpu.Quota)
        {
            writes.Problem(Path + ".burst", Text(cpu.Burst.Value) + " is more than the quota of " + Text((ulong)cpu.Quota));
            sane = false;
        }
        return sane;
    }

    static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>cpu.weight (1..10000) for the specification's cpu.shares (2..262144), by the curve that maps both defaults, 1024
    /// and 100, onto each other and keeps the ratios close: the straight line of older runtimes gave 1024 only 39, less than any
    /// host service.</summary>
    /// <returns>0 when shares are 0: leave the file alone.</returns>
    public static ulong WeightFromShares(ulong shares)
    {
        switch (shares)
        {
            case 0:
                return 0;
            case <= 2:
                return 1;
            case >= 262144:
                return 10000;
        }
        double log = Math.Log2(shares);
        double exponent = (log * log + 125 * log) / 612.0 - 7.0 / 34.0;
        return (ulong)Math.Ceiling(Math.Pow(10, exponent));
    }
}

/// <summary>The cpuset controller. Lists are checked by the kernel.</summary>
static class CpusetWrites
{
    public static void Add(SpecCpu? cpu, WriteList writes)
    {
        AddList("cpuset.cpus", cpu?.Cpus, "linux.resources.cpu.cpus", writes);
        AddList("cpuset.mems", cpu?.Mems, "linux.resources.cpu.mems", writes);
    }

    static void AddList(string file, string? list, string path, WriteList writes)
    {
        if (string.IsNullOrEmpty(list))
        {
            return;
        }
        foreach (char c in list)
        {
            if (c is not ((>= '0' and <= '9') or ',' or '-' or ' ' or ':' or '/'))
            {
                writes.Problem(path, "\"" + list + "\" is not a list such as 0-3,7");
                return;
            }
        }
        writes.Add(new CgroupWrite(file, list, "cpuset", path));
    }
}
