using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning.Sections;

/// <summary><c>hooks</c>: six kinds, and where each runs.</summary>
sealed class HookSection(PlanDraft draft)
{
    /// <summary>What the runtime does while init waits with its mounts made: network devices and hooks.</summary>
    /// <param name="network">Moves devices in while init waits for the hooks.</param>
    public void PlanCreation(NetDeviceSection network)
    {
        SpecHooks? hooks = draft.Spec.Hooks;
        bool hooked = hooks?.Prestart is { Count: > 0 } || hooks?.CreateRuntime is { Count: > 0 };
        bool devices = network.HasDevices;
        if (hooked || devices)
        {
            draft.Add(new GateStep
            {
                ConfigPath = hooked ? "hooks" : "linux.netDevices",
                Gate = Gate.RuntimeHooks,
                Reason = (devices ? "network devices" + (hooked ? ", " : "") : "") +
                    (hooked ? "prestart and createRuntime hooks" : ""),
            });
            draft.Add(new SaveStateStep { When = Phase.RuntimeHooks });
            network.PlanDevices();
            AddHooks("prestart", hooks?.Prestart, Phase.RuntimeHooks);
            AddHooks("createRuntime", hooks?.CreateRuntime, Phase.RuntimeHooks);
            draft.Add(new ReleaseStep { When = Phase.RuntimeHooks });
        }
        if (hooks?.CreateContainer is { Count: > 0 } inside)
        {
            draft.Add(new GateStep
            {
                ConfigPath = "hooks.createContainer",
                Gate = Gate.ContainerHooks,
                Reason = "createContainer hooks",
            });
            draft.Add(new SaveStateStep { When = Phase.ContainerHooks });
            AddHooks("createContainer", inside, Phase.ContainerHooks);
            draft.Add(new ReleaseStep { When = Phase.ContainerHooks });
        }
    }

    /// <summary>Hooks run when the mounts are made, and may change them.</summary>
    public bool ComeToMounts => draft.Spec.Hooks is { } hooks &&
        (hooks.Prestart is { Count: > 0 } || hooks.CreateRuntime is { Count: > 0 } || hooks.CreateContainer is { Count: > 0 });

    public void PlanStart() => AddHooks("startContainer", draft.Spec.Hooks?.StartContainer, Phase.Start);

    public void PlanStarted() => AddHooks("poststart", draft.Spec.Hooks?.Poststart, Phase.Exec);

    public void PlanEnd() => AddHooks("poststop", draft.Spec.Hooks?.Poststop, Phase.Delete);

    void AddHooks(string kind, List<SpecHook>? hooks, Phase phase)
    {
        for (int i = 0; i < (hooks?.Count ?? 0); i++)
        {
            draft.Add(Hook(kind, i, hooks![i], phase));
        }
    }

    /// <summary>Where and with what each kind of hook runs (config.md, "POSIX-platform Hooks").</summary>
    HookStep Hook(string kind, int index, SpecHook hook, Phase phase) => new()
    {
        ConfigPath = ConfigPath.Item("hooks." + kind, index),
        Kind = kind,
        Index = index,
        Hook = hook,
        When = phase,
        // Not in a joined pid namespace: its processes could trace the hook, which has the runtime's rights.
        Namespaces = phase == Phase.ContainerHooks
            ? (draft.NewNamespaces | draft.JoinedNamespaces) & ~(draft.JoinsPidAtLast ? CLONE_NEWPID : 0) : 0,
        Status = phase switch
        {
            Phase.RuntimeHooks or Phase.ContainerHooks => ContainerStatus.Creating,
            Phase.Start => ContainerStatus.Created,
            Phase.Exec => ContainerStatus.Running,
            _ => ContainerStatus.Stopped,
        },
        PidOfContainer = phase is Phase.ContainerHooks or Phase.Start && draft.IsNew(CLONE_NEWPID),
        Directory = phase switch
        {
            Phase.ContainerHooks => draft.Rootfs,
            // As with runc: a hook of the runtime starts in the bundle.
            Phase.RuntimeHooks => draft.Options.Bundle,
            _ => null,
        },
        EndsWithInit = phase is Phase.RuntimeHooks or Phase.ContainerHooks or Phase.Start,
        MayFail = phase == Phase.Delete,
        Output = HookOutputOf(draft.Spec.Annotations),
        Process = phase == Phase.Start ? PlanHookProcess(hook) : null,
    };

    static HookOutput HookOutputOf(Dictionary<string, string>? annotations) =>
        new(annotations?.GetValueOrDefault("run.oci.hooks.stdout"), annotations?.GetValueOrDefault("run.oci.hooks.stderr"));

    /// <summary>startContainer hooks are programs of the container, executed in it like its payload, with the payload's user,
    /// capabilities, labels, seccomp filter and cgroup. The image chooses what the path leads to, so they get no more than
    /// that.</summary>
    ContainerPlan? PlanHookProcess(SpecHook hook)
    {
        SpecProcess payload = draft.Spec.Process ?? new SpecProcess();
        var spec = new RuntimeSpec
        {
            OciVersion = draft.Spec.OciVersion,
            Root = draft.Spec.Root,
            Annotations = draft.Spec.Annotations,
            Linux = draft.Spec.Linux,
            Process = new SpecProcess
            {
                Args = hook.Args is { Count: > 0 } args ? args : [hook.Path!],
                Env = hook.Env is { Count: > 0 } env ? env : payload.Env,
                Cwd = payload.Cwd,
                User = payload.User,
                Capabilities = payload.Capabilities,
                NoNewPrivileges = payload.NoNewPrivileges,
                ApparmorProfile = payload.ApparmorProfile,
                SelinuxLabel = payload.SelinuxLabel,
                Rlimits = payload.Rlimits,
            },
        };
        var options = new PlanOptions
        {
            Id = draft.Options.Id,
            Bundle = draft.Options.Bundle,
            IsExec = true,
            NoNewKeyring = draft.Options.NoNewKeyring,
            CgroupManager = draft.Options.CgroupManager,
            Executable = hook.Path,
        };
        // What is wrong with the payload's process is reported once, with the payload.
        return Planner.PlanExec(spec, options, draft.Facts, NamespaceKind.AllOf(spec), draft.Container, []);
    }
}
