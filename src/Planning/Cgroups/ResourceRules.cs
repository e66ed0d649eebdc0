using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config-linux.md, "Control groups": what holds for both versions of cgroups. The values are checked where they are
/// converted for cgroup v2.</summary>
static class ResourceRules
{
    public static void Check(SpecResources? resources, Rules rules)
    {
        if (resources is null)
        {
            return;
        }

        if (resources.Memory?.Swappiness is ulong swappiness && swappiness > 100)
        {
            rules.Problem("linux.resources.memory.swappiness", $"{swappiness} is out of range (0 to 100)");
        }

        for (int i = 0; i < (resources.Network?.Priorities?.Count ?? 0); i++)
        {
            if (string.IsNullOrEmpty(resources.Network!.Priorities![i].Name))
            {
                rules.Missing(ConfigPath.Item("linux.resources.network.priorities", i) + ".name");
            }
        }

        for (int i = 0; i < (resources.BlockIO?.WeightDevice?.Count ?? 0); i++)
        {
            if (resources.BlockIO!.WeightDevice![i] is { Weight: null, LeafWeight: null })
            {
                rules.Strict(ConfigPath.Item("linux.resources.blockIO.weightDevice", i), "must have weight or leafWeight");
            }
        }

        foreach (KeyValuePair<string, SpecRdma> device in resources.Rdma ?? [])
        {
            if (device.Value is { HcaHandles: null, HcaObjects: null })
            {
                rules.Strict(ConfigPath.Key("linux.resources.rdma", device.Key), "must have hcaHandles or hcaObjects");
            }
        }
    }
}
