using OciRun.Kernel;
using OciRun.Planning.Sections;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config-linux.md, "Memory policy": what set_mempolicy(2) would answer with EINVAL.</summary>
static class MemoryPolicyRules
{
    const int Relative = MemPolicyFlags.MPOL_F_RELATIVE_NODES, Static = MemPolicyFlags.MPOL_F_STATIC_NODES;

    public static void Check(SpecMemoryPolicy? policy, Rules rules)
    {
        if (policy is null)
        {
            return;
        }

        if (string.IsNullOrEmpty(policy.Mode))
        {
            rules.Missing("linux.memoryPolicy.mode");
        }
        else if (SchedulingWords.MemoryModes[policy.Mode] is int mode)
        {
            CheckNodes(policy, mode, rules);
            CheckFlags(policy, mode, rules);
        }
        else
        {
            rules.Problem("linux.memoryPolicy.mode", $"unknown mode \"{policy.Mode}\"");
        }
    }

    static void CheckNodes(SpecMemoryPolicy policy, int mode, Rules rules)
    {
        bool given = !string.IsNullOrEmpty(policy.Nodes);
        if (given && mode is (MemPolicyMode.MPOL_DEFAULT or MemPolicyMode.MPOL_LOCAL))
        {
            rules.Problem("linux.memoryPolicy.nodes", $"must be empty with {policy.Mode}");
        }
        else if (given && !NumberList.IsOne(policy.Nodes))
        {
            rules.Problem("linux.memoryPolicy.nodes", $"\"{policy.Nodes}\" is not a list of nodes such as 0-1,3");
        }
        else if (!given && mode is not (MemPolicyMode.MPOL_DEFAULT or MemPolicyMode.MPOL_LOCAL or MemPolicyMode.MPOL_PREFERRED))
        {
            rules.Problem("linux.memoryPolicy.nodes", $"missing: {policy.Mode} needs at least one node");
        }
    }

    static void CheckFlags(SpecMemoryPolicy policy, int mode, Rules rules)
    {
        const string path = "linux.memoryPolicy.flags";
        int flags = 0;
        for (int i = 0; i < (policy.Flags?.Count ?? 0); i++)
        {
            if (SchedulingWords.MemoryFlags[policy.Flags![i]] is int flag)
            {
                flags |= flag;
            }
            else
            {
                rules.Problem(ConfigPath.Item(path, i), $"unknown flag \"{policy.Flags[i]}\"");
            }
        }

        if ((flags & (Relative | Static)) == (Relative | Static))
        {
            rules.Problem(path, "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other");
        }

        if ((flags & MemPolicyFlags.MPOL_F_NUMA_BALANCING) != 0
            && mode is not (MemPolicyMode.MPOL_BIND or MemPolicyMode.MPOL_PREFERRED_MANY))
        {
            rules.Problem(path, $"MPOL_F_NUMA_BALANCING goes with MPOL_BIND and MPOL_PREFERRED_MANY, not with {policy.Mode}");
        }
    }
}
