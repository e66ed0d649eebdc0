using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning.Sections;

/// <summary><c>linux.intelRdt</c>.</summary>
sealed class IntelRdtSection(PlanDraft draft)
{
    IntelRdtStep? _rdt;

    public void Plan()
    {
        if (draft.Linux.IntelRdt is not { } rdt)
        {
            return;
        }
        string group = IntelRdtWords.GroupOf(rdt, draft.Options.Id);
        if (group is "info" or "mon_groups" or "mon_data")
        {
            draft.Problem("linux.intelRdt.closID", $"\"{group}\" is a directory of resctrl itself and no group");
            return;
        }
        _rdt = new IntelRdtStep
        {
            ConfigPath = "linux.intelRdt",
            Group = group,
            IsShared = !string.IsNullOrEmpty(rdt.ClosID),
            Schemata = IntelRdtWords.SchemataOf(rdt),
            Monitor = rdt.EnableMonitoring ? draft.Options.Id : null,
        };
        draft.Add(_rdt);
    }

    public void PlanJoin()
    {
        if (_rdt is not null)
        {
            draft.Add(new IntelRdtJoinStep { ConfigPath = "linux.intelRdt", Group = _rdt.Group, Monitor = _rdt.Monitor });
        }
    }

    public void PlanEnd()
    {
        if (_rdt is { Monitor: not null } or { IsShared: false })
        {
            draft.Add(new RemoveIntelRdtStep { ConfigPath = "linux.intelRdt", Group = _rdt.MadeGroup! });
        }
    }
}
