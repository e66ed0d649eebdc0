using OciRun.Kernel;
using OciRun.Planning.Sections;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config.md, "scheduler", "ioPriority" and "execCPUAffinity".</summary>
static class SchedulingRules
{
    public static void Check(SpecProcess process, Rules rules)
    {
        if (process.Scheduler is not null)
        {
            CheckScheduler(process.Scheduler, rules);
        }

        if (process.IoPriority is not null)
        {
            CheckIoPriority(process.IoPriority, rules);
        }

        CheckCpus(process.ExecCPUAffinity?.Initial, "execCPUAffinity.initial", rules);
        CheckCpus(process.ExecCPUAffinity?.Final, "execCPUAffinity.final", rules);
    }

    static void CheckScheduler(SpecScheduler scheduler, Rules rules)
    {
        if (string.IsNullOrEmpty(scheduler.Policy))
        {
            rules.Missing("scheduler.policy");
            return;
        }

        if (SchedulingWords.SchedulerPolicies[scheduler.Policy] is not int policy)
        {
            rules.Problem("scheduler.policy", $"unknown policy \"{scheduler.Policy}\"");
            return;
        }

        if (scheduler.Policy == "SCHED_ISO")
        {
            rules.Refusal("scheduler.policy", "SCHED_ISO has never been in the kernel; SCHED_RR comes closest");
        }

        for (int i = 0; i < (scheduler.Flags?.Count ?? 0); i++)
        {
            if (SchedulingWords.SchedulerFlags[scheduler.Flags![i]] is null)
            {
                rules.Problem(ConfigPath.Item("scheduler.flags", i), $"unknown flag \"{scheduler.Flags[i]}\"");
            }
        }

        CheckPriorities(scheduler, policy, rules);
        CheckDeadline(scheduler, policy, rules);
    }

    static void CheckPriorities(SpecScheduler scheduler, int policy, Rules rules)
    {
        bool realtime = policy is SchedPolicy.SCHED_FIFO or SchedPolicy.SCHED_RR;
        if (scheduler.Nice is < -20 or > 19)
        {
            rules.Problem("scheduler.nice", $"{scheduler.Nice} is out of range (-20 to 19)");
        }

        if (realtime && scheduler.Priority is (< 1 or > 99))
        {
            rules.Problem("scheduler.priority", $"{scheduler.Priority} is out of range (1 to 99 with {scheduler.Policy})");
        }
        else if (!realtime && scheduler.Priority != 0)
        {
            rules.Problem("scheduler.priority", $"must be 0 with {scheduler.Policy}; only SCHED_FIFO and SCHED_RR have one");
        }
    }

    /// <summary>The conditions of __checkparam_dl in the kernel, which answers EINVAL to all of them alike; see
    /// sched(7).</summary>
    static void CheckDeadline(SpecScheduler scheduler, int policy, Rules rules)
    {
        const ulong minRuntime = 1024;
        if (policy != SchedPolicy.SCHED_DEADLINE)
        {
            if ((scheduler.Runtime | scheduler.Deadline | scheduler.Period) != 0)
            {
                rules.Problem("scheduler", $"runtime, deadline and period are for SCHED_DEADLINE, not {scheduler.Policy}");
            }

            return;
        }

        if (scheduler.Runtime < minRuntime)
        {
            rules.Problem("scheduler.runtime", $"{scheduler.Runtime} ns is too little; the kernel takes {minRuntime} and more");
        }

        if (scheduler.Runtime > scheduler.Deadline)
        {
            rules.Problem("scheduler.deadline", $"{scheduler.Deadline} ns is less than the runtime of {scheduler.Runtime} ns");
        }

        if (scheduler.Period != 0 && scheduler.Deadline > scheduler.Period)
        {
            rules.Problem("scheduler.period", $"{scheduler.Period} ns is less than the deadline of {scheduler.Deadline} ns");
        }
    }

    static void CheckIoPriority(SpecIoPriority io, Rules rules)
    {
        if (string.IsNullOrEmpty(io.Class))
        {
            rules.Missing("ioPriority.class");
        }
        else if (SchedulingWords.IoPriorityClasses[io.Class] is null)
        {
            rules.Problem("ioPriority.class", $"\"{io.Class}\" is none of {SchedulingWords.IoPriorityClasses}");
        }

        if (io.Priority is < 0 or >= IoPrio.IOPRIO_NR_LEVELS)
        {
            rules.Problem("ioPriority.priority", $"{io.Priority} is out of range (0 to {IoPrio.IOPRIO_NR_LEVELS - 1})");
        }
    }

    static void CheckCpus(string? list, string path, Rules rules)
    {
        if (!string.IsNullOrEmpty(list) && !NumberList.IsOne(list))
        {
            rules.Problem(path, $"\"{list}\" is not a list of CPUs such as 0-3,7");
        }
    }
}
