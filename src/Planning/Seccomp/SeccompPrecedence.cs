using System.Collections.Generic;

namespace OciRun.Planning.Seccomp;

/// <summary>Which of several conditional rules for one call holds when more than one matches.</summary>
static class SeccompPrecedence
{
    /// <summary>The rules of a decision, in the order in which they are to be tried.</summary>
    public static List<int> Order(SeccompProfile profile, SeccompDecisions decisions, int decision, bool is64Bit)
    {
        var rules = new List<int>(4);
        for (SeccompDecision d = decisions[decision]; d.Rule >= 0; d = decisions[d.Previous])
        {
            rules.Add(d.Rule);
        }
        rules.Reverse();
        return rules;
    }
}
