using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Engine.Cgroups;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Systemd;

/// <summary>Containers as transient units of systemd (--systemd-cgroup). systemd makes the cgroup and moves the init process into
/// it; the files are then written as with the cgroupfs driver, for systemd has no property for some of them.</summary>
public static class SystemdDriver
{
    /// <summary>True when the user's service manager is the one to ask: the system's belongs to root outside of all user
    /// namespaces.</summary>
    public static bool UsesUserManager() => DBusConnection.OwnerUid() != 0;

    /// <summary>Starts the unit with a process in it and opens its cgroup. The resources are not written to files yet.</summary>
    /// <param name="mount">The cgroup hierarchy.</param>
    /// <param name="step">The unit.</param>
    /// <param name="pid">The init process, which waits somewhere else until now.</param>
    /// <param name="timeoutMs">For the whole exchange.</param>
    public static Cgroup Create(CgroupMount mount, UnitStep step, int pid, int timeoutMs = SystemdManager.DefaultTimeoutMs)
    {
        CgroupLocation location = step.Location;
        using SystemdManager systemd = SystemdManager.Connect(UsesUserManager(), timeoutMs);
        List<ConfigProblem> problems = [];
        List<UnitProperty> properties =
            SystemdProperties.ForUnit(step.Description, location, step.Resources, step.Annotations, systemd.Version, problems);
        Report(problems);
        // Memory limits come later, by a step of their own: init needs more while it sets the container up than afterwards.
        properties.RemoveAll(static property => UnitMemoryStep.LimitsMemory(property));
        bool isSlice = location.Unit!.EndsWith(".slice", StringComparison.Ordinal);
        if (!isSlice)
        {
            properties.Add(new UnitProperty("PIDs", new DBusVariant("au", new List<object> { (uint)pid })));
        }
        systemd.Start(location.Unit, properties);
        string path = systemd.ControlGroup + location.Path;
        Cgroup? cgroup = Cgroup.Open(mount, path);
        if (cgroup is null && !isSlice && CgroupMount.CgroupOf(pid.ToString(CultureInfo.InvariantCulture)) is { } actual)
        {
            // A manager that is itself in a cgroup namespace names its root differently.
            cgroup = Cgroup.Open(mount, actual);
        }
        if (cgroup is null)
        {
            systemd.Stop(location.Unit);
            throw new RuntimeException("systemd started unit " + location.Unit + ", but its cgroup " + path + " does not exist");
        }
        // systemd hands down only the controllers that it knows itself; hugetlb, rdma and misc are not among them.
        CgroupSite.Enable(mount, cgroup.Path);
        if (isSlice)
        {
            cgroup.AddProcess(pid);
        }
        return cgroup;
    }

    /// <summary>Sets properties of a unit that runs.</summary>
    public static void SetProperties(string unit, IReadOnlyList<UnitProperty> properties)
    {
        using SystemdManager systemd = SystemdManager.Connect(UsesUserManager());
        systemd.SetProperties(unit, properties);
    }

    /// <summary>Stops and forgets a container's unit. Without systemd that is a warning: the caller removes the cgroup anyway,
    /// and systemd drops a scope whose cgroup is empty by itself.</summary>
    /// <param name="unit">The unit's name.</param>
    /// <param name="cgroup">The unit's cgroup if it is still there. What lives in it is killed first: systemd would ask politely,
    /// which the first process of a pid namespace does not hear, and wait for a minute and a half.</param>
    /// <param name="description">When given, the unit is stopped only if it has this: a creation that was cut short may not
    /// have come as far as finding out that the name was taken.</param>
    public static void Stop(string unit, Cgroup? cgroup, string? description = null)
    {
        try
        {
            if (cgroup?.KillAndWait() == false)
            {
                // systemd would wait for it longer, and in vain. Removing the cgroup fails next, and names what does not die.
                return;
            }
            using SystemdManager systemd = SystemdManager.Connect(UsesUserManager());
            if (description is null || systemd.Is(unit, description))
            {
                systemd.Stop(unit);
            }
        }
        catch (RuntimeException e)
        {
            Log.Warn(e.Message);
        }
    }

    /// <summary>Sets the properties of a unit that belong to resources.</summary>
    public static void Update(string unit, SpecResources resources)
    {
        using SystemdManager systemd = SystemdManager.Connect(UsesUserManager());
        List<ConfigProblem> problems = [];
        List<UnitProperty> properties = SystemdProperties.ForResources(resources, systemd.Version, problems);
        Report(problems);
        if (properties.Count != 0)
        {
            systemd.SetProperties(unit, properties);
        }
    }

    /// <summary>Throws for errors, all in one message, and logs warnings.</summary>
    internal static void Report(List<ConfigProblem> problems)
    {
        string errors = "";
        foreach (ConfigProblem problem in problems)
        {
            if (problem.IsWarning)
            {
                Log.Warn(problem.ToString());
            }
            else
            {
                errors += (errors.Length == 0 ? "" : "; ") + problem;
            }
        }
        if (errors.Length != 0)
        {
            throw new RuntimeException(errors);
        }
    }
}
