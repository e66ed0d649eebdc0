using System;
using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning;

/// <summary>A plan in the making: what every section may ask, and where each puts its steps, its problems and its slots. What one
/// section hands to another goes from one to the other in <see cref="Planner"/>, not through here.</summary>
sealed class PlanDraft(RuntimeSpec spec, PlanOptions options, HostFacts facts, List<ConfigProblem> problems)
{
    readonly List<Step> _steps = [];
    int _slots;

    public RuntimeSpec Spec => spec;
    public SpecLinux Linux { get; } = spec.Linux ?? new SpecLinux();
    public PlanOptions Options => options;
    public HostFacts Facts => facts;
    public List<ConfigProblem> Problems => problems;

    /// <summary>CLONE_NEW* of the namespaces that the container gets for itself.</summary>
    public int NewNamespaces { get; init; }
    /// <summary>CLONE_NEW* of the namespaces that are there already, and are entered.</summary>
    public int JoinedNamespaces { get; init; }
    /// <summary>The container that further processes join; while it is being made, only its place in the plan is known.</summary>
    public ExistingContainer Container { get; init; } = new();

    /// <summary>The container has a namespace of its own of this kind, or one that it shares with others than the host.</summary>
    public bool Has(int kind) => ((NewNamespaces | JoinedNamespaces) & ~facts.HostNamespaces & kind) != 0;
    public bool IsNew(int kind) => (NewNamespaces & kind) != 0;
    public bool IsJoined(int kind) => (JoinedNamespaces & kind) != 0;

    /// <summary>The container's processes are in a user namespace other than the runtime's.</summary>
    public bool HasUserNamespace => Has(CLONE_NEWUSER);
    public bool HasMountNamespace => Has(CLONE_NEWNS);

    /// <summary>A user namespace other than the initial one is around the process: it can make no device nodes, and mount no new
    /// sysfs or proc without a namespace of its own.</summary>
    public bool IsInUserNamespace => HasUserNamespace || facts.InUserNamespace;

    /// <summary>The process is born into a pid namespace of others at last: before, it is in no other process's sight.</summary>
    public bool ClonesAtLast => (options.IsExec && IsJoined(CLONE_NEWPID)) || JoinsPidAtLast;

    /// <summary>In a pid namespace of others, a process that traces its neighbours owns whatever it can see: the coming init is
    /// not there before it has the payload's root and rights, as with exec. Its procfs must then be mounted from outside (Linux
    /// 6.18). With the user namespace joined, the processes there may not trace one that is still of the host's.</summary>
    public bool JoinsPidAtLast => !options.IsExec && IsJoined(CLONE_NEWPID) && !IsJoined(CLONE_NEWUSER) &&
        (facts.ProcTakesPidNamespace || spec.Mounts?.Exists(static mount => mount.Type == "proc") != true);

    /// <summary>The runtime may mount, and open what others may not.</summary>
    public bool MayMount => (facts.Capabilities & (1UL << Capability.CAP_SYS_ADMIN)) != 0;

    public string Rootfs => AbsolutePath(spec.Root?.Path ?? "");

    /// <summary>Relative paths are relative to the bundle (config.md, "Root" and "Mounts").</summary>
    public string AbsolutePath(string path) => path.StartsWith('/') ? path : PathText.Clean(options.Bundle + "/" + path);

    public void Add(Step step) => _steps.Add(step);

    public void Problem(string path, string message) => problems.Add(new ConfigProblem(path, message));

    public void Warning(string path, string message) => problems.Add(new ConfigProblem(path, message, IsWarning: true));

    /// <summary>A place for a descriptor that one step hands to another.</summary>
    public int NewSlot() => _slots++;

    /// <summary>The plan, or null when there are problems that are more than warnings.</summary>
    public ContainerPlan? Finish()
    {
        // Operations and error records name their step with 16 bits.
        if (_steps.Count > ushort.MaxValue)
        {
            Problem(_steps[ushort.MaxValue].ConfigPath,
                "the container needs more than 65535 steps before this one: use fewer of these");
        }
        var warnings = new List<ConfigProblem>();
        bool failed = false;
        foreach (ConfigProblem problem in problems)
        {
            failed |= !problem.IsWarning;
            if (problem.IsWarning)
            {
                warnings.Add(problem);
            }
        }
        if (failed)
        {
            return null;
        }
        return new ContainerPlan
        {
            Container = new ContainerIdentity
            {
                Rootfs = spec.Root?.Path is { Length: > 0 } ? Rootfs : "",
                Annotations = spec.Annotations,
            },
            Options = options,
            Steps = InOrder(_steps),
            Slots = _slots,
            Warnings = warnings,
        };
    }

    /// <summary>By phase, and within a phase as the sections said them.</summary>
    static Step[] InOrder(List<Step> steps)
    {
        Span<int> next = stackalloc int[(int)Phase.Delete + 2];
        next.Clear();
        foreach (Step step in steps)
        {
            next[(int)step.Phase + 1]++;
        }
        for (int i = 1; i < next.Length; i++)
        {
            next[i] += next[i - 1];
        }
        var ordered = new Step[steps.Count];
        foreach (Step step in steps)
        {
            ordered[next[(int)step.Phase]++] = step;
        }
        return ordered;
    }
}
