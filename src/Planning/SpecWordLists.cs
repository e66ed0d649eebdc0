namespace OciRun.Planning;

/// <summary>The words of <see cref="SpecWords"/> as lists, sorted, for <c>features</c>; apart from the lookups, so that a start
/// of a container does not build them.</summary>
public static class SpecWordLists
{
    public static string[] Namespaces => ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"];

    public static string[] MemoryModes =>
    [
        "MPOL_BIND", "MPOL_DEFAULT", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED", "MPOL_PREFERRED_MANY",
        "MPOL_WEIGHTED_INTERLEAVE",
    ];

    public static string[] MemoryFlags => ["MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"];

    /// <summary>In the order in which they run.</summary>
    public static string[] Hooks => ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];
}
