using System.Collections.Generic;

namespace OciRun.Planning.Seccomp;

/// <summary>Which of several conditional rules for one call holds when more than one matches.</summary>
/// <remarks>
/// The specification does not say. libseccomp's answer comes from how it sorts its tree of tests; for rules of one condition
/// it is what this order gives, which also reads sensibly, from narrow to wide:
/// a condition on a higher argument goes first; on the same argument MASKED_EQ, then EQ and NE with the larger value first, then
/// LT and LE with the smaller value first, then GT and GE with the larger value first; rules that begin alike are compared by
/// their next condition, and when one ends there the shorter, which covers the other, goes first. What is left is tried in the
/// profile's order. An unconditional rule never comes here: it beats them all (<see cref="SeccompDecisions"/>).
/// </remarks>
static class SeccompPrecedence
{
    const int FewRules = 16;

    /// <summary>The rules of a decision, in the order in which they are to be tried.</summary>
    public static List<int> Order(SeccompProfile profile, SeccompDecisions decisions, int decision)
    {
        var rules = new List<int>(4);
        for (SeccompDecision d = decisions[decision]; d.Rule >= 0; d = decisions[d.Previous])
        {
            rules.Add(d.Rule);
        }
        if (rules.Count <= FewRules)
        {
            SortFew(profile, rules);
        }
        else
        {
            rules.Sort(new Comparer(profile));
        }
        return rules;
    }

    /// <summary>What nearly every profile needs, without the code of a general sort, which is cold.</summary>
    static void SortFew(SeccompProfile profile, List<int> rules)
    {
        for (int i = 1; i < rules.Count; i++)
        {
            int rule = rules[i];
            int place = i;
            while (place > 0 && Compare(profile, rules[place - 1], rule) > 0)
            {
                rules[place] = rules[place - 1];
                place--;
            }
            rules[place] = rule;
        }
    }

    sealed class Comparer(SeccompProfile profile) : IComparer<int>
    {
        public int Compare(int a, int b) => SeccompPrecedence.Compare(profile, a, b);
    }

    /// <summary>Of two rules that compare equal the earlier goes in front.</summary>
    static int Compare(SeccompProfile profile, int a, int b)
    {
        int order = Compare(profile, profile.Rules[a], profile.Rules[b]);
        return order != 0 ? order : a.CompareTo(b);
    }

    static int Compare(SeccompProfile profile, SeccompRule a, SeccompRule b)
    {
        for (int i = 0; i < a.TestCount && i < b.TestCount; i++)
        {
            int order = Compare(profile.Tests[a.FirstTest + i], profile.Tests[b.FirstTest + i]);
            if (order != 0)
            {
                return order;
            }
        }
        return a.TestCount.CompareTo(b.TestCount);
    }

    static int Compare(SeccompTest a, SeccompTest b)
    {
        if (a.Index != b.Index)
        {
            return b.Index.CompareTo(a.Index);
        }
        int width = Width(a);
        if (width != Width(b))
        {
            return width.CompareTo(Width(b));
        }
        return width switch
        {
            0 => 0,
            2 => a.Value.CompareTo(b.Value),
            _ => b.Value.CompareTo(a.Value),
        };
    }

    static int Width(SeccompTest test) => test.Operator switch
    {
        SeccompOperator.MaskedEqual => 0,
        SeccompOperator.Equal or SeccompOperator.NotEqual => 1,
        SeccompOperator.Less or SeccompOperator.LessOrEqual => 2,
        _ => 3,
    };
}
