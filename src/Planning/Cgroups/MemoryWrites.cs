using System.Globalization;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary>The memory controller.</summary>
public static class MemoryWrites
{
    const string Path = "linux.resources.memory";

    internal static void Add(SpecMemory? memory, WriteList writes)
    {
        if (memory is null)
        {
            return;
        }
        CheckUnsupported(memory, writes);
        bool sane = IsSane(memory.Limit, Path + ".limit", writes) & IsSane(memory.Swap, Path + ".swap", writes);
        if (sane)
        {
            AddSwap(memory, writes);
            AddBytes("memory.max", memory.Limit, Path + ".limit", memory.CheckBeforeUpdate ?? false, writes);
        }
        if (IsSane(memory.Reservation, Path + ".reservation", writes))
        {
            AddBytes("memory.low", memory.Reservation, Path + ".reservation", false, writes);
        }
    }

    /// <summary>The specification's swap is memory and swap together; memory.swap.max is swap alone. Before memory.max, so that
    /// lowering both does not let the container swap out more than it may keep.</summary>
    static void AddSwap(SpecMemory memory, WriteList writes)
    {
        string? value = ConvertSwap(memory.Swap, memory.Limit, out string? error);
        if (error is not null)
        {
            writes.Problem(Path + ".swap", error);
        }
        else if (value is not null)
        {
            writes.Add(new CgroupWrite("memory.swap.max", value, "memory", Path + ".swap")
            {
                IsDefault = value == "max",
                // Without swap accounting (no CONFIG_SWAP, swapaccount=0) nothing is the same as no limit, and "no swap at all"
                // holds on a host that has none.
                IgnoreMissing = value is "max" or "0",
            });
        }
    }

    /// <summary>Value of memory.swap.max for the specification's memory.swap; null leaves the file alone.</summary>
    public static string? ConvertSwap(long? swap, long? limit, out string? error)
    {
        error = null;
        long total = swap ?? 0;
        long memory = limit ?? 0;
        if (total == -1 || (total == 0 && memory == -1))
        {
            return "max";
        }
        if (total == 0)
        {
            return null;
        }
        if (memory <= 0)
        {
            error = "unable to set swap limit without memory limit";
            return null;
        }
        if (total < memory)
        {
            error = "memory and swap together (" + Text(total) + ") must not be less than memory.limit (" + Text(memory) + ")";
            return null;
        }
        return Text(total - memory);
    }

    static void AddBytes(string file, long? bytes, string path, bool checkUsage, WriteList writes)
    {
        if (bytes is not (null or 0))
        {
            string value = bytes == -1 ? "max" : Text(bytes.Value);
            // -1 for memory.low means "protect everything", which is not what a new cgroup has.
            bool isDefault = bytes == -1 && file != "memory.low";
            bool check = checkUsage && bytes > 0;
            writes.Add(new CgroupWrite(file, value, "memory", path) { IsDefault = isDefault, CheckUsage = check });
        }
    }

    static bool IsSane(long? bytes, string path, WriteList writes)
    {
        if (bytes is < -1)
        {
            writes.Problem(path, "must be a number of bytes, or -1 for no limit, not " + Text(bytes.Value));
            return false;
        }
        return true;
    }

    static void CheckUnsupported(SpecMemory memory, WriteList writes)
    {
        if (memory.Kernel is not (null or 0 or -1))
        {
            writes.Warning(Path + ".kernel", "obsolete and ignored: cgroup v2 counts kernel memory in memory.limit");
        }
        if (memory.KernelTCP is not (null or 0 or -1))
        {
            writes.Warning(Path + ".kernelTCP", "obsolete and ignored: cgroup v2 counts socket buffers in memory.limit");
        }
        if (memory.Swappiness is not null)
        {
            writes.Warning(Path + ".swappiness", "ignored: cgroup v2 has no swappiness per cgroup; set memory.swap instead");
        }
        if (memory.DisableOOMKiller == true)
        {
            writes.Warning(Path + ".disableOOMKiller", "ignored: cgroup v2 cannot disable the OOM killer for a cgroup");
        }
    }

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
