using System.Collections.Generic;
using OciRun.Planning.Steps;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning;

public sealed partial class Planner
{
    int AllNamespaces => _newNamespaces | _joinedNamespaces;

    /// <summary>What the runtime does while init waits with its mounts made: network devices and hooks.</summary>
    void PlanHooks()
    {
        SpecHooks? hooks = _spec.Hooks;
        bool hooked = hooks?.Prestart is { Count: > 0 } || hooks?.CreateRuntime is { Count: > 0 };
        bool devices = _linux.NetDevices is { Count: > 0 };
        if (hooked || devices)
        {
            Add(new GateStep
            {
                ConfigPath = hooked ? "hooks" : "linux.netDevices",
                Gate = Gate.RuntimeHooks,
                Reason = (devices ? "network devices" + (hooked ? ", " : "") : "") + (hooked ? "prestart and createRuntime hooks" : ""),
            });
            Add(new SaveStateStep { When = Phase.RuntimeHooks });
            PlanNetDevices();
            AddHooks("prestart", hooks?.Prestart, Phase.RuntimeHooks);
            AddHooks("createRuntime", hooks?.CreateRuntime, Phase.RuntimeHooks);
            Add(new ReleaseStep { When = Phase.RuntimeHooks });
        }
        if (hooks?.CreateContainer is { Count: > 0 } inside)
        {
            Add(new GateStep { ConfigPath = "hooks.createContainer", Gate = Gate.ContainerHooks, Reason = "createContainer hooks" });
            Add(new SaveStateStep { When = Phase.ContainerHooks });
            AddHooks("createContainer", inside, Phase.ContainerHooks);
            Add(new ReleaseStep { When = Phase.ContainerHooks });
        }
    }

    void PlanNetDevices()
    {
        if (_linux.NetDevices is not { Count: > 0 } configured)
        {
            return;
        }
        var devices = new List<MovedDevice>();
        foreach ((string name, SpecNetDevice device) in configured)
        {
            devices.Add(new MovedDevice(ConfigPath.Key("linux.netDevices", name), name, string.IsNullOrEmpty(device.Name) ? name : device.Name));
        }
        Add(new NetDevicesStep { ConfigPath = "linux.netDevices", Devices = devices });
    }

    void AddHooks(string kind, List<SpecHook>? hooks, Phase phase)
    {
        for (int i = 0; i < (hooks?.Count ?? 0); i++)
        {
            Add(Hook(kind, i, hooks![i], phase));
        }
    }

    /// <summary>Where and with what each kind of hook runs (config.md, "POSIX-platform Hooks").</summary>
    HookStep Hook(string kind, int index, SpecHook hook, Phase phase) => new()
    {
        ConfigPath = Index("hooks." + kind, index),
        Kind = kind,
        Index = index,
        Hook = hook,
        When = phase,
        Namespaces = phase == Phase.ContainerHooks ? AllNamespaces : 0,
        Status = phase switch
        {
            Phase.RuntimeHooks or Phase.ContainerHooks => ContainerStatus.Creating,
            Phase.Start => ContainerStatus.Created,
            Phase.Exec => ContainerStatus.Running,
            _ => ContainerStatus.Stopped,
        },
        PidOfContainer = phase is Phase.ContainerHooks or Phase.Start && IsNew(CLONE_NEWPID),
        Directory = phase switch
        {
            Phase.ContainerHooks => Rootfs,
            // As with runc: a hook of the runtime starts in the bundle.
            Phase.RuntimeHooks => _options.Bundle,
            _ => null,
        },
        EndsWithInit = phase is Phase.RuntimeHooks or Phase.ContainerHooks or Phase.Start,
        MayFail = phase == Phase.Delete,
        Output = HookOutputOf(_spec.Annotations),
        Process = phase == Phase.Start ? PlanHookProcess(hook) : null,
    };

    static HookOutput HookOutputOf(Dictionary<string, string>? annotations) =>
        new(annotations?.GetValueOrDefault("run.oci.hooks.stdout"), annotations?.GetValueOrDefault("run.oci.hooks.stderr"));

    /// <summary>startContainer hooks are programs of the container, executed in it like its payload, with the payload's user, capabilities,
    /// labels, seccomp filter and cgroup. The image chooses what the path leads to, so they get no more than that.</summary>
    ContainerPlan? PlanHookProcess(SpecHook hook)
    {
        SpecProcess payload = _spec.Process ?? new SpecProcess();
        var spec = new RuntimeSpec
        {
            OciVersion = _spec.OciVersion,
            Root = _spec.Root,
            Annotations = _spec.Annotations,
            Linux = _spec.Linux,
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
            Id = _options.Id,
            Bundle = _options.Bundle,
            IsExec = true,
            NoNewKeyring = _options.NoNewKeyring,
            CgroupManager = _options.CgroupManager,
            Executable = hook.Path,
        };
        // What is wrong with the payload's process is reported once, with the payload.
        return PlanExec(spec, options, _facts, _container, []);
    }
}
