using System.Collections.Generic;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Steps;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning;

/// <summary>A container that exists, as its state and the kernel tell.</summary>
public sealed record ExistingContainer
{
    /// <summary>Init, in the runtime's pid namespace; 0 when it is not known yet.</summary>
    public int Pid { get; init; }
    /// <summary>Field 22 of /proc/PID/stat, in clock ticks since boot.</summary>
    public ulong StartTime { get; init; }
    /// <summary>The cgroup for a further process, below the cgroup2 mount; null for none.</summary>
    public string? Cgroup { get; init; }
    /// <summary>An option named the cgroup.</summary>
    public bool CgroupIsRequired { get; init; }
}

public sealed partial class Planner
{
    /// <summary>The container that further processes join; while it is being made, only its place in the plan is known.</summary>
    ExistingContainer _container = new();

    /// <summary>The plan of a further process in a container: the namespaces in <paramref name="joined"/> (CLONE_NEW*) are entered.</summary>
    public static ContainerPlan? PlanExec(RuntimeSpec spec, PlanOptions options, HostFacts facts, int joined, ExistingContainer container,
        List<ConfigProblem> problems)
    {
        var planner = new Planner(spec, options, facts, problems) { _joinedNamespaces = joined, _container = container };
        planner.PlanFurtherProcess();
        return planner.Finish();
    }

    static ContainerPlan? PlanExec(RuntimeSpec spec, PlanOptions options, HostFacts facts, ExistingContainer container, List<ConfigProblem> problems) =>
        PlanExec(spec, options, facts, NamespacesOf(spec), container, problems);

    /// <summary>CLONE_NEW* of all namespaces that a config names.</summary>
    public static int NamespacesOf(RuntimeSpec spec)
    {
        int kinds = 0;
        foreach (SpecNamespace one in spec.Linux?.Namespaces ?? [])
        {
            kinds |= NamespaceKind.FlagOf(one.Type);
        }
        return kinds;
    }

    void PlanFurtherProcess()
    {
        Add(new OpenInitStep { Slot = NewSlot(), Pid = _container.Pid, StartTime = _container.StartTime });
        if (!HasMountNamespace)
        {
            Add(new OpenRootStep { Slot = NewSlot(), Pid = _container.Pid, StartTime = _container.StartTime });
        }
        if (_container.Cgroup is { } cgroup)
        {
            Add(new OpenCgroupStep { Path = cgroup, Required = _container.CgroupIsRequired });
        }
        Add(new ChannelStep { NeedsProc = HasLabels });
        PlanInitialAffinity();
        Add(new SpawnStep { CloneFlags = 0, IntoCgroup = _container.Cgroup is not null, IsExec = true });
        PlanRestoredAffinity();
        Add(new CleanStartStep());
        if (_spec.Process?.OomScoreAdj is { } score)
        {
            AddOomScore(score);
        }
        PlanExecAffinity();
        Add(new JoinContainerStep { Namespaces = _joinedNamespaces });
        if (IsJoined(CLONE_NEWUSER))
        {
            Add(new BecomeRootStep { IsNew = false });
        }
        if (!_options.NoNewKeyring)
        {
            AddKeyring();
        }
        if (_options.Terminal)
        {
            AddTerminal(console: false);
        }
        PlanProcess();
        PlanHandOver();
        Add(new ReleaseStep { When = Phase.Start });
        Add(new AwaitExecStep());
    }

    /// <summary>What the runtime does once init is ready, and what the caller gets.</summary>
    void PlanHandOver()
    {
        if (!_options.IsExec)
        {
            PlanLimits();
        }
        if (_filter is { UsesNotify: true, ListenerPath: { } listener })
        {
            Add(new ListenerStep
            {
                ConfigPath = _filter.ListenerSource,
                Path = listener,
                Metadata = _filter.ListenerMetadata,
                IsExec = _options.IsExec && _options.Executable is null,
            });
        }
        if (!_options.IsExec)
        {
            Add(new CommitStateStep());
        }
        if (_options.Terminal && _options.ConsoleSocket is { } console)
        {
            Add(new ConsoleStep { ConfigPath = "--console-socket", Path = console });
        }
        if (_options.PidfdSocket is { } socket)
        {
            Add(new PidfdStep { ConfigPath = "--pidfd-socket", Path = socket, Word = _options.IsExec ? "setns" : "standard" });
        }
        if (_options.PidFile is { } file)
        {
            Add(new PidFileStep { ConfigPath = "--pid-file", Path = file });
        }
    }

    /// <summary>The plan of start, from what the state keeps of the config.</summary>
    public static ContainerPlan PlanStart(RuntimeSpec config, PlanOptions options, HostFacts facts, ExistingContainer container)
    {
        var planner = new Planner(config, options, facts, []) { _container = container };
        planner.PlanNamespaces();
        planner.PlanStart();
        return planner.Finish()!;
    }

    void PlanStart()
    {
        AddHooks("startContainer", _spec.Hooks?.StartContainer, Phase.Start);
        if (_options.NotifyDirectory is not null)
        {
            Add(new NotifySocketStep());
        }
        if (_options.WaitsForStart)
        {
            Add(new StartStep { Program = _spec.Process?.Args is { Count: > 0 } args ? args[0] : "" });
        }
        else
        {
            Add(new ReleaseStep { When = Phase.Start });
        }
        Add(new AwaitExecStep());
        AddHooks("poststart", _spec.Hooks?.Poststart, Phase.Exec);
    }

    /// <summary>The end of a container that is still being planned.</summary>
    void PlanEnd()
    {
        Add(new KillInitStep());
        if (_unit is not null)
        {
            Add(new StopUnitStep { ConfigPath = "linux.cgroupsPath", Unit = _unit.Unit!, Path = _unit.Path, Inode = 0, OnlyOf = null });
        }
        if ((_unit?.Path ?? _cgroup?.Path) is { } path)
        {
            Add(new RemoveCgroupStep { ConfigPath = "linux.cgroupsPath", Path = path, Leftovers = LeftoversOf(IsNew(CLONE_NEWPID)) });
        }
        if (_rdt is { Monitor: not null } or { IsShared: false })
        {
            Add(new RemoveIntelRdtStep { ConfigPath = "linux.intelRdt", Group = RdtMade(_rdt)! });
        }
        Add(new RemoveStateStep());
        AddHooks("poststop", _spec.Hooks?.Poststop, Phase.Delete);
    }

    /// <summary>Without a pid namespace of its own, what init has left lives on. With one, all that lives on in the cgroup was put there by
    /// others.</summary>
    static Leftovers LeftoversOf(bool ownPids) => ownPids ? Leftovers.Foreign : Leftovers.Own;

    /// <summary>The directory of resctrl that is made for a container, null for none: its group, or its monitoring group in one of others.</summary>
    public static string? RdtMade(IntelRdtStep step) => !step.IsShared && step.Group.Length > 0 ? step.Group
        : step.Monitor is null ? null : step.Group.Length == 0 ? "mon_groups/" + step.Monitor : step.Group + "/mon_groups/" + step.Monitor;

    /// <summary>The plan of delete: what the state says there is, in the reverse order of its making.</summary>
    /// <param name="record">The container's state.</param>
    /// <param name="status">What the kernel says of it.</param>
    /// <param name="options">Id, bundle and state directory.</param>
    public static ContainerPlan PlanDelete(ContainerRecord record, ContainerStatus status, PlanOptions options)
    {
        var planner = new Planner(record.Config, options, new HostFacts(), []);
        if (status != ContainerStatus.Stopped || record.IsCreating)
        {
            planner.Add(new KillInitStep());
        }
        if (record.SystemdUnit is { } unit)
        {
            planner.Add(new StopUnitStep
            {
                Unit = unit,
                Path = record.CgroupPath,
                Inode = record.CgroupInode,
                OnlyOf = record.CgroupPath is null ? SystemdProperties.Description(record.Id, options.StateDirectory) : null,
            });
        }
        if (record.CgroupPath is { } cgroup)
        {
            // Cut short before it was known which cgroup was made, it has no process but init, which is dead.
            bool isKnown = record.Schema < ContainerRecord.FirstWithInodes || record.CgroupInode != 0;
            bool hasOwnPids = (NamespaceKind.NewOf(record.Config) & CLONE_NEWPID) != 0;
            planner.Add(new RemoveCgroupStep
            {
                Path = cgroup,
                Inode = record.CgroupInode,
                Leftovers = isKnown && !record.CgroupIsShared ? LeftoversOf(hasOwnPids) : Leftovers.Foreign,
                Thaw = status == ContainerStatus.Paused,
            });
        }
        if (record.IntelRdtGroup is { Length: > 0 } group)
        {
            planner.Add(new RemoveIntelRdtStep { Group = group });
        }
        planner.Add(new RemoveStateStep());
        planner.AddHooks("poststop", record.Config.Hooks?.Poststop, Phase.Delete);
        return planner.Finish()!;
    }

    /// <summary>The plan of update; the record's config has the new limits then. Null when <paramref name="problems"/> holds more than
    /// warnings.</summary>
    /// <param name="record">The container's state.</param>
    /// <param name="update">What changes; null members stay.</param>
    /// <param name="options">Id and bundle.</param>
    /// <param name="controllers">Those of the container's cgroup; null when it has none.</param>
    /// <param name="rdt">The change of its resctrl group; null for none.</param>
    /// <param name="problems">Takes what is wrong.</param>
    public static ContainerPlan? PlanUpdate(ContainerRecord record, SpecResources update, PlanOptions options, ControllerSet? controllers,
        IntelRdtUpdateStep? rdt, List<ConfigProblem> problems)
    {
        var planner = new Planner(record.Config, options, new HostFacts(), problems);
        if (rdt is not null)
        {
            planner.Add(rdt);
        }
        if (controllers is { } available)
        {
            record.Config.Linux ??= new SpecLinux();
            SpecResources merged = ResourceMerge.Merge(record.Config.Linux.Resources ?? new SpecResources(), update);
            SpecResources changes = ResourceMerge.Delta(update, merged);
            List<CgroupWrite> writes = CgroupPlanner.Plan(changes, available, problems);
            planner.Add(new UpdateResourcesStep { ConfigPath = "linux.resources", Writes = writes, Unit = record.SystemdUnit, Changes = changes });
            record.Config.Linux.Resources = merged;
        }
        planner.Add(new KeepStateStep());
        return planner.Finish();
    }
}
