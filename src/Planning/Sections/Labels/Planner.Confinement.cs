using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning;

public sealed partial class Planner
{
    string? SelinuxLabel => _facts.SELinux && _spec.Process?.SelinuxLabel is { Length: > 0 } label ? label : null;

    bool HasLabels => _spec.Process?.ApparmorProfile is { Length: > 0 } || SelinuxLabel is not null;

    void AddKeyring() => Add(new KeyringStep
    {
        ConfigPath = SelinuxLabel is null ? "" : "process.selinuxLabel",
        Name = "_ses." + _options.Id,
        Label = SelinuxLabel,
    });

    /// <summary>A profile that cannot be applied is an error: the container would be less confined than its author wants. A label where
    /// SELinux is off has no meaning, and engines send it everywhere.</summary>
    void PlanLabels(SpecProcess process)
    {
        bool apparmor = process.ApparmorProfile is { Length: > 0 };
        if (apparmor && !_facts.AppArmor)
        {
            Problem("process.apparmorProfile", "AppArmor is not enabled on this host: \"" + process.ApparmorProfile + "\" cannot be applied");
            return;
        }
        if (apparmor)
        {
            Add(new LabelStep { ConfigPath = "process.apparmorProfile", Label = process.ApparmorProfile!, AppArmor = true });
        }
        if (SelinuxLabel is { } label)
        {
            Add(new LabelStep { ConfigPath = "process.selinuxLabel", Label = label, AppArmor = false });
        }
        if (apparmor || SelinuxLabel is not null)
        {
            Add(new CloseProcStep { ConfigPath = "" });
        }
    }

    /// <summary>config.md, "execCPUAffinity". Without it, a process gets all CPUs and not those that the caller happens to have.</summary>
    void PlanExecAffinity()
    {
        SpecCpuAffinity? affinity = _spec.Process?.ExecCPUAffinity;
        if (string.IsNullOrEmpty(affinity?.Initial) && string.IsNullOrEmpty(affinity?.Final))
        {
            Add(new AffinityStep { Cpus = null });
        }
    }

    void PlanInitialAffinity()
    {
        if (_spec.Process?.ExecCPUAffinity?.Initial is { Length: > 0 } initial && Cpus(initial, "initial") is { } cpus)
        {
            Add(new InitialAffinityStep { ConfigPath = "process.execCPUAffinity.initial", Cpus = cpus, List = initial });
        }
    }

    void PlanRestoredAffinity()
    {
        if (_spec.Process?.ExecCPUAffinity?.Initial is { Length: > 0 })
        {
            Add(new RestoreAffinityStep());
        }
    }

    void PlanFinalAffinity(SpecProcess process)
    {
        if (_options.IsExec && process.ExecCPUAffinity?.Final is { Length: > 0 } final && Cpus(final, "final") is { } cpus)
        {
            Add(new AffinityStep { ConfigPath = "process.execCPUAffinity.final", Cpus = cpus, List = final });
        }
    }

    byte[]? Cpus(string list, string field)
    {
        byte[]? mask = ProcessAttributes.NumberMask(list, AffinityStep.MostCpus);
        if (mask is null)
        {
            Problem("process.execCPUAffinity." + field, "\"" + list + "\" is not a list of CPUs below " + AffinityStep.MostCpus + " such as 0-3,7");
        }
        return mask;
    }
}
