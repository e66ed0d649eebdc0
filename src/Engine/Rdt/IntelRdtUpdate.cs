using System;
using System.Collections.Generic;
using OciRun.Planning;
using OciRun.Planning.Sections;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Rdt;

/// <summary>A change of the schemata of a container's resctrl group by <c>update</c>.</summary>
static class IntelRdtUpdate
{
    const string CacheOption = "--l3-cache-schema";
    const string BandwidthOption = "--mem-bw-schema";

    /// <summary>The step for the schemata that are given, which the record's config keeps; null when none is.</summary>
    /// <exception cref="RuntimeException">The container has no group, or a line is none.</exception>
    public static IntelRdtUpdateStep? Step(ContainerRecord record, string? cache, string? bandwidth)
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
        config.L3CacheSchema = cache ?? config.L3CacheSchema;
        config.MemBwSchema = bandwidth ?? config.MemBwSchema;
        return new IntelRdtUpdateStep
        {
            ConfigPath = option,
            Group = IntelRdtWords.GroupOf(config, record.Id),
            Schemata = lines,
            Option = option
        };
    }

    static List<string> Lines(string? cache, string? bandwidth)
    {
        List<string> lines = IntelRdtWords.SchemataOf(new SpecIntelRdt { L3CacheSchema = cache, MemBwSchema = bandwidth });
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

    /// <summary>Writes the schemata. The old ones come back when a later step fails.</summary>
    public static void Perform(IntelRdtUpdateStep step, Products made)
    {
        IntelRdt rdt = IntelRdt.TryOpen() ?? throw new RuntimeException(step.Option + ": no resctrl file system is mounted");
        made.Rdt = rdt;
        string before = rdt.Read(IntelRdt.Below(step.Group, "schemata"));
        rdt.WriteSchemata(step.Group, step.Schemata, step.Option);
        made.OnUndo(() => Restore(rdt, step.Group, before));
    }

    static void Restore(IntelRdt rdt, string group, string before)
    {
        try
        {
            var lines =
                new List<string>(before.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            rdt.WriteSchemata(group, lines, "linux.intelRdt");
        }
        catch (RuntimeException e)
        {
            Log.Warn("cannot put the schemata of resctrl group \"" + group + "\" back: " + e.Message);
        }
    }
}
