using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning.Sections;

/// <summary>Scheduler, I/O priority, memory policy, personality and CPU affinity.</summary>
sealed class SchedulingSection(PlanDraft draft)
{
    /// <summary>What a process sets itself.</summary>
    public void PlanAttributes(SpecProcess process)
    {
        if (process.Scheduler is { Policy: not null } scheduler && !(draft.ClonesAtLast && MustBeLate(scheduler)))
        {
            AddScheduler(scheduler);
        }
        if (process.IoPriority is { Class: not null } priority)
        {
            int kind = SchedulingWords.IoPriorityClasses[priority.Class] ?? IoPrioClass.IOPRIO_CLASS_IDLE;
            // 0 is the group of the process, which setsid has just made its own.
            draft.Add(ProcessCallStep.Of(Sys.ioprio_set, "process.ioPriority",
                $"set the I/O priority to {priority.Class} {priority.Priority}",
                "the real-time class needs CAP_SYS_ADMIN or CAP_SYS_NICE",
                IoPrio.IOPRIO_WHO_PGRP, 0, unchecked((ulong)(kind << IoPrio.IOPRIO_CLASS_SHIFT | priority.Priority))));
        }
        if (draft.Linux.Personality?.Domain is { } domain)
        {
            draft.Add(ProcessCallStep.Of(Sys.personality, "linux.personality", "set the personality to " + domain, null,
                (ulong)(SchedulingWords.PersonalityDomains[domain] ?? Personality.PER_LINUX)));
        }
        if (draft.Linux.MemoryPolicy is { Mode: not null } policy)
        {
            AddMemoryPolicy(policy);
        }
    }

    /// <summary>Whether a process with this policy cannot leave a child in its place that has it too (sched(7)).</summary>
    static bool MustBeLate(SpecScheduler scheduler) =>
        scheduler.Policy == "SCHED_DEADLINE" || scheduler.Flags?.Contains("SCHED_FLAG_RESET_ON_FORK") == true;

    /// <summary>The first version of struct sched_attr, which every kernel takes (sched_setattr(2)).</summary>
    static byte[] SchedulerBytes(SpecScheduler scheduler)
    {
        int flags = 0;
        foreach (string flag in scheduler.Flags ?? [])
        {
            flags |= SchedulingWords.SchedulerFlags[flag] ?? 0;
        }
        Span<SchedAttr> value =
        [
            new SchedAttr
            {
                size = SchedAttr.SCHED_ATTR_SIZE_VER0,
                sched_policy = (uint)(SchedulingWords.SchedulerPolicies[scheduler.Policy] ?? SchedPolicy.SCHED_NORMAL),
                sched_flags = (ulong)flags,
                sched_nice = scheduler.Nice,
                sched_priority = unchecked((uint)scheduler.Priority),
                sched_runtime = scheduler.Runtime,
                sched_deadline = scheduler.Deadline,
                sched_period = scheduler.Period,
            },
        ];
        return MemoryMarshal.AsBytes(value)[..SchedAttr.SCHED_ATTR_SIZE_VER0].ToArray();
    }

    void AddScheduler(SpecScheduler scheduler)
    {
        byte[] attr = SchedulerBytes(scheduler);
        draft.Add(new ProcessCallStep
        {
            ConfigPath = "process.scheduler",
            Number = Sys.sched_setattr,
            Words = "set the scheduler to " + scheduler.Policy,
            Arguments = program => [0, program.Bytes(attr), 0],
            HintText = "real-time policies need CAP_SYS_NICE; SCHED_DEADLINE does not go with a restricted cpuset",
        });
    }

    void AddMemoryPolicy(SpecMemoryPolicy policy)
    {
        int mode = SchedulingWords.MemoryModes[policy.Mode] ?? MemPolicyMode.MPOL_DEFAULT;
        foreach (string flag in policy.Flags ?? [])
        {
            mode |= SchedulingWords.MemoryFlags[flag] ?? 0;
        }
        byte[]? nodes = string.IsNullOrEmpty(policy.Nodes) ? [] : NumberList.Mask(policy.Nodes, 1024);
        if (nodes is null)
        {
            return;
        }
        draft.Add(new ProcessCallStep
        {
            ConfigPath = "linux.memoryPolicy",
            Number = Sys.set_mempolicy,
            Words = "set the memory policy to " + policy.Mode + (nodes.Length == 0 ? "" : " on nodes " + policy.Nodes),
            // The kernel reads one bit less than it is told (set_mempolicy(2), "BUGS").
            Arguments = program => nodes.Length == 0
                ? [(ulong)mode, 0, 0]
                : [(ulong)mode, program.Bytes(nodes), (ulong)nodes.Length * 8 + 1],
            HintText = "a node is not there, or has no memory, or the kernel does not know the mode",
        });
    }

    /// <summary>config.md, "execCPUAffinity": initial, from before the process is born until it is.</summary>
    public void PlanInitialAffinity()
    {
        if (draft.Spec.Process?.ExecCPUAffinity?.Initial is { Length: > 0 } initial && Cpus(initial, "initial") is { } cpus)
        {
            draft.Add(new InitialAffinityStep { ConfigPath = "process.execCPUAffinity.initial", Cpus = cpus, List = initial });
        }
    }

    /// <summary>The runtime itself gets back what it had.</summary>
    public void PlanRestoredAffinity()
    {
        if (draft.Spec.Process?.ExecCPUAffinity?.Initial is { Length: > 0 })
        {
            draft.Add(new RestoreAffinityStep());
        }
    }

    /// <summary>config.md, "execCPUAffinity". Without it, a process gets all CPUs and not those that the caller happens to
    /// have.</summary>
    public void PlanExecAffinity()
    {
        SpecCpuAffinity? affinity = draft.Spec.Process?.ExecCPUAffinity;
        if (string.IsNullOrEmpty(affinity?.Initial) && string.IsNullOrEmpty(affinity?.Final))
        {
            PlanAllCpus();
        }
    }

    /// <summary>All CPUs, and not those that the caller happens to have.</summary>
    public void PlanAllCpus() => draft.Add(new AffinityStep { Cpus = null });

    /// <summary>config.md, "execCPUAffinity": final, of a process of exec.</summary>
    public void PlanFinalAffinity(SpecProcess process)
    {
        if (draft.Options.IsExec && process.ExecCPUAffinity?.Final is { Length: > 0 } final && Cpus(final, "final") is { } cpus)
        {
            draft.Add(new AffinityStep { ConfigPath = "process.execCPUAffinity.final", Cpus = cpus, List = final });
        }
    }

    /// <summary>A process of SCHED_DEADLINE cannot clone, and with RESET_ON_FORK its child would not have the policy (sched(7)):
    /// the runtime gives it to the finished process.</summary>
    public void PlanLateScheduler(SpecProcess process)
    {
        if (process.Scheduler is { } scheduler && MustBeLate(scheduler))
        {
            draft.Add(new SchedulerStep
            {
                ConfigPath = "process.scheduler",
                Policy = scheduler.Policy!,
                Attributes = SchedulerBytes(scheduler),
            });
        }
    }

    byte[]? Cpus(string list, string field)
    {
        byte[]? mask = NumberList.Mask(list, AffinityStep.MostCpus);
        if (mask is null)
        {
            draft.Problem("process.execCPUAffinity." + field,
                "\"" + list + "\" is not a list of CPUs below " + AffinityStep.MostCpus + " such as 0-3,7");
        }
        return mask;
    }
}
