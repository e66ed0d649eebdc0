using System;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config-linux.md, "IntelRdt".</summary>
static class IntelRdtRules
{
    public static void Check(SpecIntelRdt? rdt, Rules rules)
    {
        if (rdt is null)
        {
            return;
        }

        // "/" alone is the default group; else it is the name of a directory below the root of resctrl.
        if (rdt.ClosID is { Length: > 0 } id && id != "/" && (id is "." or ".." || id.AsSpan().ContainsAny('/', '\n')))
        {
            rules.Problem("linux.intelRdt.closID", $"\"{id}\" is no name of a group");
        }

        if (rdt.MemBwSchema is { Length: > 0 } bandwidth
            && (!bandwidth.StartsWith("MB:", StringComparison.Ordinal) || bandwidth.Contains('\n')))
        {
            rules.Problem("linux.intelRdt.memBwSchema", "must be one line that starts with MB:");
        }

        for (int i = 0; i < (rdt.Schemata?.Count ?? 0); i++)
        {
            if (!rdt.Schemata![i].Contains(':') || rdt.Schemata[i].Contains('\n'))
            {
                rules.Problem(ConfigPath.Item("linux.intelRdt.schemata", i), "must be one line such as L3:0=f;1=f");
            }
        }
    }
}
