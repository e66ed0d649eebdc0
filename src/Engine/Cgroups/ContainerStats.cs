using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using OciRun.Engine.Rdt;
using OciRun.Kernel;
using OciRun.Planning.Cgroups;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Cgroups;

/// <summary>The statistics of a cgroup in the JSON form that <c>events</c> prints, which callers know from other runtimes. What
/// the cgroup has no file for stays zero or is left out.</summary>
public sealed class ContainerStats
{
    const ulong Unlimited = ulong.MaxValue;

    readonly Cgroup cgroup_;
    readonly ContainerRecord record_;
    readonly Utf8JsonWriter json_;

    ContainerStats(Cgroup cgroup, ContainerRecord record, Utf8JsonWriter json)
    {
        cgroup_ = cgroup;
        record_ = record;
        json_ = json;
    }

    /// <summary>One line, without its end.</summary>
    public static byte[] StatsLine(Cgroup cgroup, ContainerRecord record)
    {
        ArrayBufferWriter<byte> buffer = new(4096);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "stats"u8);
            json.WriteString("id"u8, record.Id);
            json.WriteStartObject("data"u8);
            new ContainerStats(cgroup, record, json).WriteData();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The line for a kill by the OOM killer.</summary>
    public static byte[] OomLine(string id)
    {
        ArrayBufferWriter<byte> buffer = new(64);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "oom"u8);
            json.WriteString("id"u8, id);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    void WriteData()
    {
        WriteCpu();
        WriteCpuset();
        WriteMemory();
        WritePids();
        WriteBlkio();
        WriteHugetlb();
        json_.WriteStartObject("intel_rdt"u8);
        IntelRdtStats.Write(json_, record_);
        json_.WriteEndObject();
        json_.WriteNull("network_interfaces"u8);
    }

    void WriteCpu()
    {
        cgroup_.TryRead("cpu.stat", out string stat);
        json_.WriteStartObject("cpu"u8);
        json_.WriteStartObject("usage"u8);
        Optional("total", Micro(stat, "usage_usec"));
        json_.WriteNumber("kernel"u8, Micro(stat, "system_usec"));
        json_.WriteNumber("user"u8, Micro(stat, "user_usec"));
        json_.WriteEndObject();
        json_.WriteStartObject("throttling"u8);
        Optional("periods", CgroupFiles.KeyedNumber(stat, "nr_periods") ?? 0);
        Optional("throttledPeriods", CgroupFiles.KeyedNumber(stat, "nr_throttled") ?? 0);
        Optional("throttledTime", Micro(stat, "throttled_usec"));
        json_.WriteEndObject();
        WritePressure("cpu.pressure");
        json_.WriteEndObject();
    }

    static ulong Micro(string content, string key) => (CgroupFiles.KeyedNumber(content, key) ?? 0) * 1000;

    void WriteCpuset()
    {
        json_.WriteStartObject("cpuset"u8);
        WriteList("cpus", "cpuset.cpus.effective");
        json_.WriteNumber("cpu_exclusive"u8, 0);
        WriteList("mems", "cpuset.mems.effective");
        foreach (string zero in (ReadOnlySpan<string>)["mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page",
            "memory_spread_slab", "memory_pressure", "sched_load_balance", "sched_relax_domain_level"])
        {
            json_.WriteNumber(zero, 0);
        }
        json_.WriteEndObject();
    }

    /// <summary>A list such as 0-3,7 as an array of numbers.</summary>
    void WriteList(string name, string file)
    {
        if (cgroup_.TryRead(file, out string list) < 0 || SystemdProperties.ListToMask(list.Trim()) is not { } mask)
        {
            return;
        }
        json_.WriteStartArray(name);
        for (int bit = 0; bit < mask.Length * 8; bit++)
        {
            if ((mask[bit / 8] & (1 << (bit % 8))) != 0)
            {
                json_.WriteNumberValue(bit);
            }
        }
        json_.WriteEndArray();
    }

    void WriteMemory()
    {
        cgroup_.TryRead("memory.stat", out string stat);
        cgroup_.TryRead("memory.events", out string events);
        ulong usage = Number("memory.current") ?? 0;
        ulong limit = Number("memory.max") ?? 0;
        ulong swapLimit = Number("memory.swap.max") ?? 0;
        json_.WriteStartObject("memory"u8);
        Optional("cache", CgroupFiles.KeyedNumber(stat, "file") ?? 0);
        WriteEntry("usage", limit, usage, Number("memory.peak") ?? 0, CgroupFiles.KeyedNumber(events, "max") ?? 0);
        ulong both = limit == Unlimited || swapLimit == Unlimited ? Unlimited : limit + swapLimit;
        WriteEntry("swap", both, usage + (Number("memory.swap.current") ?? 0), 0, 0);
        WriteEntry("kernel", 0, CgroupFiles.KeyedNumber(stat, "kernel") ?? 0, 0, 0);
        WriteEntry("kernelTCP", 0, CgroupFiles.KeyedNumber(stat, "sock") ?? 0, 0, 0);
        WriteRaw(stat);
        WritePressure("memory.pressure");
        json_.WriteEndObject();
    }

    void WriteEntry(string name, ulong limit, ulong usage, ulong max, ulong failures)
    {
        json_.WriteStartObject(name);
        json_.WriteNumber("limit"u8, limit);
        Optional("usage", usage);
        Optional("max", max);
        json_.WriteNumber("failcnt"u8, failures);
        json_.WriteEndObject();
    }

    void WriteRaw(string stat)
    {
        if (stat.Length == 0)
        {
            return;
        }
        json_.WriteStartObject("raw"u8);
        foreach (string line in stat.Split('\n'))
        {
            int space = line.IndexOf(' ');
            if (space > 0 && ulong.TryParse(line.AsSpan(space + 1), out ulong value))
            {
                json_.WriteNumber(line[..space], value);
            }
        }
        json_.WriteEndObject();
    }

    void WritePids()
    {
        json_.WriteStartObject("pids"u8);
        // Without the controller the processes can still be counted.
        Optional("current", Number("pids.current") ?? (ulong)cgroup_.Pids(recursive: true).Count);
        ulong limit = Number("pids.max") ?? 0;
        Optional("limit", limit == Unlimited ? 0 : limit);
        json_.WriteEndObject();
    }

    void WriteBlkio()
    {
        cgroup_.TryRead("io.stat", out string stat);
        json_.WriteStartObject("blkio"u8);
        WriteBlkioList("ioServiceBytesRecursive", stat, "rbytes", "wbytes");
        WriteBlkioList("ioServicedRecursive", stat, "rios", "wios");
        WritePressure("io.pressure");
        json_.WriteEndObject();
    }

    /// <summary>Lines of io.stat: <c>8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6</c>.</summary>
    void WriteBlkioList(string name, string stat, string readKey, string writeKey)
    {
        bool open = false;
        foreach (string line in stat.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] device = words[0].Split(':');
            if (device.Length != 2 || !ulong.TryParse(device[0], out ulong major) || !ulong.TryParse(device[1], out ulong minor))
            {
                continue;
            }
            foreach (string word in words)
            {
                int equals = word.IndexOf('=');
                string? op = equals < 0 ? null : word[..equals] == readKey ? "Read" : word[..equals] == writeKey ? "Write" : null;
                if (op is null || !ulong.TryParse(word.AsSpan(equals + 1), out ulong value))
                {
                    continue;
                }
                if (!open)
                {
                    json_.WriteStartArray(name);
                    open = true;
                }
                json_.WriteStartObject();
                Optional("major", major);
                Optional("minor", minor);
                json_.WriteString("op"u8, op);
                Optional("value", value);
                json_.WriteEndObject();
            }
        }
        if (open)
        {
            json_.WriteEndArray();
        }
    }

    void WriteHugetlb()
    {
        json_.WriteStartObject("hugetlb"u8);
        foreach (string size in HugePageSizes())
        {
            cgroup_.TryRead("hugetlb." + size + ".events", out string events);
            json_.WriteStartObject(size);
            Optional("usage", Number("hugetlb." + size + ".rsvd.current") ?? Number("hugetlb." + size + ".current") ?? 0);
            json_.WriteNumber("failcnt"u8, CgroupFiles.KeyedNumber(events, "max") ?? 0);
            json_.WriteEndObject();
        }
        json_.WriteEndObject();
    }

    /// <summary>The page sizes that the cgroup has files for.</summary>
    List<string> HugePageSizes()
    {
        const string prefix = "hugetlb.";
        const string suffix = ".current";
        List<string> sizes = [];
        int opened = CgroupFiles.TryOpen(cgroup_.Directory, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        if (opened < 0)
        {
            return sizes;
        }
        using SafeFd directory = new(opened);
        foreach (string file in Syscall.ListDirectory(directory))
        {
            if (file.StartsWith(prefix, StringComparison.Ordinal) && file.EndsWith(suffix, StringComparison.Ordinal) &&
                !file.EndsWith(".rsvd.current", StringComparison.Ordinal))
            {
                sizes.Add(file[prefix.Length..^suffix.Length]);
            }
        }
        sizes.Sort(StringComparer.Ordinal);
        return sizes;
    }

    /// <summary>Lines of a pressure file: <c>some avg10=0.00 avg60=0.00 avg300=0.00 total=0</c>.</summary>
    void WritePressure(string file)
    {
        if (cgroup_.TryRead(file, out string content) < 0 || content.Length == 0)
        {
            return;
        }
        json_.WriteStartObject("psi"u8);
        foreach (string line in content.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            json_.WriteStartObject(words[0]);
            for (int i = 1; i < words.Length; i++)
            {
                int equals = words[i].IndexOf('=');
                string key = equals > 0 ? words[i][..equals] : "";
                ReadOnlySpan<char> text = words[i].AsSpan(equals + 1);
                if (ulong.TryParse(text, out ulong whole))
                {
                    json_.WriteNumber(key, whole);
                }
                else if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double average))
                {
                    json_.WriteNumber(key, average);
                }
            }
            json_.WriteEndObject();
        }
        json_.WriteEndObject();
    }

    void Optional(string name, ulong value)
    {
        if (value != 0)
        {
            json_.WriteNumber(name, value);
        }
    }

    /// <summary>A file of one number, where max is 2^64-1; null when it is not there.</summary>
    ulong? Number(string file)
    {
        if (cgroup_.TryRead(file, out string text) < 0)
        {
            return null;
        }
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        return trimmed.SequenceEqual("max") ? Unlimited : ulong.TryParse(trimmed, out ulong number) ? number : null;
    }
}
