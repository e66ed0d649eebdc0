using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary>Rules of <c>update</c>: what is absent stays.</summary>
public static class ResourceMerge
{
    /// <summary>The resources of a container after an update. Device rules are those of the container: callers send a bare
    /// deny-all along that would take /dev/null away.</summary>
    public static SpecResources Merge(SpecResources? current, SpecResources update)
    {
        current ??= new SpecResources();
        return new SpecResources
        {
            Devices = current.Devices,
            Memory = Memory(current.Memory, update.Memory),
            Cpu = Cpu(current.Cpu, update.Cpu),
            Pids = update.Pids?.Limit is null ? current.Pids : update.Pids,
            BlockIO = BlockIO(current.BlockIO, update.BlockIO),
            HugepageLimits = Hugepages(current.HugepageLimits, update.HugepageLimits),
            Network = update.Network ?? current.Network,
            Rdma = Dictionary(current.Rdma, update.Rdma),
            Unified = Dictionary(current.Unified, update.Unified),
        };
    }

    /// <summary>What an update has to write: its own members, and from the merged resources those that share a file with one of
    /// them.</summary>
    public static SpecResources Delta(SpecResources update, SpecResources merged) => new()
    {
        Memory = update.Memory is not { } memory ? null : new SpecMemory
        {
            Limit = memory.Limit is null && memory.Swap is null ? null : merged.Memory!.Limit,
            Swap = memory.Limit is null && memory.Swap is null ? null : merged.Memory!.Swap,
            Reservation = memory.Reservation,
            Kernel = memory.Kernel,
            KernelTCP = memory.KernelTCP,
            Swappiness = memory.Swappiness,
            DisableOOMKiller = memory.DisableOOMKiller,
            // The container's own config asks for it too, for every update to come.
            CheckBeforeUpdate = memory.CheckBeforeUpdate ?? merged.Memory!.CheckBeforeUpdate,
        },
        Cpu = update.Cpu is not { } cpu ? null : CpuDelta(cpu, merged.Cpu!),
        Pids = update.Pids,
        BlockIO = update.BlockIO,
        HugepageLimits = update.HugepageLimits,
        Network = update.Network,
        Rdma = update.Rdma,
        Unified = update.Unified,
    };

    static SpecCpu CpuDelta(SpecCpu cpu, SpecCpu merged)
    {
        bool bandwidth = cpu.Quota is not (null or 0) || cpu.Period is not (null or 0);
        // While the container is idle its weight is only remembered: the kernel would refuse it.
        bool weight = cpu.Shares is not null && merged.Idle != 1;
        return new SpecCpu
        {
            Shares = weight ? cpu.Shares : null,
            Idle = cpu.Idle,
            Quota = bandwidth ? merged.Quota : null,
            Period = bandwidth ? merged.Period : null,
            Burst = cpu.Burst,
            RealtimePeriod = cpu.RealtimePeriod,
            RealtimeRuntime = cpu.RealtimeRuntime,
            Cpus = cpu.Cpus,
            Mems = cpu.Mems,
        };
    }

    /// <summary>Zero means untouched, as in create. Lifting the memory limit lifts the swap limit that was counted from
    /// it.</summary>
    static SpecMemory? Memory(SpecMemory? current, SpecMemory? update)
    {
        if (update is null)
        {
            return current;
        }
        current ??= new SpecMemory();
        long? swap = Given(update.Swap);
        return new SpecMemory
        {
            Limit = Given(update.Limit) ?? current.Limit,
            Swap = swap ?? (update.Limit == -1 ? null : current.Swap),
            Reservation = Given(update.Reservation) ?? current.Reservation,
            Kernel = Given(update.Kernel) ?? current.Kernel,
            KernelTCP = Given(update.KernelTCP) ?? current.KernelTCP,
            Swappiness = update.Swappiness ?? current.Swappiness,
            DisableOOMKiller = update.DisableOOMKiller ?? current.DisableOOMKiller,
            UseHierarchy = update.UseHierarchy ?? current.UseHierarchy,
            CheckBeforeUpdate = current.CheckBeforeUpdate,
        };
    }

    static long? Given(long? value) => value == 0 ? null : value;

    static ulong? Given(ulong? value) => value == 0 ? null : value;

    static string? Given(string? value) => value?.Length == 0 ? null : value;

    /// <summary>Idle without shares forgets the shares: the kernel gives the cgroup a weight of its own when idle
    /// changes.</summary>
    static SpecCpu? Cpu(SpecCpu? current, SpecCpu? update)
    {
        if (update is null)
        {
            return current;
        }
        current ??= new SpecCpu();
        ulong? shares = Given(update.Shares) ?? (update.Idle is null ? current.Shares : null);
        return new SpecCpu
        {
            Shares = shares,
            Quota = Given(update.Quota) ?? current.Quota,
            Period = Given(update.Period) ?? current.Period,
            Burst = update.Burst ?? current.Burst,
            RealtimeRuntime = Given(update.RealtimeRuntime) ?? current.RealtimeRuntime,
            RealtimePeriod = Given(update.RealtimePeriod) ?? current.RealtimePeriod,
            Cpus = Given(update.Cpus) ?? current.Cpus,
            Mems = Given(update.Mems) ?? current.Mems,
            Idle = update.Idle ?? current.Idle,
        };
    }

    static SpecBlockIO? BlockIO(SpecBlockIO? current, SpecBlockIO? update)
    {
        if (update is null)
        {
            return current;
        }
        current ??= new SpecBlockIO();
        return new SpecBlockIO
        {
            Weight = update.Weight is null or 0 ? current.Weight : update.Weight,
            LeafWeight = update.LeafWeight is null or 0 ? current.LeafWeight : update.LeafWeight,
            WeightDevice = Weights(current.WeightDevice, update.WeightDevice),
            ThrottleReadBpsDevice = Throttles(current.ThrottleReadBpsDevice, update.ThrottleReadBpsDevice),
            ThrottleWriteBpsDevice = Throttles(current.ThrottleWriteBpsDevice, update.ThrottleWriteBpsDevice),
            ThrottleReadIOPSDevice = Throttles(current.ThrottleReadIOPSDevice, update.ThrottleReadIOPSDevice),
            ThrottleWriteIOPSDevice = Throttles(current.ThrottleWriteIOPSDevice, update.ThrottleWriteIOPSDevice),
        };
    }

    static List<SpecThrottleDevice>? Throttles(List<SpecThrottleDevice>? current, List<SpecThrottleDevice>? update)
    {
        if (current is null || update is null)
        {
            return update ?? current;
        }
        List<SpecThrottleDevice> merged = [.. current];
        foreach (SpecThrottleDevice device in update)
        {
            merged.RemoveAll(d => d.Major == device.Major && d.Minor == device.Minor);
            merged.Add(device);
        }
        return merged;
    }

    static List<SpecWeightDevice>? Weights(List<SpecWeightDevice>? current, List<SpecWeightDevice>? update)
    {
        if (current is null || update is null)
        {
            return update ?? current;
        }
        List<SpecWeightDevice> merged = [.. current];
        foreach (SpecWeightDevice device in update)
        {
            merged.RemoveAll(d => d.Major == device.Major && d.Minor == device.Minor);
            merged.Add(device);
        }
        return merged;
    }

    static List<SpecHugepageLimit>? Hugepages(List<SpecHugepageLimit>? current, List<SpecHugepageLimit>? update)
    {
        if (current is null || update is null)
        {
            return update ?? current;
        }
        List<SpecHugepageLimit> merged = [.. current];
        foreach (SpecHugepageLimit limit in update)
        {
            merged.RemoveAll(l => l.PageSize == limit.PageSize);
            merged.Add(limit);
        }
        return merged;
    }

    static Dictionary<string, T>? Dictionary<T>(Dictionary<string, T>? current, Dictionary<string, T>? update)
    {
        if (current is null || update is null)
        {
            return update ?? current;
        }
        Dictionary<string, T> merged = new(current);
        foreach ((string key, T value) in update)
        {
            merged[key] = value;
        }
        return merged;
    }
}
