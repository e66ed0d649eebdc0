using System.Collections.Generic;
using OciRun.Planning;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine;

/// <summary>startContainer hooks: programs of the container, executed in it like its payload, with the payload's user, capabilities,
/// labels, seccomp filter and cgroup. The image chooses what the path leads to, so they get no more than that.</summary>
static class ContainerHooks
{
    /// <summary>Runs the hooks one after the other; the first that fails ends it.</summary>
    public static void RunStart(ContainerRecord record, RuntimeSpec spec, SafeFd init)
    {
        List<SpecHook> hooks = spec.Hooks?.StartContainer ?? [];
        if (hooks.Count == 0)
        {
            return;
        }
        byte[] state = StateJson.HookState(record, ContainerStatus.Created, HasOwnPidNamespace(spec) ? 1 : record.Pid);
        for (int i = 0; i < hooks.Count; i++)
        {
            SpecHook hook = hooks[i];
            var place = new HookPlace { DefaultEnvironment = [], InitPidfd = init, Annotations = record.Annotations };
            string? failure = Hooks.WithStreams(hook, state, place, (input, output, errorOutput) =>
                Execute(record, spec, hook, init, (input, output, errorOutput)));
            if (failure is not null)
            {
                throw new RuntimeException($"hooks.startContainer[{i}] ({hook.Path}): error running startContainer hook #{i}: {failure}");
            }
        }
    }

    static (int, SafeFd) Execute(ContainerRecord record, RuntimeSpec spec, SpecHook hook, SafeFd init, (int, int, int) streams)
    {
        RuntimeSpec hooked = new()
        {
            OciVersion = spec.OciVersion,
            Root = spec.Root,
            Annotations = spec.Annotations,
            Linux = spec.Linux,
            Process = ProcessOf(spec.Process ?? new SpecProcess(), hook),
        };
        ContainerPlan plan = ExecEngine.Plan(record, hooked, default, hook.Path);
        using var process = new InitProcess(plan) { Streams = streams };
        try
        {
            ExecEngine.Spawn(record, new ExecOptions(), process, init, plan);
            ExecEngine.Guide(process, plan);
            SeccompListener.HandOver(plan, record, ContainerStatus.Created, record.Pid, process);
            process.Answer();
            process.AwaitExec();
        }
        catch (RuntimeException)
        {
            process.Destroy();
            throw;
        }
        return (process.Pid, Syscall.Dup(process.Pidfd, 3));
    }

    static SpecProcess ProcessOf(SpecProcess payload, SpecHook hook) => new()
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
    };

    static bool HasOwnPidNamespace(RuntimeSpec spec)
    {
        foreach (SpecNamespace one in spec.Linux?.Namespaces ?? [])
        {
            if (one.Type == "pid" && string.IsNullOrEmpty(one.Path))
            {
                return true;
            }
        }
        return false;
    }
}
