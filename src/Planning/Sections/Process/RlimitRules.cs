using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config.md, "rlimits".</summary>
static class RlimitRules
{
    public static void Check(List<SpecRlimit>? limits, Rules rules)
    {
        uint seen = 0;
        for (int i = 0; i < (limits?.Count ?? 0); i++)
        {
            SpecRlimit limit = limits![i];
            string path = ConfigPath.Item("rlimits", i);
            if (string.IsNullOrEmpty(limit.Type))
            {
                rules.Missing(path + ".type");
                continue;
            }

            int number = Rlimits.Number(limit.Type);
            if (number < 0)
            {
                rules.Problem(path + ".type", $"unknown limit \"{limit.Type}\"; see getrlimit(2) for the names");
            }
            else if ((seen & (1u << number)) != 0)
            {
                rules.Problem(path + ".type", $"{limit.Type} is given twice");
            }
            else
            {
                seen |= 1u << number;
            }

            if (limit.Soft > limit.Hard)
            {
                rules.Problem(path + ".soft", $"{limit.Soft} is more than the hard limit {limit.Hard}");
            }
        }
    }
}
