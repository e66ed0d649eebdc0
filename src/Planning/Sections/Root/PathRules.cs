using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config-linux.md, "Masked Paths" and "Readonly Paths".</summary>
static class PathRules
{
    public static void Check(SpecLinux linux, Rules rules)
    {
        bool privateMounts = rules.HasOwn(linux, "mount");
        CheckList(linux.MaskedPaths, "linux.maskedPaths", privateMounts, rules);
        CheckList(linux.ReadonlyPaths, "linux.readonlyPaths", privateMounts, rules);
    }

    static void CheckList(List<string>? paths, string list, bool privateMounts, Rules rules)
    {
        if (paths is not { Count: > 0 })
        {
            return;
        }

        if (!privateMounts)
        {
            rules.Refusal(list, "needs a mount namespace in linux.namespaces; it would cover the host's files");
        }

        for (int i = 0; i < paths.Count; i++)
        {
            if (Rules.PathFault(paths[i]) is string fault)
            {
                rules.Problem(ConfigPath.Item(list, i), fault);
            }
        }
    }
}
