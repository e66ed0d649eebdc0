using System;
using System.Collections.Generic;
using OciRun.Planning.Steps;
using OciRun.Planning.Validation;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning.Cgroups;

/// <summary><c>linux.cgroupsPath</c> and <c>linux.resources</c>: where the container is, and how much it may use.</summary>
sealed class CgroupSection(PlanDraft draft)
{
    /// <summary>Made by the runtime itself; else <see cref="_unit"/>, by systemd.</summary>
    CgroupStep? _cgroup;
    CgroupLocation? _unit;
    IReadOnlyList<CgroupWrite> _limits = [];

    /// <summary>The process is born in its cgroup, and not moved there by systemd.</summary>
    public bool IsBornInto => _cgroup is not null;

    bool HasCgroup => draft.Options.CgroupManager != "disabled";

    /// <summary>Where the container's cgroup is, and the limits it gets.</summary>
    public void Plan()
    {
        if (!HasCgroup)
        {
            return;
        }
        if (draft.Linux.Resources is not null)
        {
            var controllers = new ControllerSet(string.Join(' ', draft.Facts.Controllers));
            _limits = CgroupPlanner.Plan(draft.Linux.Resources, controllers, draft.Problems);
        }
        if (draft.Facts.CgroupMount is null)
        {
            draft.Problem("", "no cgroup2 file system is mounted on this host");
            return;
        }
        bool systemd = draft.Options.CgroupManager == "systemd";
        bool rootless = draft.Facts.EffectiveUid != 0 || draft.Facts.InUserNamespace;
        CgroupLocation? location = CgroupPath.Resolve(draft.Linux.CgroupsPath, draft.Options.Id, draft.Facts.OwnCgroup, systemd,
            rootless, draft.Problems);
        if (location is null)
        {
            return;
        }
        if (systemd)
        {
            _unit = location;
            // Which properties systemd knows is found out when it is asked; what the config says must be right for any version.
            SystemdProperties.ForUnit("", location, draft.Linux.Resources, draft.Spec.Annotations, int.MaxValue, draft.Problems);
            return;
        }
        _cgroup = new CgroupStep
        {
            ConfigPath = "linux.cgroupsPath",
            Path = location.Path,
            IsNamed = draft.Linux.CgroupsPath is { Length: > 0 },
            IsAskedFor = draft.Linux.CgroupsPath is { Length: > 0 } || _limits.Count > 0,
        };
        draft.Add(_cgroup);
    }

    /// <summary>What happens to the new process from outside: its cgroup, the device rules.</summary>
    public void PlanPlace()
    {
        if (_unit is not null)
        {
            draft.Add(new GateStep { ConfigPath = "linux.cgroupsPath", Gate = Gate.Cgroup, Reason = "its unit" });
            draft.Add(new UnitStep
            {
                ConfigPath = "linux.cgroupsPath",
                Location = _unit,
                SubGroup = AnnotationRules.SubGroup(draft.Spec.Annotations),
                Description = SystemdProperties.Description(draft.Options.Id, draft.Options.StateDirectory),
                Resources = draft.Linux.Resources,
                Annotations = draft.Spec.Annotations,
            });
            draft.Add(new SaveStateStep { When = Phase.Spawn });
            draft.Add(new ReleaseStep { When = Phase.Spawn });
        }
        else
        {
            // From here on it is known which cgroup and which process are the container's.
            draft.Add(new SaveStateStep { When = Phase.Spawn });
        }
        if (HasCgroup && DeviceFilter.Compile(draft.Linux.Resources?.Devices, draft.Problems) is { } filter)
        {
            draft.Add(new DeviceFilterStep { ConfigPath = "linux.resources.devices", Program = filter });
        }
        if (HasCgroup && DelegatedTo() is { } uid)
        {
            draft.Add(new DelegateStep { ConfigPath = "linux.namespaces", Uid = uid });
        }
    }

    /// <summary>Limits go on last, when init is small and waits.</summary>
    public void PlanLimits()
    {
        if (_unit is not null && AnnotationRules.SubGroup(draft.Spec.Annotations) is not null &&
            AnnotationRules.DelegatedGroup(draft.Spec.Annotations) is { } delegated)
        {
            draft.Add(new PayloadCgroupStep { ConfigPath = "annotations", Name = delegated, Owner = DelegatedTo() });
        }
        if (_limits.Count == 0)
        {
            return;
        }
        draft.Add(new ResourcesStep { ConfigPath = "linux.resources", Writes = _limits });
        if (_unit?.Unit is not { } unit)
        {
            return;
        }
        List<UnitProperty> properties = SystemdProperties.ForResources(draft.Linux.Resources, 0, []);
        properties.RemoveAll(static property => !UnitMemoryStep.LimitsMemory(property));
        if (properties.Count > 0)
        {
            draft.Add(new UnitMemoryStep { ConfigPath = "linux.resources", Unit = unit, Properties = properties });
        }
    }

    /// <summary>The end of a container that is still being planned.</summary>
    public void PlanEnd()
    {
        if (_unit is not null)
        {
            draft.Add(new StopUnitStep
            {
                ConfigPath = "linux.cgroupsPath",
                Unit = _unit.Unit!,
                Path = _unit.Path,
                Inode = 0,
                OnlyOf = null,
            });
        }
        if ((_unit?.Path ?? _cgroup?.Path) is { } path)
        {
            draft.Add(new RemoveCgroupStep
            {
                ConfigPath = "linux.cgroupsPath",
                Path = path,
                Leftovers = LeftoversOf(draft.IsNew(CLONE_NEWPID)),
            });
        }
    }

    /// <summary>The record's config has the new limits then.</summary>
    public void PlanUpdate(ContainerRecord record, SpecResources update, ControllerSet controllers)
    {
        record.Config.Linux ??= new SpecLinux();
        SpecResources merged = ResourceMerge.Merge(record.Config.Linux.Resources ?? new SpecResources(), update);
        SpecResources changes = ResourceMerge.Delta(update, merged);
        List<CgroupWrite> writes = CgroupPlanner.Plan(changes, controllers, draft.Problems);
        draft.Add(new UpdateResourcesStep
        {
            ConfigPath = "linux.resources",
            Writes = writes,
            Unit = record.SystemdUnit,
            Changes = changes,
        });
        record.Config.Linux.Resources = merged;
    }

    /// <summary>What the state of a container says it has.</summary>
    public void PlanEnd(ContainerRecord record, ContainerStatus status)
    {
        if (record.SystemdUnit is { } unit)
        {
            draft.Add(new StopUnitStep
            {
                Unit = unit,
                Path = record.CgroupPath,
                Inode = record.CgroupInode,
                OnlyOf = record.CgroupPath is null
                    ? SystemdProperties.Description(record.Id, draft.Options.StateDirectory)
                    : null,
            });
        }
        if (record.CgroupPath is not { } cgroup)
        {
            return;
        }
        // A creation that was killed before it noted the inode of its cgroup had put no process into it but init, which died
        // with it.
        bool isKnown = record.Schema < ContainerRecord.FirstWithInodes || record.CgroupInode != 0;
        bool hasOwnPids = NamespaceKind.HasOwnPidNamespace(record.Config);
        draft.Add(new RemoveCgroupStep
        {
            Path = cgroup,
            Inode = record.CgroupInode,
            Leftovers = isKnown && !record.CgroupIsShared ? LeftoversOf(hasOwnPids) : Leftovers.Foreign,
            Thaw = status == ContainerStatus.Paused,
        });
    }

    /// <summary>Without a pid namespace of its own, what init has left lives on. With one, all that lives on in the cgroup was
    /// put there by others.</summary>
    static Leftovers LeftoversOf(bool ownPids) => ownPids ? Leftovers.Foreign : Leftovers.Own;

    /// <summary>The host's id of the user who manages cgroups in the container, where that is not the runtime's: engines mount
    /// them read-only unless the container is to, as one that runs systemd does.</summary>
    uint? DelegatedTo()
    {
        bool writable = false;
        foreach (SpecMount mount in draft.Spec.Mounts ?? [])
        {
            bool isCgroup = mount.Type is "cgroup" or "cgroup2" && PathText.Clean(mount.Destination ?? "/") == "/sys/fs/cgroup";
            writable |= isCgroup && mount.Options?.Contains("ro") != true;
        }
        return writable && draft.IsNew(CLONE_NEWCGROUP) &&
            HostUser(draft.Spec.Process?.User?.Uid ?? 0) is { } owner && owner != draft.Facts.EffectiveUid
            ? owner
            : null;
    }

    uint? HostUser(uint user)
    {
        if (!draft.IsNew(CLONE_NEWUSER))
        {
            return user;
        }
        foreach (SpecIdMapping map in draft.Linux.UidMappings ?? [])
        {
            if (user >= map.ContainerID && user - map.ContainerID < map.Size)
            {
                ulong host = (ulong)map.HostID + (user - map.ContainerID);
                return host <= uint.MaxValue ? (uint)host : null;
            }
        }
        return null;
    }
}
