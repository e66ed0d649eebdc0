using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>Scheduler, I/O priority, memory policy and personality: one system call each, set just before the payload.</summary>
static class ProcessAttributes
{
    public static void Add(RuntimeSpec spec, SpecProcess process, List<Step> steps, bool lateScheduler)
    {
        if (process.Scheduler is { Policy: not null } scheduler && !(lateScheduler && MustBeLate(scheduler)))
        {
            AddScheduler(scheduler, steps);
        }
        if (process.IoPriority is { Class: not null } priority)
        {
            int kind = SpecWords.IoPriorityClass(priority.Class) ?? IoPrioClass.IOPRIO_CLASS_IDLE;
            // 0 is the group of the process, which setsid has just made its own.
            steps.Add(Call(Sys.ioprio_set, "process.ioPriority", $"set the I/O priority to {priority.Class} {priority.Priority}",
                "the real-time class needs CAP_SYS_ADMIN or CAP_SYS_NICE",
                IoPrio.IOPRIO_WHO_PGRP, 0, unchecked((ulong)(kind << IoPrio.IOPRIO_CLASS_SHIFT | priority.Priority))));
        }
        if (spec.Linux?.Personality?.Domain is { } domain)
        {
            steps.Add(Call(Sys.personality, "linux.personality", "set the personality to " + domain, null,
                (ulong)(SpecWords.PersonalityDomain(domain) ?? Personality.PER_LINUX)));
        }
        if (spec.Linux?.MemoryPolicy is { Mode: not null } policy)
        {
            AddMemoryPolicy(policy, steps);
        }
    }

    static ProcessCallStep Call(long number, string path, string words, string? hint, params ulong[] arguments) =>
        new() { ConfigPath = path, Number = number, Words = words, Arguments = _ => arguments, HintText = hint };

    /// <summary>Whether a process with this policy cannot leave a child in its place that has it too (sched(7)).</summary>
    public static bool MustBeLate(SpecScheduler scheduler) =>
        scheduler.Policy == "SCHED_DEADLINE" || scheduler.Flags?.Contains("SCHED_FLAG_RESET_ON_FORK") == true;

    /// <summary>The first version of struct sched_attr, which every kernel takes (sched_setattr(2)).</summary>
    public static byte[] SchedulerBytes(SpecScheduler scheduler)
    {
        int flags = 0;
        foreach (string flag in scheduler.Flags ?? [])
        {
            flags |= SpecWords.SchedulerFlag(flag) ?? 0;
        }
        Span<SchedAttr> value =
        [
            new SchedAttr
            {
                size = SchedAttr.SCHED_ATTR_SIZE_VER0,
                sched_policy = (uint)(SpecWords.SchedulerPolicy(scheduler.Policy) ?? SchedPolicy.SCHED_NORMAL),
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

    static void AddScheduler(SpecScheduler scheduler, List<Step> steps)
    {
        byte[] attr = SchedulerBytes(scheduler);
        steps.Add(new ProcessCallStep
        {
            ConfigPath = "process.scheduler",
            Number = Sys.sched_setattr,
            Words = "set the scheduler to " + scheduler.Policy,
            Arguments = image => [0, image.Bytes(attr), 0],
            HintText = "real-time policies need CAP_SYS_NICE; SCHED_DEADLINE does not go with a restricted cpuset",
        });
    }

    static void AddMemoryPolicy(SpecMemoryPolicy policy, List<Step> steps)
    {
        int mode = SpecWords.MemoryMode(policy.Mode) ?? MemPolicyMode.MPOL_DEFAULT;
        foreach (string flag in policy.Flags ?? [])
        {
            mode |= SpecWords.MemoryFlag(flag) ?? 0;
        }
        byte[]? nodes = string.IsNullOrEmpty(policy.Nodes) ? [] : NumberMask(policy.Nodes, 1024);
        if (nodes is null)
        {
            return;
        }
        steps.Add(new ProcessCallStep
        {
            ConfigPath = "linux.memoryPolicy",
            Number = Sys.set_mempolicy,
            Words = "set the memory policy to " + policy.Mode + (nodes.Length == 0 ? "" : " on nodes " + policy.Nodes),
            // The kernel reads one bit less than it is told (set_mempolicy(2), "BUGS").
            Arguments = image => nodes.Length == 0 ? [(ulong)mode, 0, 0] : [(ulong)mode, image.Bytes(nodes), (ulong)nodes.Length * 8 + 1],
            HintText = "a node is not there, or has no memory, or the kernel does not know the mode",
        });
    }

    /// <summary>Bit mask of a list of numbers below <paramref name="most"/>, in whole 64-bit words; null when the text is no list.</summary>
    public static byte[]? NumberMask(string list, int most)
    {
        byte[] mask = new byte[most / 8];
        int last = -1;
        foreach (string part in list.Split(','))
        {
            string text = part.Trim();
            int dash = text.IndexOf('-');
            if (!int.TryParse(dash < 0 ? text : text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out int first) ||
                !int.TryParse(dash < 0 ? text : text[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int end) ||
                end < first || end >= most)
            {
                return null;
            }
            for (int i = first; i <= end; i++)
            {
                mask[i / 8] |= (byte)(1 << i % 8);
            }
            last = Math.Max(last, end);
        }
        return mask.AsSpan(0, (last / 64 + 1) * 8).ToArray();
    }
}
