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

    readonly Cgroup _cgroup;
    readonly ContainerRecord _record;
    readonly Utf8JsonWriter _json;

    ContainerStats(Cgroup cgroup, ContainerRecord record, Utf8JsonWriter json)
    {
        _cgroup = cgroup;
        _record = record;
        _json = json;
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
        _json.WriteStartObject("intel_rdt"u8);
        IntelRdtStats.Write(_json, _record);
        _json.WriteEndObject();
        _json.WriteNull("network_interfaces"u8);
    }

    void WriteCpu()
    {
        _cgroup.TryRead("cpu.stat", out string stat);
        _json.WriteStartObject("cpu"u8);
        _json.WriteStartObject("usage"u8);
        Optional("total", Micro(stat, "usage_usec"));
        _json.WriteNumber("kernel"u8, Micro(stat, "system_usec"));
        _json.WriteNumber("user"u8, Micro(stat, "user_usec"));
        _json.WriteEndObject();
        _json.WriteStartObject("throttling"u8);
        Optional("periods", CgroupFiles.KeyedNumber(stat, "nr_periods") ?? 0);
        Optional("throttledPeriods", CgroupFiles.KeyedNumber(stat, "nr_throttled") ?? 0);
        Optional("throttledTime", Micro(stat, "throttled_usec"));
        _json.WriteEndObject();
        WritePressure("cpu.pressure");
        _json.WriteEndObject();
    }

    static ulong Micro(string content, string key) => (CgroupFiles.KeyedNumber(content, key) ?? 0) * 1000;

    void WriteCpuset()
    {
        _json.WriteStartObject("cpuset"u8);
        WriteList("cpus", "cpuset.cpus.effective");
        _json.WriteNumber("cpu_exclusive"u8, 0);
        WriteList("mems", "cpuset.mems.effective");
        foreach (string zero in (ReadOnlySpan<string>)["mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page",
            "memory_spread_slab", "memory_pressure", "sched_load_balance", "sched_relax_domain_level"])
        {
            _json.WriteNumber(zero, 0);
        }
        _json.WriteEndObject();
    }

    /// <summary>A list such as 0-3,7 as an array of numbers.</summary>
    void WriteList(string name, string file)
    {
        if (_cgroup.TryRead(file, out string list) < 0 || SystemdProperties.ListToMask(list.Trim()) is not { } mask)
        {
            return;
        }
        _json.WriteStartArray(name);
        for (int bit = 0; bit < mask.Length * 8; bit++)
        {
            if ((mask[bit / 8] & (1 << (bit % 8))) != 0)
            {
                _json.WriteNumberValue(bit);
            }
        }
        _json.WriteEndArray();
    }

    void WriteMemory()
    {
        _cgroup.TryRead("memory.stat", out string stat);
        _cgroup.TryRead("memory.events", out string events);
        ulong usage = Number("memory.current") ?? 0;
        ulong limit = Number("memory.max") ?? 0;
        ulong swapLimit = Number("memory.swap.max") ?? 0;
        _json.WriteStartObject("memory"u8);
        Optional("cache", CgroupFiles.KeyedNumber(stat, "file") ?? 0);
        WriteEntry("usage", limit, usage, Number("memory.peak") ?? 0, CgroupFiles.KeyedNumber(events, "max") ?? 0);
        ulong both = limit == Unlimited || swapLimit == Unlimited ? Unlimited : limit + swapLimit;
        WriteEntry("swap", both, usage + (Number("memory.swap.current") ?? 0), 0, 0);
        WriteEntry("kernel", 0, CgroupFiles.KeyedNumber(stat, "kernel") ?? 0, 0, 0);
        WriteEntry("kernelTCP", 0, CgroupFiles.KeyedNumber(stat, "sock") ?? 0, 0, 0);
        WriteRaw(stat);
        WritePressure("memory.pressure");
        _json.WriteEndObject();
    }

    void WriteEntry(string name, ulong limit, ulong usage, ulong max, ulong failures)
    {
        _json.WriteStartObject(name);
        _json.WriteNumber("limit"u8, limit);
        Optional("usage", usage);
        Optional("max", max);
        _json.WriteNumber("failcnt"u8, failures);
        _json.WriteEndObject();
    }

    void WriteRaw(string stat)
    {
        if (stat.Length == 0)
        {
            return;
        }
        _json.WriteStartObject("raw"u8);
        foreach (string line in stat.Split('\n'))
        {
            int space = line.IndexOf(' ');
            if (space > 0 && ulong.TryParse(line.AsSpan(space + 1), out ulong value))
            {
                _json.WriteNumber(line[..space], value);
            }
        }
        _json.WriteEndObject();
    }

    void WritePids()
    {
        _json.WriteStartObject("pids"u8);
        // Without the controller the processes can still be counted.
        Optional("current", Number("pids.current") ?? (ulong)_cgroup.Pids(recursive: true).Count);
        ulong limit = Number("pids.max") ?? 0;
        Optional("limit", limit == Unlimited ? 0 : limit);
        _json.WriteEndObject();
    }

    void WriteBlkio()
    {
        _cgroup.TryRead("io.stat", out string stat);
        _json.WriteStartObject("blkio"u8);
        WriteBlkioList("ioServiceBytesRecursive", stat, "rbytes", "wbytes");
        WriteBlkioList("ioServicedRecursive", stat, "rios", "wios");
        WritePressure("io.pressure");
        _json.WriteEndObject();
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
                    _json.WriteStartArray(name);
                    open = true;
                }
                _json.WriteStartObject();
                Optional("major", major);
                Optional("minor", minor);
                _json.WriteString("op"u8, op);
                Optional("value", value);
                _json.WriteEndObject();
            }
        }
        if (open)
        {
            _json.WriteEndArray();
        }
    }

    void WriteHugetlb()
    {
        _json.WriteStartObject("hugetlb"u8);
        foreach (string size in HugePageSizes())
        {
            _cgroup.TryRead("hugetlb." + size + ".events", out string events);
            _json.WriteStartObject(size);
            Optional("usage", Number("hugetlb." + size + ".rsvd.current") ?? Number("hugetlb." + size + ".current") ?? 0);
            _json.WriteNumber("failcnt"u8, CgroupFiles.KeyedNumber(events, "max") ?? 0);
            _json.WriteEndObject();
        }
        _json.WriteEndObject();
    }

    /// <summary>The page sizes that the cgroup has files for.</summary>
    List<string> HugePageSizes()
    {
        const string prefix = "hugetlb.";
        const string suffix = ".current";
        List<string> sizes = [];
        int opened = CgroupFiles.TryOpen(_cgroup.Directory, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
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
        if (_cgroup.TryRead(file, out string content) < 0 || content.Length == 0)
        {
            return;
        }
        _json.WriteStartObject("psi"u8);
        foreach (string line in content.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            _json.WriteStartObject(words[0]);
            for (int i = 1; i < words.Length; i++)
            {
                int equals = words[i].IndexOf('=');
                string key = equals > 0 ? words[i][..equals] : "";
                ReadOnlySpan<char> text = words[i].AsSpan(equals + 1);
                if (ulong.TryParse(text, out ulong whole))
                {
                    _json.WriteNumber(key, whole);
                }
                else if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double average))
                {
                    _json.WriteNumber(key, average);
                }
            }
            _json.WriteEndObject();
        }
        _json.WriteEndObject();
    }

    void Optional(string name, ulong value)
    {
        if (value != 0)
        {
            _json.WriteNumber(name, value);
        }
    }

    /// <summary>A file of one number, where max is 2^64-1; null when it is not there.</summary>
    ulong? Number(string file)
    {
        if (_cgroup.TryRead(file, out string text) < 0)
        {
            return null;
        }
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        return trimmed.SequenceEqual("max") ? Unlimited : ulong.TryParse(trimmed, out ulong number) ? number : null;
    }
}
