using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Planning.Steps;
using OciRun.Planning.Validation;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning;

/// <summary>Makes the plan of a container. Pure: the same config, options and facts give the same plan, and it touches nothing. All
/// problems of the config are reported together.</summary>
public sealed partial class Planner
{
    readonly RuntimeSpec _spec;
    readonly SpecLinux _linux;
    readonly PlanOptions _options;
    readonly HostFacts _facts;
    readonly List<ConfigProblem> _problems;
    readonly List<Step> _steps = [];
    int _slots;

    int _newNamespaces;
    int _joinedNamespaces;

    Planner(RuntimeSpec spec, PlanOptions options, HostFacts facts, List<ConfigProblem> problems)
    {
        _spec = spec;
        _linux = spec.Linux ?? new SpecLinux();
        _options = options;
        _facts = facts;
        _problems = problems;
    }

    /// <summary>The plan of a new container, or null when <paramref name="problems"/> holds more than warnings.</summary>
    public static ContainerPlan? Plan(RuntimeSpec spec, PlanOptions options, HostFacts facts, List<ConfigProblem> problems)
    {
        int known = problems.Count;
        var planner = new Planner(spec, options, facts, problems);
        planner.PlanContainer();
        Validation.Rules.RemoveRepeated(problems, known);
        return planner.Finish();
    }

    ContainerPlan? Finish()
    {
        // Operations and error records name their step with 16 bits.
        if (_steps.Count > ushort.MaxValue)
        {
            Problem(_steps[ushort.MaxValue].ConfigPath, "the container needs more than 65535 steps before this one: use fewer of these");
        }
        var warnings = new List<ConfigProblem>();
        bool failed = false;
        foreach (ConfigProblem problem in _problems)
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
                Rootfs = _spec.Root?.Path is { Length: > 0 } ? Rootfs : "",
                Annotations = _spec.Annotations,
            },
            Options = _options,
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

    void PlanContainer()
    {
        // What is wrong by the rules of the specification is reported here and only here; what follows passes over it.
        Validation.Validator.Validate(_spec, _problems, hostNamespaces: _facts.HostNamespaces);
        PlanNamespaces();
        if (_facts.EffectiveUid != 0 && !MayMount && !HasUserNamespace)
        {
            Problem("linux.namespaces", "rootless container requires user namespaces: without one, only root may make the others");
        }
        PlanState();
        PlanCgroup();
        PlanIntelRdt();
        PlanSockets();
        PlanOpenNamespaces();
        PlanSpawn();
        PlanJoin();
        PlanRoot();
        PlanMounts();
        PlanDevices();
        PlanHooks();
        PlanProtection();
        PlanProcess();
        PlanHandOver();
        PlanStart();
        PlanEnd();
    }

    /// <summary>The id is claimed, and what delete needs is written before anything is made.</summary>
    void PlanState()
    {
        Add(new StateDirectoryStep { Path = _options.StateDirectory });
        Add(new SaveStateStep { When = Phase.Prepare });
    }

    void PlanSockets()
    {
        if (_options.NotifyDirectory is { } directory)
        {
            Add(new NotifyDirectoryStep { Path = directory });
        }
        if (_options.WaitsForStart)
        {
            Add(new StartSocketStep());
        }
    }

    /// <summary>The container has a namespace of its own of this kind, or one that it shares with others than the host.</summary>
    bool Has(int kind) => ((_newNamespaces | _joinedNamespaces) & ~_facts.HostNamespaces & kind) != 0;
    bool IsNew(int kind) => (_newNamespaces & kind) != 0;
    bool IsJoined(int kind) => (_joinedNamespaces & kind) != 0;

    /// <summary>The container's processes are in a user namespace other than the runtime's.</summary>
    bool HasUserNamespace => Has(CLONE_NEWUSER);

    void Add(Step step) => _steps.Add(step);

    void Problem(string path, string message) => _problems.Add(new ConfigProblem(path, message));

    void Warning(string path, string message) => _problems.Add(new ConfigProblem(path, message, IsWarning: true));

    /// <summary>A place for a descriptor that one step hands to another.</summary>
    int NewSlot() => _slots++;

    static string Index(string list, int index) => list + "[" + index.ToString(CultureInfo.InvariantCulture) + "]";

    void PlanNamespaces()
    {
        List<SpecNamespace> namespaces = _linux.Namespaces ?? [];
        for (int i = 0; i < namespaces.Count; i++)
        {
            int flag = NamespaceKind.FlagOf(namespaces[i].Type);
            if (string.IsNullOrEmpty(namespaces[i].Path))
            {
                _newNamespaces |= flag;
            }
            else
            {
                _joinedNamespaces |= flag;
            }
        }
    }

    void PlanSpawn()
    {
        OpenNamespaceStep? joinedPid = OpenedNamespace(CLONE_NEWPID);
        Add(new ChannelStep { NeedsProc = HasLabels });
        if (joinedPid is not null)
        {
            // The pid namespace takes children only, so the runtime enters it before it clones.
            Add(new EnterPidNamespaceForChildrenStep { ConfigPath = joinedPid.ConfigPath, Slot = joinedPid.Slot, Path = joinedPid.Path });
        }
        if (IsNew(CLONE_NEWTIME))
        {
            Add(new TimeNamespaceStep { ConfigPath = "linux.namespaces" });
        }
        if (_linux.TimeOffsets is { Count: > 0 } offsets && IsNew(CLONE_NEWTIME))
        {
            Add(new TimeOffsetsStep { ConfigPath = "linux.timeOffsets", Offsets = offsets });
        }
        Add(new SpawnStep
        {
            ConfigPath = "linux.namespaces",
            CloneFlags = SpawnFlags(),
            IntoCgroup = _cgroup is not null,
            NewTime = IsNew(CLONE_NEWTIME),
        });
        if (joinedPid is not null)
        {
            Add(new LeavePidNamespaceStep { ConfigPath = joinedPid.ConfigPath });
        }
        Add(new CleanStartStep());
        PlanPlace();
        if (_spec.Process?.OomScoreAdj is { } score)
        {
            AddOomScore(score);
        }
        Add(new AffinityStep { Cpus = null });
    }

    void AddOomScore(int score) => Add(new OomScoreStep
    {
        ConfigPath = "process.oomScoreAdj",
        Value = score,
        MayBeRefused = !_options.IsExec && _joinedNamespaces != 0 && SpawnFlags() == 0,
    });

    OpenNamespaceStep? OpenedNamespace(int kind)
    {
        foreach (Step step in _steps)
        {
            if (step is OpenNamespaceStep opened && opened.Kind.Flag == kind)
            {
                return opened;
            }
        }
        return null;
    }

    /// <summary>A process can be born into new namespaces unless they are to belong to a user namespace that it must join first. The
    /// cgroup namespace is unshared later, when the process is in its cgroup; the time namespace by the runtime, before.</summary>
    int SpawnFlags() => IsJoined(CLONE_NEWUSER) || JoinsBeforeUser ? 0 : _newNamespaces & ~(CLONE_NEWCGROUP | CLONE_NEWTIME);

    /// <summary>Namespaces of others can only be joined with the runtime's rights: before the new user namespace.</summary>
    bool JoinsBeforeUser => IsNew(CLONE_NEWUSER) && (_joinedNamespaces & ~CLONE_NEWPID) != 0;

    void PlanJoin()
    {
        bool late = JoinsBeforeUser;
        if (late)
        {
            PlanJoinedNamespaces();
            Add(new UnshareStep { ConfigPath = "linux.namespaces", Flags = CLONE_NEWUSER });
        }
        if (IsNew(CLONE_NEWUSER))
        {
            Add(new GateStep { ConfigPath = "linux.uidMappings", Gate = Gate.MapIds, Reason = "id mappings" });
            Add(new MapIdsStep { ConfigPath = "linux.uidMappings", Uids = _linux.UidMappings ?? [], Gids = _linux.GidMappings ?? [] });
            Add(new ReleaseStep { When = Phase.MapIds });
            Add(new BecomeRootStep { ConfigPath = "linux.uidMappings", IsNew = true });
        }
        if (!late)
        {
            PlanJoinedNamespaces();
        }
        int rest = late || IsJoined(CLONE_NEWUSER)
            ? _newNamespaces & ~(CLONE_NEWCGROUP | CLONE_NEWTIME | CLONE_NEWUSER)
            : 0;
        if ((rest & CLONE_NEWPID) != 0)
        {
            Add(new CloneAgainStep { ConfigPath = "linux.namespaces", Flags = rest });
        }
        else if (rest != 0)
        {
            Add(new UnshareStep { ConfigPath = "linux.namespaces", Flags = rest });
        }
        if (IsNew(CLONE_NEWCGROUP))
        {
            Add(new UnshareStep { ConfigPath = "linux.namespaces", Flags = CLONE_NEWCGROUP });
        }
        if (!_options.NoNewKeyring)
        {
            AddKeyring();
        }
        if (IsNew(CLONE_NEWNET))
        {
            Add(new LoopbackStep { ConfigPath = "linux.namespaces" });
        }
    }

    void PlanOpenNamespaces()
    {
        List<SpecNamespace> namespaces = _linux.Namespaces ?? [];
        for (int i = 0; i < namespaces.Count; i++)
        {
            if (namespaces[i].Path is not { Length: > 0 } path)
            {
                continue;
            }
            foreach (NamespaceKind kind in NamespaceKind.All())
            {
                if (kind.Type == namespaces[i].Type)
                {
                    Add(new OpenNamespaceStep { ConfigPath = Index("linux.namespaces", i) + ".path", Kind = kind, Path = path, Index = i, Slot = NewSlot() });
                }
            }
        }
    }

    void PlanJoinedNamespaces()
    {
        var joined = new List<JoinedNamespace>();
        foreach (Step step in _steps)
        {
            if (step is OpenNamespaceStep opened && opened.Kind.Flag != CLONE_NEWPID)
            {
                joined.Add(new JoinedNamespace(opened.ConfigPath, opened.Kind, opened.Path, opened.Slot));
            }
        }
        if (joined.Count > 0)
        {
            Add(new JoinNamespacesStep { ConfigPath = joined.Count == 1 ? joined[0].ConfigPath : "linux.namespaces", Namespaces = joined });
        }
        if (IsJoined(CLONE_NEWUSER))
        {
            Add(new BecomeRootStep { ConfigPath = "linux.namespaces", IsNew = false });
        }
    }
}
