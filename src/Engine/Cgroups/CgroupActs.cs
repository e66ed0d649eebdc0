using System;
using System.Collections.Generic;
using OciRun.Engine.Host;
using OciRun.Engine.Systemd;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Syscalls;

namespace OciRun.Engine.Cgroups;

/// <summary>The steps that make, fill, limit and remove a container's cgroup, by files or by systemd.</summary>
static class CgroupActs
{
    /// <summary>None for a user without root's rights who is not given cgroups, when nothing is asked of one.</summary>
    public static void Make(CgroupStep step, Products made)
    {
        made.Cgroup = made.Site!.TryCreate(step.IsNamed, out RuntimeException? denied);
        made.Record.CgroupPath = made.Cgroup?.Path;
        if (made.Cgroup is { } cgroup)
        {
            // Before anything else can fail.
            if (cgroup.IsNew)
            {
                made.OnUndo(() => cgroup.Remove(Leftovers.Own));
            }
            made.Record.CgroupInode = cgroup.Inode;
            made.Record.CgroupIsShared = !cgroup.IsNew;
            made.OomKills = cgroup.OomKills();
            return;
        }
        bool rootless = made.Globals.Rootless ?? SystemdDriver.UsesUserManager();
        if (!rootless || step.IsAskedFor)
        {
            const string words = "rootless needs no limits + no cgrouppath when no permission is granted for cgroups: ";
            throw rootless ? new RuntimeException(words + denied!.Message, denied.Hint) : denied!;
        }
        Log.Debug("the container has no cgroup of its own: " + denied!.Message);
        made.Directory!.Save(made.Record);
    }

    /// <summary>For a further process; one that is there already is the container's.</summary>
    public static void Open(OpenCgroupStep step, Products made)
    {
        made.Cgroup ??= Cgroup.Open(made.Mount ?? CgroupMount.Find(), step.Path);
        if (made.Cgroup is null && step.Required)
        {
            throw new RuntimeException("--cgroup: there is no cgroup \"" + step.Path + "\"");
        }
    }

    public static void StartUnit(UnitStep step, Products made)
    {
        Cgroup unit = SystemdDriver.Create(made.Mount!, step, made.Process!.Pid);
        made.Cgroup = unit;
        made.OnUndo(() => made.Cgroup!.Remove(Leftovers.Own));
        made.OnUndo(() => SystemdDriver.Stop(step.Location.Unit!, made.Cgroup));
        if (step.SubGroup is { } name)
        {
            made.Cgroup = MoveBelow(made, unit, name);
            unit.Dispose();
        }
        made.Record.CgroupPath = made.Cgroup.Path;
        made.Record.CgroupInode = made.Cgroup.Inode;
    }

    /// <summary>Moves the process, whose cgroup namespace is made, to the cgroup that it is to manage, and gives that to its
    /// user.</summary>
    public static void EnterPayloadCgroup(PayloadCgroupStep step, Products made)
    {
        if (made.Cgroup is null)
        {
            return;
        }
        using Cgroup payload = MoveBelow(made, made.Cgroup, step.Name);
        if (step.Owner is { } uid)
        {
            payload.Delegate(uid);
        }
    }

    static Cgroup MoveBelow(Products made, Cgroup parent, string name)
    {
        Cgroup cgroup = Cgroup.Create(made.Mount!, parent.Path + "/" + name);
        cgroup.AddProcess(made.Process!.Pid);
        // Only now, for a cgroup with processes hands no controllers down.
        CgroupSite.Enable(made.Mount!, cgroup.Path);
        return cgroup;
    }

    public static void AttachDevices(DeviceFilterStep step, Products made)
    {
        if (made.Cgroup is null || DeviceProgram.TryAttach(made.Cgroup, step.Program))
        {
            return;
        }
        if (Syscall.Geteuid() == 0 && !Preflight.InUserNamespace())
        {
            // Root can make device nodes, and would give the container all of the host's.
            throw new RuntimeException(step.ConfigPath + ": cannot enforce the device rules: " +
                ErrorText.Call("bpf", null, Errno.EPERM),
                "bpf(2) needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, and no seccomp filter that blocks it");
        }
        Log.Debug("device rules are not enforced: the kernel refuses eBPF programs on cgroups to this caller");
    }

    public static void Limit(ResourcesStep step, Products made)
    {
        if (made.Cgroup is null)
        {
            return;
        }
        made.Cgroup.Apply(step.Writes);
        // A limit below what init uses now kills it at once, and the write succeeds all the same.
        if (OomReport.HasStruck(made))
        {
            throw new RuntimeException("init was killed when the memory limit was set");
        }
    }

    public static void LimitUnit(UnitMemoryStep step, Products made)
    {
        if (made.Cgroup is not null)
        {
            SystemdDriver.SetProperties(step.Unit, step.Properties);
        }
    }

    /// <summary>The kernel first; then systemd, which would undo it some day. It writes the same files, so that the last word is
    /// ours again, with the values that it rounds.</summary>
    public static void Update(UpdateResourcesStep step, Products made)
    {
        Cgroup cgroup = made.Cgroup!;
        List<(string File, string Value)> old = cgroup.ApplyOrUndo(step.Writes);
        made.OnUndo(() => cgroup.Restore(old));
        if (step.Unit is { } unit)
        {
            SystemdDriver.Update(unit, step.Changes);
            cgroup.Apply(step.Writes);
        }
    }

    public static void StopUnit(StopUnitStep step, Products made)
    {
        using Cgroup? cgroup = Cgroup.OfContainer(made.Record);
        if (IsOurs(cgroup, step.Inode))
        {
            SystemdDriver.Stop(step.Unit, cgroup, step.OnlyOf);
        }
    }

    /// <summary>Not where another cgroup has the name now: then the unit, too, is another's.</summary>
    static bool IsOurs(Cgroup? cgroup, ulong inode)
    {
        bool ours = cgroup is null || inode == 0 || cgroup.Inode == inode;
        if (!ours)
        {
            Log.Debug("cgroup " + cgroup!.Path + " is left alone: it is not the one that the container had");
        }
        return ours;
    }

    public static void Remove(RemoveCgroupStep step, Products made)
    {
        using Cgroup? cgroup = Cgroup.OfContainer(made.Record);
        if (cgroup is null || !IsOurs(cgroup, step.Inode))
        {
            return;
        }
        if (step.Thaw)
        {
            cgroup.Thaw();
        }
        cgroup.Remove(step.Leftovers);
    }
}
