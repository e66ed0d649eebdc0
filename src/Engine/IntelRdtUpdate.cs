using System;
using System.Collections.Generic;
using OciRun.Planning;
using OciRun.Spec;

namespace OciRun.Engine;

/// <summary>A change of the schemata of a container's resctrl group by <c>update</c>, which can be taken back.</summary>
sealed class IntelRdtUpdate : IDisposable
{
    const string CacheOption = "--l3-cache-schema";
    const string BandwidthOption = "--mem-bw-schema";

    readonly IntelRdt _rdt;
    readonly string _group;
    readonly string _before;

    IntelRdtUpdate(IntelRdt rdt, string group)
    {
        _rdt = rdt;
        _group = group;
        _before = rdt.Read(IntelRdt.Below(group, "schemata"));
    }

    /// <summary>Writes the schemata that are given, and puts them into the record's config; null when none is.</summary>
    /// <exception cref="RuntimeException">The container has no group, or the kernel takes the schemata not.</exception>
    public static IntelRdtUpdate? Apply(ContainerRecord record, string? cache, string? bandwidth)
    {
        cache = string.IsNullOrWhiteSpace(cache) ? null : cache;
        bandwidth = string.IsNullOrWhiteSpace(bandwidth) ? null : bandwidth;
        if (cache is null && bandwidth is null)
        {
            return null;
        }
        string option = cache is null ? BandwidthOption : CacheOption;
        SpecIntelRdt config = record.Config.Linux?.IntelRdt ?? throw new RuntimeException(
            option + ": the container has no resctrl group", "it was created without linux.intelRdt");
        List<string> lines = Lines(cache, bandwidth);
        IntelRdt rdt = IntelRdt.TryOpen() ?? throw new RuntimeException(option + ": no resctrl file system is mounted");
        try
        {
            var update = new IntelRdtUpdate(rdt, IntelRdt.GroupOf(record));
            rdt.WriteSchemata(update._group, lines, option);
            config.L3CacheSchema = cache ?? config.L3CacheSchema;
            config.MemBwSchema = bandwidth ?? config.MemBwSchema;
            return update;
        }
        catch
        {
            rdt.Dispose();
            throw;
        }
    }

    static List<string> Lines(string? cache, string? bandwidth)
    {
        List<string> lines = Planner.SchemataOf(new SpecIntelRdt { L3CacheSchema = cache, MemBwSchema = bandwidth });
        if (bandwidth is not null && (!bandwidth.StartsWith("MB:", StringComparison.Ordinal) || bandwidth.Contains('\n')))
        {
            throw new RuntimeException(BandwidthOption + ": \"" + bandwidth + "\" is not one line that starts with MB:");
        }
        if (cache is not null && (lines.Count == (bandwidth is null ? 0 : 1) || !lines[0].Contains(':')))
        {
            throw new RuntimeException(CacheOption + ": \"" + cache + "\" is no schema such as L3:0=f;1=f0");
        }
        return lines;
    }

    /// <summary>Puts the old schemata back.</summary>
    public void Restore()
    {
        try
        {
            var lines = new List<string>(_before.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            _rdt.WriteSchemata(_group, lines, "linux.intelRdt");
        }
        catch (RuntimeException e)
        {
            Log.Warn("cannot put the schemata of resctrl group \"" + _group + "\" back: " + e.Message);
        }
    }

    public void Dispose() => _rdt.Dispose();
}
