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
    public static void Add(RuntimeSpec spec, SpecProcess process, List<Step> steps)
    {
        if (process.Scheduler is { Policy: not null } scheduler)
        {
            AddScheduler(scheduler, steps);
        }
        if (process.IoPriority is { Class: not null } priority)
        {
            int kind = priority.Class switch { "IOPRIO_CLASS_RT" => 1, "IOPRIO_CLASS_BE" => 2, _ => 3 };
            // IOPRIO_WHO_PGRP 0: the group of the process, which setsid has just made its own.
            steps.Add(Call(Sys.ioprio_set, "process.ioPriority", $"set the I/O priority to {priority.Class} {priority.Priority}",
                "the real-time class needs CAP_SYS_ADMIN or CAP_SYS_NICE", 2, 0, unchecked((ulong)(kind << 13 | priority.Priority))));
        }
        if (spec.Linux?.Personality?.Domain is { } domain)
        {
            steps.Add(Call(Sys.personality, "linux.personality", "set the personality to " + domain, null, domain == "LINUX32" ? 8UL : 0));
        }
        if (spec.Linux?.MemoryPolicy is { Mode: not null } policy)
        {
            AddMemoryPolicy(policy, steps);
        }
    }

    static ProcessCallStep Call(long number, string path, string words, string? hint, params ulong[] arguments) =>
        new() { ConfigPath = path, Number = number, Words = words, Arguments = _ => arguments, HintText = hint };

    /// <summary>struct sched_attr, first version: 48 bytes (sched_setattr(2)).</summary>
    static void AddScheduler(SpecScheduler scheduler, List<Step> steps)
    {
        byte[] attr = new byte[48];
        MemoryMarshal.Write(attr.AsSpan(0), 48u);
        MemoryMarshal.Write(attr.AsSpan(4), PolicyOf(scheduler.Policy!));
        ulong flags = 0;
        foreach (string flag in scheduler.Flags ?? [])
        {
            flags |= FlagOf(flag);
        }
        MemoryMarshal.Write(attr.AsSpan(8), flags);
        MemoryMarshal.Write(attr.AsSpan(16), scheduler.Nice);
        MemoryMarshal.Write(attr.AsSpan(20), unchecked((uint)scheduler.Priority));
        MemoryMarshal.Write(attr.AsSpan(24), scheduler.Runtime);
        MemoryMarshal.Write(attr.AsSpan(32), scheduler.Deadline);
        MemoryMarshal.Write(attr.AsSpan(40), scheduler.Period);
        steps.Add(new ProcessCallStep
        {
            ConfigPath = "process.scheduler",
            Number = Sys.sched_setattr,
            Words = "set the scheduler to " + scheduler.Policy,
            Arguments = image => [0, image.Bytes(attr), 0],
            HintText = "real-time policies need CAP_SYS_NICE; SCHED_DEADLINE does not go with a restricted cpuset",
        });
    }

    static uint PolicyOf(string policy) => policy switch
    {
        "SCHED_FIFO" => 1,
        "SCHED_RR" => 2,
        "SCHED_BATCH" => 3,
        "SCHED_ISO" => 4,
        "SCHED_IDLE" => 5,
        "SCHED_DEADLINE" => 6,
        _ => 0,
    };

    static ulong FlagOf(string flag) => flag switch
    {
        "SCHED_FLAG_RESET_ON_FORK" => 0x01,
        "SCHED_FLAG_RECLAIM" => 0x02,
        "SCHED_FLAG_DL_OVERRUN" => 0x04,
        "SCHED_FLAG_KEEP_POLICY" => 0x08,
        "SCHED_FLAG_KEEP_PARAMS" => 0x10,
        "SCHED_FLAG_UTIL_CLAMP_MIN" => 0x20,
        "SCHED_FLAG_UTIL_CLAMP_MAX" => 0x40,
        _ => 0,
    };

    static void AddMemoryPolicy(SpecMemoryPolicy policy, List<Step> steps)
    {
        ulong mode = policy.Mode switch
        {
            "MPOL_PREFERRED" => 1,
            "MPOL_BIND" => 2,
            "MPOL_INTERLEAVE" => 3,
            "MPOL_LOCAL" => 4,
            "MPOL_PREFERRED_MANY" => 5,
            "MPOL_WEIGHTED_INTERLEAVE" => 6,
            _ => 0,
        };
        foreach (string flag in policy.Flags ?? [])
        {
            mode |= flag switch { "MPOL_F_STATIC_NODES" => 1u << 15, "MPOL_F_RELATIVE_NODES" => 1u << 14, _ => 1u << 13 };
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
            Arguments = image => nodes.Length == 0 ? [mode, 0, 0] : [mode, image.Bytes(nodes), (ulong)nodes.Length * 8 + 1],
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
