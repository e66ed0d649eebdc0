using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning.Sections;

/// <summary><c>process.apparmorProfile</c> and <c>process.selinuxLabel</c>; the session keyring, which has a label too.</summary>
sealed class LabelSection(PlanDraft draft)
{
    string? SelinuxLabel => draft.Facts.SELinux && draft.Spec.Process?.SelinuxLabel is { Length: > 0 } label ? label : null;

    /// <summary>Something is written to procfs after the switch of root.</summary>
    public bool HasLabels => draft.Spec.Process?.ApparmorProfile is { Length: > 0 } || SelinuxLabel is not null;

    public void PlanKeyring()
    {
        if (draft.Options.NoNewKeyring)
        {
            return;
        }
        draft.Add(new KeyringStep
        {
            ConfigPath = SelinuxLabel is null ? "" : "process.selinuxLabel",
            Label = SelinuxLabel,
        });
    }

    /// <summary>A profile that cannot be applied is an error: the container would be less confined than its author wants. A label
    /// where SELinux is off has no meaning, and engines send it everywhere.</summary>
    public void Plan(SpecProcess process)
    {
        bool apparmor = process.ApparmorProfile is { Length: > 0 };
        if (apparmor && !draft.Facts.AppArmor)
        {
            draft.Problem("process.apparmorProfile",
                "AppArmor is not enabled on this host: \"" + process.ApparmorProfile + "\" cannot be applied");
            return;
        }
        if (apparmor)
        {
            draft.Add(new LabelStep
            {
                ConfigPath = "process.apparmorProfile",
                Label = process.ApparmorProfile!,
                AppArmor = true,
            });
        }
        if (SelinuxLabel is { } label)
        {
            draft.Add(new LabelStep { ConfigPath = "process.selinuxLabel", Label = label, AppArmor = false });
        }
        if (apparmor || SelinuxLabel is not null)
        {
            draft.Add(new CloseProcStep { ConfigPath = "" });
        }
    }
}
