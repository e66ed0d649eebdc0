using System;
using System.Collections.Generic;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning;

public sealed partial class Planner
{
    IntelRdtStep? _rdt;

    void PlanIntelRdt()
    {
        if (_linux.IntelRdt is not { } rdt)
        {
            return;
        }
        string group = RdtGroupOf(rdt, _options.Id);
        if (group is "info" or "mon_groups" or "mon_data")
        {
            Problem("linux.intelRdt.closID", $"\"{group}\" is a directory of resctrl itself and no group");
            return;
        }
        _rdt = new IntelRdtStep
        {
            ConfigPath = "linux.intelRdt",
            Group = group,
            IsShared = !string.IsNullOrEmpty(rdt.ClosID),
            Schemata = SchemataOf(rdt),
            Monitor = rdt.EnableMonitoring ? _options.Id : null,
        };
        Add(_rdt);
    }

    /// <summary>The group of a container with linux.intelRdt; empty for the default group.</summary>
    public static string RdtGroupOf(SpecIntelRdt rdt, string id) =>
        string.IsNullOrEmpty(rdt.ClosID) ? id : rdt.ClosID == "/" ? "" : rdt.ClosID;

    /// <summary>What is written, in order. Bandwidth lines in l3CacheSchema are left out: memBwSchema says them.</summary>
    public static List<string> SchemataOf(SpecIntelRdt rdt)
    {
        var lines = new List<string>();
        foreach (string line in (rdt.L3CacheSchema ?? "").Split('\n'))
        {
            if (line.Trim().Length > 0 && !line.TrimStart().StartsWith("MB:", StringComparison.Ordinal))
            {
                lines.Add(line.Trim());
            }
        }
        if (rdt.MemBwSchema is { Length: > 0 } bandwidth)
        {
            lines.Add(bandwidth);
        }
        lines.AddRange(rdt.Schemata ?? []);
        return lines;
    }
}
