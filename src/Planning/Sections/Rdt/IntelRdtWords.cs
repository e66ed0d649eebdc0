using System;
using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Sections;

/// <summary>What the members of <c>linux.intelRdt</c> are to resctrl (Linux, Documentation/filesystems/resctrl.rst).</summary>
public static class IntelRdtWords
{
    /// <summary>The group of a container with linux.intelRdt; empty for the default group.</summary>
    public static string GroupOf(SpecIntelRdt rdt, string id) =>
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
