using OciRun.Kernel;

namespace OciRun.Planning.Sections;

/// <summary>The words of <c>linux.rootfsPropagation</c>.</summary>
static class Propagation
{
    /// <summary>The propagation type and MS_REC of a word of <c>linux.rootfsPropagation</c>.</summary>
    public static int? FlagsOf(string word) => word switch
    {
        "private" => MountFlags.MS_PRIVATE,
        "rprivate" => MountFlags.MS_PRIVATE | MountFlags.MS_REC,
        "slave" => MountFlags.MS_SLAVE,
        "rslave" => MountFlags.MS_SLAVE | MountFlags.MS_REC,
        "shared" => MountFlags.MS_SHARED,
        "rshared" => MountFlags.MS_SHARED | MountFlags.MS_REC,
        "unbindable" => MountFlags.MS_UNBINDABLE,
        "runbindable" => MountFlags.MS_UNBINDABLE | MountFlags.MS_REC,
        _ => null,
    };
}
