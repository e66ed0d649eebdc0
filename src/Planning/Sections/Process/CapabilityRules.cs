using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config.md, "capabilities".</summary>
static class CapabilityRules
{
    public static void Check(SpecCapabilities? sets, Rules rules)
    {
        if (sets is null)
        {
            return;
        }

        HashSet<string>? unknown = null;
        CheckNames(sets.Bounding, "capabilities.bounding", rules, ref unknown);
        ulong effective = CheckNames(sets.Effective, "capabilities.effective", rules, ref unknown);
        CheckNames(sets.Inheritable, "capabilities.inheritable", rules, ref unknown);
        ulong permitted = CheckNames(sets.Permitted, "capabilities.permitted", rules, ref unknown);
        CheckNames(sets.Ambient, "capabilities.ambient", rules, ref unknown);
        for (int number = 0; number <= Capabilities.Last; number++)
        {
            // capset(2) gives EPERM then.
            if ((effective & ~permitted & (1UL << number)) != 0)
            {
                rules.Problem("capabilities.effective", $"{Capabilities.Name(number)} is not in capabilities.permitted");
            }
        }
    }

    /// <summary>The known ones as bits. An unknown name is worth one warning for all five sets: the specification says that it
    /// should not stop the container.</summary>
    static ulong CheckNames(List<string>? names, string path, Rules rules, ref HashSet<string>? warned)
    {
        ulong bits = 0;
        for (int i = 0; i < (names?.Count ?? 0); i++)
        {
            int number = Capabilities.Number(names![i]);
            if (number >= 0)
            {
                bits |= 1UL << number;
                continue;
            }

            warned ??= [];
            if (warned.Add(names[i]))
            {
                rules.Warning(ConfigPath.Item(path, i), $"unknown capability \"{names[i]}\" is ignored");
            }
        }

        return bits;
    }
}
