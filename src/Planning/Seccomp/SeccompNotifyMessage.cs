using System.Text.Json;
using OciRun.Spec;

namespace OciRun.Planning.Seccomp;

/// <summary>What a seccomp agent gets on <c>listenerPath</c> together with the fd: config-linux.md, "The Container Process State".</summary>
public static class SeccompNotifyMessage
{
    /// <summary>The JSON of one message, to be sent with the listener fd as its only SCM_RIGHTS entry.</summary>
    /// <param name="record">The container; its pid may still be unknown.</param>
    /// <param name="status">Creating for the init process, Running for a process that <c>exec</c> adds.</param>
    /// <param name="initPid">The container's init, in the runtime's pid namespace.</param>
    /// <param name="processPid">The process that the filter was loaded in, in the runtime's pid namespace.</param>
    /// <param name="metadata"><c>linux.seccomp.listenerMetadata</c>; left out when null or empty.</param>
    public static byte[] Build(ContainerRecord record, ContainerStatus status, int initPid, int processPid, string? metadata) =>
        JsonOutput.Compact((record, status, initPid, processPid, metadata), static (json, message) =>
        {
            json.WriteStartObject();
            json.WriteString("ociVersion"u8, message.record.OciVersion);
            json.WriteStartArray("fds"u8);
            json.WriteStringValue("seccompFd"u8);
            json.WriteEndArray();
            json.WriteNumber("pid"u8, message.processPid);
            if (!string.IsNullOrEmpty(message.metadata))
            {
                json.WriteString("metadata"u8, message.metadata);
            }
            json.WritePropertyName("state"u8);
            StateJson.Short(json, new ContainerView(message.record, message.status, message.initPid));
            json.WriteEndObject();
        });
}
