using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Steps;
using OciRun.Planning.Validation;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning;

/// <summary>What the runtime opens before the process exists, because the process will not be able to.</summary>
public enum SlotKind
{
    /// <summary>Filled by the child itself.</summary>
    Empty,
    /// <summary>A namespace's file.</summary>
    Namespace,
    /// <summary>A detached clone of the mount at a path.</summary>
    MountSource,
    /// <summary>A user namespace with the mappings of a mount.</summary>
    IdMap,
}

/// <summary>A descriptor that steps refer to by number.</summary>
public sealed record Slot(SlotKind Kind, string ConfigPath)
{
    public string Path { get; init; } = "";
    public ulong NamespaceFlag { get; init; }
    /// <summary>Of a namespace: its index in linux.namespaces.</summary>
    public int NamespaceIndex { get; init; } = -1;
    public bool Recursive { get; init; }
    public bool NoFollow { get; init; }
    /// <summary>For a mount source: an earlier slot, whose user namespace maps its ids; -1 for none.</summary>
    public int IdMapSlot { get; init; } = -1;
    public bool RecursiveIdMap { get; init; }
    public IReadOnlyList<SpecIdMapping> Uids { get; init; } = [];
    public IReadOnlyList<SpecIdMapping> Gids { get; init; } = [];
}

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
    readonly List<Slot> _slots = [];

    ulong _newNamespaces;
    ulong _joinedNamespaces;

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

    /// <summary>The plan of a further process in a container: the namespaces in <paramref name="joined"/> are entered.</summary>
    public static ContainerPlan? PlanExec(RuntimeSpec spec, PlanOptions options, HostFacts facts, ulong joined, List<ConfigProblem> problems)
    {
        var planner = new Planner(spec, options, facts, problems) { _joinedNamespaces = joined };
        planner.NewSlot(new Slot(SlotKind.Empty, ""));
        planner.PlanExecAffinity();
        planner.Add(new JoinContainerStep { ConfigPath = "", Namespaces = joined });
        if (planner.IsJoined(CLONE_NEWUSER))
        {
            planner.Add(new BecomeRootStep { ConfigPath = "", WaitForMaps = false });
        }
        if (!options.NoNewKeyring)
        {
            planner.AddKeyring();
        }
        if (options.Terminal)
        {
            planner.AddTerminal(console: false);
        }
        planner.PlanProcess();
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
            Spec = _spec,
            Options = _options,
            Steps = _steps,
            Slots = _slots,
            NewNamespaces = _newNamespaces,
            JoinedNamespaces = _joinedNamespaces,
            CloneFlags = SpawnFlags(),
            Warnings = warnings,
        };
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
        PlanCgroup();
        PlanSpawn();
        PlanRoot();
        PlanMounts();
        PlanDevices();
        PlanHooks();
        PlanProtection();
        PlanProcess();
    }

    /// <summary>The container has a namespace of its own of this kind, or one that it shares with others than the host.</summary>
    bool Has(ulong kind) => ((_newNamespaces | _joinedNamespaces) & ~_facts.HostNamespaces & kind) != 0;
    bool IsNew(ulong kind) => (_newNamespaces & kind) != 0;
    bool IsJoined(ulong kind) => (_joinedNamespaces & kind) != 0;

    /// <summary>The container's processes are in a user namespace other than the runtime's.</summary>
    bool HasUserNamespace => Has(CLONE_NEWUSER);

    void Add(Step step) => _steps.Add(step);

    void Problem(string path, string message) => _problems.Add(new ConfigProblem(path, message));

    void Warning(string path, string message) => _problems.Add(new ConfigProblem(path, message, IsWarning: true));

    int NewSlot(Slot slot)
    {
        _slots.Add(slot);
        return _slots.Count - 1;
    }

    static string Index(string list, int index) => list + "[" + index.ToString(CultureInfo.InvariantCulture) + "]";

    void PlanNamespaces()
    {
        List<SpecNamespace> namespaces = _linux.Namespaces ?? [];
        for (int i = 0; i < namespaces.Count; i++)
        {
            ulong flag = NamespaceKind.FlagOf(namespaces[i].Type);
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

    void PlanCgroup()
    {
        if (_options.CgroupManager == "disabled" || _facts.CgroupMount is null)
        {
            if (_options.CgroupManager != "disabled")
            {
                Problem("", "no cgroup2 file system is mounted on this host");
            }
            return;
        }
        bool systemd = _options.CgroupManager == "systemd";
        bool rootless = _facts.EffectiveUid != 0 || _facts.InUserNamespace;
        CgroupLocation? location =
            CgroupPath.Resolve(_linux.CgroupsPath, _options.Id, _facts.OwnCgroup, systemd, rootless, _problems);
        if (location is null)
        {
            return;
        }
        string? sub = systemd ? AnnotationRules.SubGroup(_spec.Annotations) : null;
        string? delegated = sub is null ? null : AnnotationRules.DelegatedGroup(_spec.Annotations);
        Add(new CgroupStep { ConfigPath = "linux.cgroupsPath", Location = location, SubGroup = sub, Delegated = delegated });
        if (systemd)
        {
            // Its version is known when it is asked; what the config says must make sense to any.
            SystemdProperties.ForUnit(_options.Id, location, _linux.Resources, _spec.Annotations, int.MaxValue, _problems);
        }
        else
        {
            _intoCgroup = true;
        }
    }

    /// <summary>Engines mount cgroups read-only unless the container is to manage some, as one that runs systemd does.</summary>
    void PlanDelegation()
    {
        bool writable = false;
        foreach (SpecMount mount in _spec.Mounts ?? [])
        {
            bool isCgroup = mount.Type is "cgroup" or "cgroup2" && CleanPath(mount.Destination ?? "/") == "/sys/fs/cgroup";
            writable |= isCgroup && mount.Options?.Contains("ro") != true;
        }
        uint? owner = HostUser(_spec.Process?.User?.Uid ?? 0);
        if (writable && IsNew(CLONE_NEWCGROUP) && owner is { } uid && uid != _facts.EffectiveUid)
        {
            Add(new DelegateStep { ConfigPath = "linux.namespaces", Uid = uid });
        }
    }

    uint? HostUser(uint user)
    {
        if (!IsNew(CLONE_NEWUSER))
        {
            return user;
        }
        foreach (SpecIdMapping map in _linux.UidMappings ?? [])
        {
            if (user >= map.ContainerID && user - map.ContainerID < map.Size)
            {
                ulong host = (ulong)map.HostID + (user - map.ContainerID);
                return host <= uint.MaxValue ? (uint)host : null;
            }
        }
        return null;
    }

    bool _intoCgroup;

    void PlanSpawn()
    {
        if (_linux.TimeOffsets is { Count: > 0 } offsets && IsNew(CLONE_NEWTIME))
        {
            Add(new TimeOffsetsStep { ConfigPath = "linux.timeOffsets", Offsets = offsets });
        }
        Add(new SpawnStep
        {
            ConfigPath = "linux.namespaces",
            CloneFlags = SpawnFlags(),
            IntoCgroup = _intoCgroup,
            NewTime = IsNew(CLONE_NEWTIME),
            JoinedPid = PathOfNamespace("pid"),
        });
        Add(new AffinityStep { ConfigPath = "", Cpus = null });
        PlanIntelRdt();
        if (_options.CgroupManager != "disabled")
        {
            PlanDelegation();
        }
        PlanJoin();
        if (_linux.Resources is { } resources)
        {
            byte[]? filter = DeviceFilter.Compile(resources.Devices, _problems);
            if (filter is not null && _options.CgroupManager != "disabled")
            {
                Add(new DeviceFilterStep { ConfigPath = "linux.resources.devices", Program = filter });
            }
        }
        else if (_options.CgroupManager != "disabled" && DeviceFilter.Compile(null, _problems) is { } defaults)
        {
            Add(new DeviceFilterStep { ConfigPath = "linux.resources.devices", Program = defaults });
        }
    }

    /// <summary>Path of a joined namespace, null when it is new or the runtime's own.</summary>
    string? PathOfNamespace(string type)
    {
        foreach (SpecNamespace one in _linux.Namespaces ?? [])
        {
            if (one.Type == type && !string.IsNullOrEmpty(one.Path))
            {
                return one.Path;
            }
        }
        return null;
    }

    /// <summary>A process can be born into new namespaces unless they are to belong to a user namespace that it must join first. The
    /// cgroup namespace is unshared later, when the process is in its cgroup; the time namespace by the runtime, before.</summary>
    ulong SpawnFlags() => IsJoined(CLONE_NEWUSER) || JoinsBeforeUser ? 0 : _newNamespaces & ~(ulong)(CLONE_NEWCGROUP | CLONE_NEWTIME);

    /// <summary>Namespaces of others can only be joined with the runtime's rights: before the new user namespace.</summary>
    bool JoinsBeforeUser => IsNew(CLONE_NEWUSER) && (_joinedNamespaces & ~(ulong)CLONE_NEWPID) != 0;

    void PlanJoin()
    {
        if (IsNew(CLONE_NEWUSER))
        {
            Add(new MapIdsStep
            {
                ConfigPath = "linux.uidMappings",
                Uids = _linux.UidMappings ?? [],
                Gids = _linux.GidMappings ?? [],
            });
        }
        if (_spec.Process?.OomScoreAdj is { } score)
        {
            Add(new OomScoreStep { ConfigPath = "process.oomScoreAdj", Value = score });
        }
        bool late = JoinsBeforeUser;
        if (late)
        {
            PlanJoinedNamespaces();
            Add(new UnshareStep { ConfigPath = "linux.namespaces", Flags = CLONE_NEWUSER });
        }
        if (IsNew(CLONE_NEWUSER))
        {
            Add(new BecomeRootStep { ConfigPath = "linux.uidMappings", WaitForMaps = true });
        }
        if (!late)
        {
            PlanJoinedNamespaces();
        }
        ulong rest = late || IsJoined(CLONE_NEWUSER)
            ? _newNamespaces & ~(ulong)(CLONE_NEWCGROUP | CLONE_NEWTIME | CLONE_NEWUSER)
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

    void PlanJoinedNamespaces()
    {
        var joined = new List<JoinedNamespace>();
        List<SpecNamespace> namespaces = _linux.Namespaces ?? [];
        for (int i = 0; i < namespaces.Count; i++)
        {
            if (string.IsNullOrEmpty(namespaces[i].Path))
            {
                continue;
            }
            string path = Index("linux.namespaces", i) + ".path";
            foreach (NamespaceKind kind in NamespaceKind.All())
            {
                if (kind.Type == namespaces[i].Type)
                {
                    int slot = NewSlot(new Slot(SlotKind.Namespace, path) { Path = namespaces[i].Path!, NamespaceFlag = kind.Flag, NamespaceIndex = i });
                    joined.Add(new JoinedNamespace(path, kind, namespaces[i].Path!, slot));
                }
            }
        }
        // The pid namespace takes children only, so the runtime enters it before it clones.
        joined.RemoveAll(static one => one.Kind.Flag == CLONE_NEWPID);
        if (joined.Count > 0)
        {
            Add(new JoinNamespacesStep { ConfigPath = joined.Count == 1 ? joined[0].ConfigPath : "linux.namespaces", Namespaces = joined });
        }
        if (IsJoined(CLONE_NEWUSER))
        {
            Add(new BecomeRootStep { ConfigPath = "linux.namespaces", WaitForMaps = false });
        }
    }

    void PlanHooks()
    {
        SpecHooks? hooks = _spec.Hooks;
        bool runtime = PlanNetDevices();
        runtime |= AddHooks("prestart", hooks?.Prestart, Phase.RuntimeHooks);
        runtime |= AddHooks("createRuntime", hooks?.CreateRuntime, Phase.RuntimeHooks);
        if (runtime)
        {
            bool hooked = hooks?.Prestart is { Count: > 0 } || hooks?.CreateRuntime is { Count: > 0 };
            bool devices = _linux.NetDevices is { Count: > 0 };
            Add(new GateStep
            {
                ConfigPath = hooked ? "hooks" : "linux.netDevices",
                Gate = Gate.RuntimeHooks,
                Reason = (devices ? "network devices" + (hooked ? ", " : "") : "") + (hooked ? "prestart and createRuntime hooks" : ""),
            });
        }
        if (AddHooks("createContainer", hooks?.CreateContainer, Phase.ContainerHooks))
        {
            Add(new GateStep { ConfigPath = "hooks.createContainer", Gate = Gate.ContainerHooks, Reason = "createContainer hooks" });
        }
    }

    bool PlanNetDevices()
    {
        if (_linux.NetDevices is not { Count: > 0 } configured)
        {
            return false;
        }
        var devices = new List<MovedDevice>();
        foreach ((string name, SpecNetDevice device) in configured)
        {
            devices.Add(new MovedDevice(ConfigPath.Key("linux.netDevices", name), name, string.IsNullOrEmpty(device.Name) ? name : device.Name));
        }
        Add(new NetDevicesStep { ConfigPath = "linux.netDevices", Devices = devices });
        return true;
    }

    bool AddHooks(string kind, List<SpecHook>? hooks, Phase phase)
    {
        if (hooks is not { Count: > 0 })
        {
            return false;
        }
        for (int i = 0; i < hooks.Count; i++)
        {
            Add(new HookStep { ConfigPath = Index("hooks." + kind, i), Kind = kind, Index = i, Hook = hooks[i], When = phase });
        }
        return true;
    }
}
