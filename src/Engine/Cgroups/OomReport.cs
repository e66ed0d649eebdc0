using System;
using System.Globalization;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Steps;
using OciRun.Syscalls;

namespace OciRun.Engine.Cgroups;

/// <summary>Says so when a failure was the memory limit's doing: what one sees otherwise is an init that is gone.</summary>
static class OomReport
{
    const string MemoryMax = "memory.max";

    /// <summary>Whether the kernel has killed in the cgroup since the plan began. The cgroup's count says so. A unit of systemd
    /// may be gone with its count: then, with a memory limit, a process that somebody killed before anybody but the kernel had a
    /// reason to.</summary>
    public static bool HasStruck(Products made)
    {
        // Kept: between two looks systemd may stop the empty unit, and the count goes with it. It may even be gone before the
        // first look, when the runtime has not noticed yet that init is dead.
        if (!made.WasOomKilled && made.Cgroup is { } cgroup)
        {
            made.WasOomKilled = cgroup.TryRead("memory.events", out _) == 0
                ? cgroup.OomKills() > made.OomKills
                : made.Record.SystemdUnit is not null && LimitOf(made) is not null && made.Process?.WasKilled() == true;
        }
        return made.WasOomKilled;
    }

    /// <summary>As in the cgroup's files, the last word counts.</summary>
    static CgroupWrite? LimitOf(Products made)
    {
        CgroupWrite? limit = null;
        foreach (CgroupWrite write in made.Plan.Find<ResourcesStep>()?.Writes ?? [])
        {
            limit = write.File == MemoryMax ? write : limit;
        }
        return limit;
    }

    /// <summary>An error to report instead of <paramref name="failure"/> when the OOM killer has struck; null when it has
    /// not.</summary>
    public static RuntimeException? Explain(Products made, RuntimeException failure)
    {
        if (made.Plan.Options.IsExec)
        {
            return failure.Message.Contains("SIGKILL", StringComparison.Ordinal) && Hint(made.Cgroup) is { } hint
                ? new RuntimeException(failure.Message, hint, failure.ExitCode)
                : null;
        }
        if (!HasStruck(made))
        {
            return null;
        }
        Cgroup cgroup = made.Cgroup!;
        CgroupWrite? configured = LimitOf(made);
        string limit = cgroup.TryRead(MemoryMax, out string max) == 0 ? max.Trim() : configured?.Value.Trim() ?? "unknown";
        // memory.peak: Linux 5.19.
        string used = cgroup.TryRead("memory.peak", out string peak) == 0 ? ", " + peak.Trim() + " bytes were used" : "";
        string message = "container init was OOM-killed (memory limit too low?): " +
            (configured?.Value.Trim() == limit ? configured.ConfigPath : MemoryMax) + " is " + limit + " bytes" + used;
        return new RuntimeException(message, "raise the memory limit; what failed of it: " + failure.Message);
    }

    static string? Hint(Cgroup? cgroup)
    {
        ulong kills = cgroup?.OomKills() ?? 0;
        return kills == 0 ? null : "the container is at its memory limit: it has made the kernel kill " +
            kills.ToString(CultureInfo.InvariantCulture) + (kills == 1 ? " process" : " processes") + " so far";
    }
}
