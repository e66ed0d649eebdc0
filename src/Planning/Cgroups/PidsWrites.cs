using System.Globalization;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary>The pids controller.</summary>
static class PidsWrites
{
    /// <summary>Zero becomes 1: a limit of 0 would refuse the container's own init when it is forked into the cgroup.</summary>
    public static void Add(SpecPids? pids, WriteList writes)
    {
        if (pids?.Limit is not { } limit)
        {
            return;
        }
        string value = limit < 0 ? "max" : (limit == 0 ? 1 : limit).ToString(CultureInfo.InvariantCulture);
        writes.Add(new CgroupWrite("pids.max", value, "pids", "linux.resources.pids.limit") { IsDefault = limit < 0 });
    }
}
