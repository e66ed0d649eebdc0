using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config.md for a config that is for another platform than Linux: what holds everywhere.</summary>
static class PlatformRules
{
    public static void Check(RuntimeSpec spec, PlatformSections sections, List<ConfigProblem> problems)
    {
        var rules = new Rules(problems, "", specificationOnly: true);
        bool windows = sections.Windows is not null;
        TopLevelRules.CheckVersion(spec.OciVersion, rules);
        CheckRoot(spec.Root, windows, sections.Windows?.Hyperv is not null, rules);
        TopLevelRules.CheckAnnotations(spec.Annotations, rules);
        if (spec.Process is { } process)
        {
            CheckProcess(process, windows, sections.Process?.CommandLine is not null, rules);
        }

        for (int i = 0; i < (spec.Mounts?.Count ?? 0); i++)
        {
            CheckPath(spec.Mounts![i].Destination, ConfigPath.Item("mounts", i) + ".destination", windows, rules);
        }

        if (!windows)
        {
            HookRules.Check(spec.Hooks, rules);
        }
    }

    static void CheckRoot(SpecRoot? root, bool windows, bool hyperV, Rules rules)
    {
        if (root is null)
        {
            if (!hyperV)
            {
                rules.Missing("root");
            }
        }
        else if (hyperV)
        {
            rules.Problem("root", "must not be set for a Hyper-V container");
        }
        else if (string.IsNullOrEmpty(root.Path))
        {
            rules.Missing("root.path");
        }
        else if (windows && root.Readonly)
        {
            rules.Problem("root.readonly", "must be left out or false on Windows");
        }
    }

    static void CheckProcess(SpecProcess process, bool windows, bool hasCommandLine, Rules rules)
    {
        CheckPath(process.Cwd, "process.cwd", windows, rules);
        if (process.Args is not { Count: > 0 } && !(windows && hasCommandLine))
        {
            rules.Missing("process.args");
        }

        ProcessRules.CheckEnv(process.Env, "process.env", rules);
    }

    /// <summary>Windows has paths of its own, with drive letters and volumes, which are not looked into.</summary>
    static void CheckPath(string? path, string place, bool windows, Rules rules)
    {
        if (string.IsNullOrEmpty(path))
        {
            rules.Missing(place);
        }
        else if (!windows && Rules.PathFault(path) is string fault)
        {
            rules.Problem(place, fault);
        }
    }
}
