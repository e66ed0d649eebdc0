using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using OciRun.Kernel;

namespace OciRun.Planning.Seccomp;

/// <summary>A compiled filter and what loading it takes: seccomp(SECCOMP_SET_MODE_FILTER, <see cref="Flags"/>, {length,
/// bytes}).</summary>
public sealed class SeccompFilter
{
    internal SeccompFilter(BpfInstruction[] instructions, SeccompProfile profile)
    {
        Instructions = instructions;
        Flags = profile.Flags;
        UsesNotify = profile.UsesNotify;
        ListenerPath = profile.UsesNotify ? profile.ListenerPath : null;
        ListenerSource = profile.ListenerSource;
        ListenerMetadata = profile.ListenerMetadata;
        UnknownNames = profile.UnknownNames;
    }

    public BpfInstruction[] Instructions { get; }

    /// <summary><see cref="SeccompFilterFlags"/>; with NEW_LISTENER (and TSYNC_ESRCH beside TSYNC) when
    /// <see cref="UsesNotify"/>.</summary>
    public uint Flags { get; }

    /// <summary>True when loading returns a listener fd that must be sent to <see cref="ListenerPath"/>.</summary>
    public bool UsesNotify { get; }

    /// <summary>Null when nothing is to be sent: a listenerPath without any NOTIFY rule is allowed and means nothing.</summary>
    public string? ListenerPath { get; }

    /// <summary>The config path that <see cref="ListenerPath"/> comes from.</summary>
    public string ListenerSource { get; }

    public string? ListenerMetadata { get; }

    /// <summary>Names that no architecture of the tables has; such rules are ignored. For a debug line.</summary>
    public List<string>? UnknownNames { get; }

    /// <summary>The program as <c>struct sock_filter[]</c>.</summary>
    public ReadOnlySpan<byte> Bytes => MemoryMarshal.AsBytes(Instructions.AsSpan());
}
