using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using OciRun.Engine.Cgroups;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;
using static OciRun.Kernel.CloneFlags;
using static OciRun.Kernel.Signal;

namespace OciRun.Engine;

/// <summary>Makes a container from a plan. What succeeds is recorded, and undone in reverse when a later step fails.</summary>
sealed class Creation : IDisposable
{
    readonly GlobalOptions _globals;
    readonly CreateOptions _options;
    readonly ContainerPlan _plan;
    readonly Preflight _preflight;
    readonly ContainerRecord _record;
    readonly Stack<Action> _undo = new();
    readonly OpenSlots _slots;
    ContainerDirectory? _directory;
    Cgroup? _cgroup;
    SafeFd? _startSocket;
    /// <summary>Its number in the process, after it is closed here.</summary>
    int _startSocketNumber = -1;
    InitProcess? _init;
    IntelRdt? _rdt;
    ulong _oomKills;
    bool _undone;
    bool _initKilled;
    bool _oomKilled;

    public Creation(GlobalOptions globals, CreateOptions options, ContainerPlan plan, Preflight preflight)
    {
        _globals = globals;
        _options = options;
        _plan = plan;
        _preflight = preflight;
        _slots = new OpenSlots(plan, preflight.Namespaces!);
        RuntimeSpec spec = plan.Spec;
        _record = new ContainerRecord
        {
            Id = options.Id,
            Bundle = options.Bundle,
            Rootfs = spec.Root?.Path is { Length: > 0 } root ? (root[0] == '/' ? root : Planner.CleanPath(options.Bundle + "/" + root)) : "",
            Created = DateTime.UtcNow,
            OwnerUid = Syscall.Geteuid(),
            Annotations = spec.Annotations,
            CgroupManager = globals.CgroupManager,
            NoPivot = options.NoPivot,
            NoNewKeyring = options.NoNewKeyring,
            IsCreating = true,
            CreatorPid = Environment.ProcessId,
            CreatorStartTime = ProcessStat.StartTimeOf(Environment.ProcessId),
        };
    }

    public ContainerRecord Record => _record;
    public ContainerDirectory Directory => _directory!;
    public InitProcess Init => _init!;

    /// <summary>Everything up to the point where the payload can be started.</summary>
    public void Perform()
    {
        try
        {
            Prepare();
            Spawn();
            Log.Debug("init is process " + _init!.Pid.ToString(CultureInfo.InvariantCulture));
            Guide();
            Log.Debug("init is ready");
        }
        catch (Exception e) when (e is RuntimeException or SyscallException)
        {
            RuntimeException? better = OomKilled() ? OomReport.Explain(_cgroup!, _plan.Spec.Linux?.Resources, e.Message) : null;
            Undo();
            if (better is not null)
            {
                throw better;
            }
            throw e as RuntimeException ?? new RuntimeException(e.Message);
        }
    }

    /// <summary>The cgroup's count says so. A unit of systemd may be gone with its count: then, with a memory limit, a process that
    /// somebody killed before anybody but the kernel had a reason to.</summary>
    bool OomKilled()
    {
        // Kept: between two looks systemd may stop the empty unit, and the count goes with it. It may even be gone before the first
        // look, when the runtime has not noticed yet that init is dead.
        if (!_oomKilled && _cgroup is not null)
        {
            _oomKilled = _cgroup.TryRead("memory.events", out _) == 0
                ? _cgroup.OomKills() > _oomKills
                : _record.SystemdUnit is not null && LimitsMemory && (_initKilled || _init!.WasKilled());
        }
        return _oomKilled;
    }

    bool LimitsMemory => _plan.Spec.Linux?.Resources is { } resources &&
        (resources.Memory?.Limit is > 0 || resources.Unified?.ContainsKey("memory.max") == true);

    void Prepare()
    {
        using var _ = new Timings.Span("prepare: state directory, cgroup, descriptors");
        _directory = ContainerDirectory.Create(_globals, _options.Id);
        _undo.Push(_directory.Remove);
        if (Find<CgroupStep>() is { } step)
        {
            _record.CgroupPath = step.Location.Unit is null ? step.Location.Path : null;
            _record.SystemdUnit = step.Location.Unit;
        }
        _directory.Save(_record);
        if (_preflight.Site is { } site && _record.CgroupPath is not null)
        {
            _cgroup = MakeCgroup(site);
            _record.CgroupPath = _cgroup?.Path;
            _oomKills = _cgroup?.OomKills() ?? 0;
        }
        if (Find<IntelRdtStep>() is { } rdt)
        {
            _undo.Push(() => IntelRdt.Remove(_record));
            _rdt = IntelRdt.Prepare(rdt, _record, () => _directory.Save(_record));
        }
        if (_plan.Options.NotifyDirectory is not null)
        {
            NotifySocket.MakeDirectory(_directory);
        }
        if (_plan.Options.WaitsForStart)
        {
            MakeStartSocket();
        }
        _slots.Open();
    }

    /// <summary>Null for a user without root's rights who is not given cgroups, when nothing is asked of one.</summary>
    Cgroup? MakeCgroup(CgroupSite site)
    {
        Cgroup? cgroup = site.TryCreate(out RuntimeException? denied);
        if (cgroup is not null)
        {
            _undo.Push(cgroup.Remove);
            return cgroup;
        }
        bool rootless = _globals.Rootless ?? SystemdDriver.UsesUserManager();
        bool asked = _plan.Spec.Linux?.CgroupsPath is { Length: > 0 } || Find<ResourcesStep>() is not null;
        if (!rootless || asked)
        {
            const string words = "rootless needs no limits + no cgrouppath when no permission is granted for cgroups: ";
            throw rootless ? new RuntimeException(words + denied!.Message, denied.Hint) : denied!;
        }
        Log.Debug("the container has no cgroup of its own: " + denied!.Message);
        _directory!.Save(_record);
        return null;
    }

    /// <summary>systemd moves a process that exists, so this one waits until it is there.</summary>
    void EnterUnit(CgroupLocation location)
    {
        _cgroup = SystemdDriver.Create(_preflight.Mount!, location, _plan.Spec, _options.Id, _init!.Pid);
        _undo.Push(_cgroup.Remove);
        _undo.Push(() => SystemdDriver.Stop(location.Unit!, _cgroup));
        _cgroup = UnitSubGroup.Enter(_preflight.Mount!, _cgroup, Find<CgroupStep>()!, _init.Pid);
        _record.CgroupPath = _cgroup.Path;
        _directory!.Save(_record);
    }

    /// <summary>A named socket: connecting to it reaches this init process or nobody, so start cannot hang on a dead one.</summary>
    void MakeStartSocket()
    {
        _startSocket = Syscall.Socket(AddressFamily.AF_UNIX, SocketType.SOCK_SEQPACKET | SocketType.SOCK_CLOEXEC);
        Syscall.BindUnix(_startSocket, _directory!.ShortPath(ContainerDirectory.StartSocketName));
        Syscall.Listen(_startSocket, 8);
        _startSocketNumber = _startSocket;
    }

    void Spawn()
    {
        using var _ = new Timings.Span("spawn init");
        _init = new InitProcess(_plan);
        _undo.Push(_init.Destroy);
        using SafeFd? ownPid = _slots.EnterPidNamespace();
        TimeOffsets.Enter(_plan);
        int start = _startSocket?.Value ?? -1;
        CgroupLocation? unit = Find<CgroupStep>() is { Location.Unit: not null } step ? step.Location : null;
        int result = unit is null ? _init.Spawn(_slots.Values, _cgroup?.Directory ?? -1, start, 0) : 0;
        if (unit is not null || (result < 0 && _cgroup is not null && Tolerable(-result)))
        {
            // A parent in threaded mode, or one with domain controllers and processes: moved by hand where the kernel lets us.
            result = _init.Spawn(_slots.Values, -1, start, Gate.MapIds);
            if (result == 0)
            {
                if (unit is not null)
                {
                    EnterUnit(unit);
                }
                else
                {
                    _cgroup!.AddProcess(_init.Pid);
                }
                if (_init.NextGate() is null)
                {
                    throw Died();
                }
                _init.Answer();
            }
        }
        if (ownPid is not null)
        {
            Syscall.Setns(ownPid, CloneFlags.CLONE_NEWPID);
        }
        if (result < 0)
        {
            SpawnStep spawn = Find<SpawnStep>()!;
            throw new RuntimeException("linux.namespaces: clone3: " + ErrorText.Describe(-result), spawn.Hint("clone3", -result));
        }
        _startSocket?.Dispose();
        _slots.Dispose();
        if (_cgroup is null)
        {
            // Nothing but its pid would lead to it, if this process were killed now.
            SaveCreating();
        }
    }

    static bool Tolerable(int errno) => errno is Errno.EBUSY or Errno.EOPNOTSUPP or Errno.EACCES;

    /// <summary>Does the runtime's share while the process does its own, and answers it at its gates.</summary>
    void Guide()
    {
        InitProcess init = _init!;
        AttachDevices();
        if (_cgroup is not null && Find<DelegateStep>() is { } delegation)
        {
            _cgroup.Delegate(delegation.Uid);
        }
        SetOomScore();
        _rdt?.Join(Find<IntelRdtStep>()!, init.Pid);
        while (true)
        {
            Gate gate = AwaitGate(init);
            switch (gate)
            {
                case Gate.MapIds:
                    IdMaps.Write(init.Pid, Find<MapIdsStep>()!);
                    break;
                case Gate.RuntimeHooks:
                    SaveCreating();
                    if (Find<NetDevicesStep>() is { } devices)
                    {
                        NetDevices.Move(devices, init.Pid);
                    }
                    RunHooks(Phase.RuntimeHooks, -1);
                    break;
                case Gate.ContainerHooks:
                    SaveCreating();
                    RunHooks(Phase.ContainerHooks, init.Pidfd);
                    break;
                case Gate.InitProgram:
                    RlimitSetter.Set(init.Pid, _plan);
                    init.FillProgram(_startSocketNumber);
                    init.Answer();
                    StageState();
                    continue;
                case Gate.Ready:
                    Finish();
                    return;
            }
            init.Answer();
        }
    }

    Gate AwaitGate(InitProcess init)
    {
        using var _ = new Timings.Span("wait for init");
        return init.NextGate() ?? throw Died();
    }

    RuntimeException Died()
    {
        string how = _init!.Reap();
        _initKilled = how.Contains("SIGKILL", StringComparison.Ordinal);
        return new RuntimeException("init process " + how + " before it was ready");
    }

    T? Find<T>() where T : Step
    {
        foreach (Step step in _plan.Steps)
        {
            if (step is T found)
            {
                return found;
            }
        }
        return null;
    }

    void AttachDevices()
    {
        if (_cgroup is null || Find<DeviceFilterStep>() is not { } step)
        {
            return;
        }
        using var _ = new Timings.Span("load and attach the device filter", step.ConfigPath);
        if (!DeviceProgram.TryAttach(_cgroup, step.Program))
        {
            if (Syscall.Geteuid() == 0 && !Preflight.InUserNamespace())
            {
                // Root can make device nodes, and would give the container all of the host's.
                throw new RuntimeException("linux.resources.devices: cannot enforce the device rules: " + ErrorText.Call("bpf", null, Errno.EPERM),
                    "bpf(2) needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, and no seccomp filter that blocks it");
            }
            Log.Debug("device rules are not enforced: the kernel refuses eBPF programs on cgroups to this caller");
        }
    }

    /// <summary>A user namespace may not raise its own badness on some kernels; that is tolerated as runc does.</summary>
    void SetOomScore()
    {
        if (Find<OomScoreStep>() is not { } step)
        {
            return;
        }
        int result = ProcFile.TryWrite(_init!.Pid, "oom_score_adj", step.Value.ToString(CultureInfo.InvariantCulture));
        if (result < 0 && !(_plan.JoinedNamespaces != 0 && result == -Errno.EACCES && _plan.CloneFlags == 0))
        {
            throw new RuntimeException("process.oomScoreAdj: " + ErrorText.Call("write", "/proc/" + _init.Pid + "/oom_score_adj", -result),
                step.Hint("write", -result));
        }
    }

    void SaveCreating()
    {
        _record.Pid = _init!.Pid;
        _record.PidStartTime = ProcessStat.StartTimeOf(_init.Pid);
        _directory!.Save(_record);
    }

    void RunHooks(Phase phase, int pidfd)
    {
        using var _ = new Timings.Span("hooks", "hooks");
        bool inContainer = phase == Phase.ContainerHooks;
        foreach (Step step in _plan.Steps)
        {
            if (step is HookStep hook && hook.Phase == phase)
            {
                bool ownPid = ((_plan.NewNamespaces | _plan.JoinedNamespaces) & CLONE_NEWPID) != 0;
                int pid = inContainer && (_plan.NewNamespaces & CLONE_NEWPID) != 0 ? 1 : _init!.Pid;
                byte[] state = StateJson.HookState(_record, ContainerStatus.Creating, pid);
                Hooks.Run(hook.Kind, hook.Index, hook.Hook, state, Place(pidfd, inContainer ? _record.Rootfs : null, ownPid));
            }
        }
    }

    HookPlace Place(int pidfd, string? directory, bool ownPid) => new()
    {
        Pidfd = pidfd,
        Namespaces = pidfd < 0 ? 0 : (_plan.NewNamespaces | _plan.JoinedNamespaces) & ~(ownPid ? 0UL : CLONE_NEWPID),
        // As with runc: a hook of the runtime starts in the bundle.
        Directory = directory ?? (pidfd < 0 ? _record.Bundle : null),
        DefaultEnvironment = Hooks.OwnEnvironment(),
        InitPidfd = _undone ? -1 : _init!.Pidfd.Value,
        Annotations = _record.Annotations,
    };

    /// <summary>Writes the record of the finished container while init goes on in its program; nobody sees it before it is ready.</summary>
    void StageState()
    {
        using var _ = new Timings.Span("write the state");
        _record.Pid = _init!.Pid;
        _record.PidStartTime = ProcessStat.StartTimeOf(_init.Pid);
        _record.IsCreating = false;
        _record.Config = _plan.Spec;
        _directory!.Stage(_record);
    }

    /// <summary>The process is small now and waits: limits go on last, so that they meet nothing but the container's own work.</summary>
    void Finish()
    {
        using var _ = new Timings.Span("limits, listener, state");
        if (_cgroup is not null && Find<CgroupStep>() is { Delegated: not null } delegation)
        {
            UnitSubGroup.Delegate(_preflight.Mount!, _cgroup, delegation, _init!.Pid, Find<DelegateStep>()?.Uid);
        }
        if (Find<ResourcesStep>() is { } resources && _cgroup is not null)
        {
            _cgroup.Apply(resources.Writes);
            // A limit below what init uses now kills it at once, and the write succeeds all the same.
            if (LimitsMemory && OomKilled())
            {
                throw new RuntimeException("init was killed when the memory limit was set");
            }
            if (_record.SystemdUnit is { } unit)
            {
                SystemdDriver.LimitMemory(unit, _plan.Spec.Linux?.Resources);
            }
        }
        SeccompListener.HandOver(_plan, _record, ContainerStatus.Creating, _init!.Pid, _init);
        _directory!.Commit();
    }

    /// <summary>Takes everything back, last first. A step that cannot be undone is a warning, for the error comes first; the state then
    /// stays, for it leads delete to what is left.</summary>
    public void Undo()
    {
        bool ranHooks = _record.Pid != 0;
        bool failed = false;
        _undone = true;
        // The error may have been a want of descriptors.
        _slots.Dispose();
        _startSocket?.Dispose();
        while (_undo.Count > 0 && !(failed && _undo.Count == 1))
        {
            try
            {
                _undo.Pop()();
            }
            catch (Exception e) when (e is RuntimeException or SyscallException)
            {
                failed = true;
                Log.Warn("clean-up: " + e.Message);
            }
        }
        if (ranHooks && _plan.Spec.Hooks?.Poststop is { Count: > 0 } hooks)
        {
            byte[] state = StateJson.HookState(_record, ContainerStatus.Stopped, 0);
            Hooks.RunAll("poststop", hooks, state, Place(-1, null, false));
        }
    }

    public void Dispose()
    {
        _slots.Dispose();
        _startSocket?.Dispose();
        _init?.Dispose();
        _rdt?.Dispose();
        _cgroup?.Dispose();
        _directory?.Dispose();
    }
}
