using System.Collections.Generic;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Steps;
using OciRun.Planning.Validation;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning;

public sealed partial class Planner
{
    CgroupStep? _cgroup;
    CgroupLocation? _unit;
    IReadOnlyList<CgroupWrite> _limits = [];

    bool HasCgroup => _options.CgroupManager != "disabled";

    /// <summary>Where the container's cgroup is, and the limits it gets.</summary>
    void PlanCgroup()
    {
        if (!HasCgroup)
        {
            return;
        }
        if (_linux.Resources is not null)
        {
            _limits = CgroupPlanner.Plan(_linux.Resources, new ControllerSet(string.Join(' ', _facts.Controllers)), _problems);
        }
        if (_facts.CgroupMount is null)
        {
            Problem("", "no cgroup2 file system is mounted on this host");
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
        if (systemd)
        {
            _unit = location;
            // Which properties systemd knows is found out when it is asked; what the config says must be right for any version.
            SystemdProperties.ForUnit("", location, _linux.Resources, _spec.Annotations, int.MaxValue, _problems);
            return;
        }
        _cgroup = new CgroupStep
        {
            ConfigPath = "linux.cgroupsPath",
            Path = location.Path,
            IsNamed = _linux.CgroupsPath is { Length: > 0 },
            IsAskedFor = _linux.CgroupsPath is { Length: > 0 } || _limits.Count > 0,
        };
        Add(_cgroup);
    }

    /// <summary>What happens to the new process from outside: its cgroup, the device rules, its resctrl group.</summary>
    void PlanPlace()
    {
        if (_unit is not null)
        {
            Add(new GateStep { ConfigPath = "linux.cgroupsPath", Gate = Gate.Cgroup, Reason = "its unit" });
            Add(new UnitStep
            {
                ConfigPath = "linux.cgroupsPath",
                Location = _unit,
                SubGroup = AnnotationRules.SubGroup(_spec.Annotations),
                Description = SystemdProperties.Description(_options.Id, _options.StateDirectory),
                Resources = _linux.Resources,
                Annotations = _spec.Annotations,
            });
            Add(new SaveStateStep { When = Phase.Spawn });
            Add(new ReleaseStep { When = Phase.Spawn });
        }
        else
        {
            // From here on it is known which cgroup and which process are the container's.
            Add(new SaveStateStep { When = Phase.Spawn });
        }
        if (HasCgroup && DeviceFilter.Compile(_linux.Resources?.Devices, _problems) is { } filter)
        {
            Add(new DeviceFilterStep { ConfigPath = "linux.resources.devices", Program = filter });
        }
        if (HasCgroup && DelegatedTo() is { } uid)
        {
            Add(new DelegateStep { ConfigPath = "linux.namespaces", Uid = uid });
        }
        if (_rdt is not null)
        {
            Add(new IntelRdtJoinStep { ConfigPath = "linux.intelRdt", Group = _rdt.Group, Monitor = _rdt.Monitor });
        }
    }

    /// <summary>Limits go on last, when init is small and waits.</summary>
    void PlanLimits()
    {
        if (_unit is not null && AnnotationRules.SubGroup(_spec.Annotations) is not null &&
            AnnotationRules.DelegatedGroup(_spec.Annotations) is { } delegated)
        {
            Add(new PayloadCgroupStep { ConfigPath = "annotations", Name = delegated, Owner = DelegatedTo() });
        }
        if (_limits.Count == 0)
        {
            return;
        }
        Add(new ResourcesStep { ConfigPath = "linux.resources", Writes = _limits });
        if (_unit?.Unit is not { } unit)
        {
            return;
        }
        List<UnitProperty> properties = SystemdProperties.ForResources(_linux.Resources, 0, []);
        properties.RemoveAll(static property => !UnitMemoryStep.LimitsMemory(property));
        if (properties.Count > 0)
        {
            Add(new UnitMemoryStep { ConfigPath = "linux.resources", Unit = unit, Properties = properties });
        }
    }

    /// <summary>The host's id of the user who manages cgroups in the container, where that is not the runtime's: engines mount them read-only unless the container is to, as
    /// one that runs systemd does.</summary>
    uint? DelegatedTo()
    {
        bool writable = false;
        foreach (SpecMount mount in _spec.Mounts ?? [])
        {
            bool isCgroup = mount.Type is "cgroup" or "cgroup2" && CleanPath(mount.Destination ?? "/") == "/sys/fs/cgroup";
            writable |= isCgroup && mount.Options?.Contains("ro") != true;
        }
        return writable && IsNew(CLONE_NEWCGROUP) && HostUser(_spec.Process?.User?.Uid ?? 0) is { } owner && owner != _facts.EffectiveUid
            ? owner
            : null;
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
}
