using System.Globalization;
using OciRun.Spec;

namespace OciRun.Engine.Cgroups;

/// <summary>Says so when a failure was the memory limit's doing: what one sees otherwise is an init that is gone.</summary>
public static class OomReport
{
    /// <summary>An error to report instead of <paramref name="failure"/> when the OOM killer has struck in the cgroup, or the cgroup is
    /// gone with its count; null when it has not.</summary>
    public static RuntimeException? Explain(Cgroup cgroup, SpecResources? resources, string failure)
    {
        bool isGone = cgroup.TryRead("memory.events", out _) < 0;
        if (!isGone && cgroup.OomKills() == 0)
        {
            return null;
        }
        (string path, string? configured) = Configured(resources);
        string limit = cgroup.TryRead("memory.max", out string max) == 0 ? max.Trim() : configured ?? "unknown";
        // memory.peak: Linux 5.19.
        string used = cgroup.TryRead("memory.peak", out string peak) == 0 ? ", " + peak.Trim() + " bytes were used" : "";
        string message = "container init was OOM-killed (memory limit too low?): " + (configured == limit ? path : "memory.max") +
            " is " + limit + " bytes" + used;
        return new RuntimeException(message, "raise the memory limit; what failed of it: " + failure);
    }

    /// <summary>The limit and where it is set; as in the cgroup's files, unified has the last word.</summary>
    static (string Path, string? Limit) Configured(SpecResources? resources)
    {
        const string file = "memory.max";
        return resources?.Unified is { } unified && unified.TryGetValue(file, out string? value)
            ? (ConfigPath.Key("linux.resources.unified", file), value.Trim())
            : ("linux.resources.memory.limit", resources?.Memory?.Limit?.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A hint for a process that was killed while it was made ready; null when the OOM killer has not been in the cgroup.</summary>
    public static string? Hint(Cgroup? cgroup)
    {
        ulong kills = cgroup?.OomKills() ?? 0;
        return kills == 0 ? null : "the container is at its memory limit: it has made the kernel kill " +
            kills.ToString(CultureInfo.InvariantCulture) + (kills == 1 ? " process" : " processes") + " so far";
    }
}
