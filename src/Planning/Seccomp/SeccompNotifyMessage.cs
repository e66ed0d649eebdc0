using OciRun.Spec;

namespace OciRun.Planning.Seccomp;

/// <summary>What a seccomp agent gets on <c>listenerPath</c> together with the fd: config-linux.md, "The Container Process
/// State".</summary>
public static class SeccompNotifyMessage
{
    /// <summary>The JSON of one message, to be sent with the listener fd as its only SCM_RIGHTS entry.</summary>
    /// <param name="record">The container; its pid may still be unknown.</param>
    /// <param name="status">Creating for the init process, Running for a process that <c>exec</c> adds.</param>
    /// <param name="initPid">The container's init, in the runtime's pid namespace.</param>
    /// <param name="processPid">The process that the filter was loaded in, in the runtime's pid namespace.</param>
    /// <param name="metadata"><c>linux.seccomp.listenerMetadata</c>; left out when null or empty.</param>
    public static unsafe byte[] Build(ContainerRecord record, ContainerStatus status, int initPid, int processPid,
        string? metadata)
    {
        var message = new SpecContainerProcessState
        {
            OciVersion = record.OciVersion,
            Fds = ["seccompFd"],
            Pid = processPid,
            Metadata = string.IsNullOrEmpty(metadata) ? null : metadata,
            State = StateJson.Of(new ContainerView(record, status, initPid)),
        };
        return JsonOutput.Compact(message, &SpecContainerProcessState.Write);
    }
}
