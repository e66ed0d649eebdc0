using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning.Sections;

/// <summary><c>linux.sysctl</c>.</summary>
sealed class SysctlSection(PlanDraft draft)
{
    public void Plan()
    {
        foreach ((string key, string value) in draft.Linux.Sysctl ?? [])
        {
            draft.Add(new SysctlStep { ConfigPath = "linux.sysctl[\"" + key + "\"]", Key = key, Value = value });
        }
    }
}
