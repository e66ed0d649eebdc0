using System.Collections.Generic;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Sections;
using OciRun.Planning.Steps;
using OciRun.Planning.Validation;
using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>Makes the plans: says in which order the sections speak, and what one hands to another. A step's phase comes first in
/// the order of a plan, this order second. Pure: the same config, options and facts give the same plan, and nothing is touched.
/// All problems of the config are reported together.</summary>
public sealed class Planner
{
    readonly PlanDraft _draft;
    readonly LifeSection _life;
    readonly NamespaceSection _namespaces;
    readonly CgroupSection _cgroup;
    readonly IntelRdtSection _rdt;
    readonly HookSection _hooks;
    readonly LabelSection _labels;
    readonly SchedulingSection _scheduling;
    readonly SeccompSection _seccomp;
    readonly ProcessSection _process;

    Planner(PlanDraft draft)
    {
        _draft = draft;
        _life = new LifeSection(draft);
        _namespaces = new NamespaceSection(draft);
        _cgroup = new CgroupSection(draft);
        _rdt = new IntelRdtSection(draft);
        _hooks = new HookSection(draft);
        _labels = new LabelSection(draft);
        _scheduling = new SchedulingSection(draft);
        _seccomp = new SeccompSection(draft);
        _process = new ProcessSection(draft, _scheduling, _labels, _seccomp);
    }

    /// <summary>The plan of a new container, from its state directory to its deletion, or null when <paramref name="problems"/>
    /// holds more than warnings.</summary>
    public static ContainerPlan? Plan(RuntimeSpec spec, PlanOptions options, HostFacts facts, List<ConfigProblem> problems)
    {
        int known = problems.Count;
        // What is wrong by the rules of the specification is reported here and only here; what follows passes over it.
        Validator.Validate(spec, problems, hostNamespaces: facts.HostNamespaces);
        PlanDraft draft = Draft(spec, options, facts, problems);
        var planner = new Planner(draft);
        planner.PlanSpawn();
        planner.PlanRoot();
        planner.PlanPayload();
        planner.PlanStart();
        planner.PlanEnd();
        Rules.RemoveRepeated(problems, known);
        return draft.Finish();
    }

    /// <summary>The plan of a further process in a container: the namespaces in <paramref name="joined"/> (CLONE_NEW*) are
    /// entered.</summary>
    public static ContainerPlan? PlanExec(RuntimeSpec spec, PlanOptions options, HostFacts facts, int joined,
        ExistingContainer container, List<ConfigProblem> problems)
    {
        var draft = new PlanDraft(spec, options, facts, problems) { JoinedNamespaces = joined, Container = container };
        var planner = new Planner(draft);
        planner.PlanFurtherProcess();
        return draft.Finish();
    }

    /// <summary>The plan of start, from what the state keeps of the config.</summary>
    public static ContainerPlan PlanStart(RuntimeSpec config, PlanOptions options, HostFacts facts, ExistingContainer container)
    {
        PlanDraft draft = Draft(config, options, facts, [], container);
        new Planner(draft).PlanStart();
        return draft.Finish()!;
    }

    /// <summary>The plan of delete: what the state says there is, in the reverse order of its making.</summary>
    /// <param name="record">The container's state.</param>
    /// <param name="status">What the kernel says of it.</param>
    /// <param name="options">Id, bundle and state directory.</param>
    public static ContainerPlan PlanDelete(ContainerRecord record, ContainerStatus status, PlanOptions options)
    {
        var draft = new PlanDraft(record.Config, options, new HostFacts(), []);
        if (status != ContainerStatus.Stopped || record.IsCreating)
        {
            draft.Add(new KillInitStep());
        }
        new CgroupSection(draft).PlanEnd(record, status);
        if (record.IntelRdtGroup is { Length: > 0 } group)
        {
            draft.Add(new RemoveIntelRdtStep { Group = group });
        }
        draft.Add(new RemoveStateStep());
        new HookSection(draft).PlanEnd();
        return draft.Finish()!;
    }

    /// <summary>The plan of update; the record's config has the new limits then. Null when <paramref name="problems"/> holds more
    /// than warnings.</summary>
    /// <param name="record">The container's state.</param>
    /// <param name="update">What changes; null members stay.</param>
    /// <param name="options">Id and bundle.</param>
    /// <param name="controllers">Those of the container's cgroup; null when it has none.</param>
    /// <param name="rdt">The change of its resctrl group; null for none.</param>
    /// <param name="problems">Takes what is wrong.</param>
    public static ContainerPlan? PlanUpdate(ContainerRecord record, SpecResources update, PlanOptions options,
        ControllerSet? controllers, IntelRdtUpdateStep? rdt, List<ConfigProblem> problems)
    {
        var draft = new PlanDraft(record.Config, options, new HostFacts(), problems);
        if (rdt is not null)
        {
            draft.Add(rdt);
        }
        if (controllers is { } available)
        {
            new CgroupSection(draft).PlanUpdate(record, update, available);
        }
        draft.Add(new KeepStateStep());
        return draft.Finish();
    }

    static PlanDraft Draft(RuntimeSpec spec, PlanOptions options, HostFacts facts, List<ConfigProblem> problems,
        ExistingContainer? container = null) => new(spec, options, facts, problems)
        {
            NewNamespaces = NamespaceKind.NewOf(spec),
            JoinedNamespaces = NamespaceKind.JoinedOf(spec),
            Container = container ?? new ExistingContainer(),
        };

    /// <summary>From the state directory to a process in its cgroup and its namespaces.</summary>
    void PlanSpawn()
    {
        _namespaces.CheckRights();
        _life.PlanState();
        _cgroup.Plan();
        _rdt.Plan();
        _life.PlanSockets();
        _namespaces.Open();
        _draft.Add(new ChannelStep { NeedsProc = _labels.HasLabels });
        _namespaces.PlanBirth();
        _draft.Add(new SpawnStep
        {
            ConfigPath = "linux.namespaces",
            CloneFlags = _namespaces.SpawnFlags(),
            IntoCgroup = _cgroup.IsBornInto,
            NewTime = _draft.IsNew(Kernel.CloneFlags.CLONE_NEWTIME),
        });
        _namespaces.PlanBorn();
        _draft.Add(new CleanStartStep());
        _cgroup.PlanPlace();
        _rdt.PlanJoin();
        _process.PlanOomScore(mayBeRefused: _namespaces.OnlyJoins);
        _scheduling.PlanAllCpus();
        _namespaces.PlanJoin();
        _labels.PlanKeyring();
    }

    /// <summary>The new root, what is in it, and the switch to it.</summary>
    void PlanRoot()
    {
        var network = new NetDeviceSection(_draft);
        var places = new MountPlaces(_draft);
        var root = new RootSection(_draft, places);
        var mounts = new MountSection(_draft, _namespaces, places);
        network.PlanLoopback();
        root.Plan();
        mounts.Plan();
        var devices = new DeviceSection(_draft, places);
        devices.Plan();
        _hooks.PlanCreation(network);
        _process.PlanWorkingDirectory(places);
        new SysctlSection(_draft).Plan();
        _process.PlanTerminal(console: _draft.HasMountNamespace, ownDev: devices.HasOwnDev(), places: places);
        mounts.Seal();
        root.Close(_hooks.ComeToMounts);
        mounts.Look(_hooks.ComeToMounts);
    }

    /// <summary>What the payload is, and what the caller gets once init is ready.</summary>
    void PlanPayload()
    {
        _process.Plan();
        _cgroup.PlanLimits();
        _seccomp.PlanListener();
        _draft.Add(new CommitStateStep());
        _life.PlanHandOver();
    }

    void PlanFurtherProcess()
    {
        _life.PlanContainer();
        _draft.Add(new ChannelStep { NeedsProc = _labels.HasLabels });
        _scheduling.PlanInitialAffinity();
        _draft.Add(new SpawnStep { CloneFlags = 0, IntoCgroup = _draft.Container.Cgroup is not null, IsExec = true });
        _scheduling.PlanRestoredAffinity();
        _draft.Add(new CleanStartStep());
        _process.PlanOomScore();
        _scheduling.PlanExecAffinity();
        _namespaces.PlanContainer();
        _labels.PlanKeyring();
        _process.PlanTerminal(console: false);
        _process.Plan();
        _seccomp.PlanListener();
        _life.PlanHandOver();
        _draft.Add(new ReleaseStep { When = Phase.Start });
        _draft.Add(new AwaitExecStep());
    }

    void PlanStart()
    {
        _hooks.PlanStart();
        _life.PlanStart();
        _hooks.PlanStarted();
    }

    /// <summary>The end of a container that is still being planned.</summary>
    void PlanEnd()
    {
        _draft.Add(new KillInitStep());
        _cgroup.PlanEnd();
        _rdt.PlanEnd();
        _draft.Add(new RemoveStateStep());
        _hooks.PlanEnd();
    }
}
