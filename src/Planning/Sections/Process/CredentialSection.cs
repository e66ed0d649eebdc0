using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning.Sections;

/// <summary><c>process.user</c> and <c>process.capabilities</c>.</summary>
sealed class CredentialSection(PlanDraft draft)
{
    public void Plan(SpecProcess process, bool hasFilter)
    {
        SpecUser user = process.User ?? new SpecUser();
        IReadOnlyList<uint>? groups = user.AdditionalGids ?? [];
        if (draft.Facts.SetGroupsDenied ||
            draft.Spec.Annotations?.GetValueOrDefault("run.oci.keep_original_groups") is "1" or "true")
        {
            groups = null;
        }
        draft.Add(new CredentialsStep
        {
            ConfigPath = "process.user",
            Uid = user.Uid,
            Gid = user.Gid,
            Groups = groups,
            Capabilities = CapabilitiesOf(process.Capabilities),
            LastCapability = draft.Facts.LastCapability,
            KeepSysAdmin = hasFilter && !process.NoNewPrivileges,
        });
    }

    CapabilitySets CapabilitiesOf(SpecCapabilities? sets)
    {
        var missing = new List<string>();
        CapabilitySets result = new(
            Mask(sets?.Bounding, missing), Mask(sets?.Effective, missing),
            Mask(sets?.Permitted, missing), Mask(sets?.Inheritable, missing),
            Mask(sets?.Ambient, missing));
        if (missing.Count > 0)
        {
            draft.Warning("process.capabilities", "not available to the caller, left out: " + string.Join(", ", missing));
        }
        ulong effective = result.Effective & result.Permitted;
        ulong ambient = result.Ambient & result.Permitted & result.Inheritable;
        if (ambient != result.Ambient)
        {
            draft.Warning("process.capabilities.ambient",
                "only what is permitted and inheritable can be ambient; the rest is left out");
        }
        return result with { Effective = effective, Ambient = ambient };
    }

    /// <summary>Unknown names have had their warning from validation.</summary>
    ulong Mask(List<string>? names, List<string> missing)
    {
        ulong mask = 0;
        for (int i = 0; i < (names?.Count ?? 0); i++)
        {
            int number = Capabilities.Number(names![i]);
            if (number < 0)
            {
                continue;
            }
            ulong bit = 1UL << number;
            if ((draft.Facts.Capabilities & bit) == 0 && !draft.HasUserNamespace)
            {
                if (!missing.Contains(names[i]))
                {
                    missing.Add(names[i]);
                }
                continue;
            }
            mask |= bit;
        }
        return mask;
    }
}
