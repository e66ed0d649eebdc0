using OciRun.Planning.Steps;

namespace OciRun.Engine.Cgroups;

/// <summary>Cgroups below a container's unit, which annotations ask for as with crun: one that holds the container and its limits, and below it one
/// that the payload manages, with the first as the root of its cgroup namespace.</summary>
static class UnitSubGroup
{
    /// <summary>Moves the process from the unit's cgroup to the one below it that the config names.</summary>
    /// <returns>The container's cgroup: <paramref name="unit"/> itself when the config names none.</returns>
    public static Cgroup Enter(CgroupMount mount, Cgroup unit, CgroupStep step, int pid)
    {
        return step.SubGroup is { } name ? MoveBelow(mount, unit, name, pid) : unit;
    }

    /// <summary>Moves the process, whose cgroup namespace is made, to the cgroup that it is to manage, and gives that to its user.</summary>
    public static void Delegate(CgroupMount mount, Cgroup container, CgroupStep step, int pid, uint? owner)
    {
        using Cgroup payload = MoveBelow(mount, container, step.Delegated!, pid);
        if (owner is { } uid)
        {
            payload.Delegate(uid);
        }
    }

    static Cgroup MoveBelow(CgroupMount mount, Cgroup parent, string name, int pid)
    {
        Cgroup cgroup = Cgroup.Create(mount, parent.Path + "/" + name);
        cgroup.AddProcess(pid);
        // Only now, for a cgroup with processes hands no controllers down.
        CgroupSite.Enable(mount, cgroup.Path);
        return cgroup;
    }
}
