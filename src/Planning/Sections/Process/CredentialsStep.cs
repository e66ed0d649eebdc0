using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using static OciRun.Kernel.Capability;
using static OciRun.Kernel.Prctl;

namespace OciRun.Planning.Steps;

/// <summary>Capability sets, user and groups, in the order that lets each be set while it still may be.</summary>
public sealed class CredentialsStep : Step
{
    public required uint Uid { get; init; }
    public required uint Gid { get; init; }
    /// <summary>null: leave the caller's groups (denied in the user namespace, or kept on request).</summary>
    public required IReadOnlyList<uint>? Groups { get; init; }
    public required CapabilitySets Capabilities { get; init; }
    /// <summary>The seccomp filter is loaded later and needs CAP_SYS_ADMIN until then. Neither root nor anybody else keeps it
    /// through execve(2): what a program gets there comes from the bounding, inheritable and ambient sets alone, and the filter
    /// is the last call before it.</summary>
    public required bool KeepSysAdmin { get; init; }
    /// <summary>The kernel's last capability: the bounding set is cleared up to there, also of those without a name
    /// here.</summary>
    public int LastCapability { get; init; } = Kernel.Capabilities.Last;
    public override Phase Phase => Phase.Restrict;
    public override string Text => $"become uid {Uid} gid {Gid}" +
        (Groups is null ? "" : Groups.Count == 0 ? ", no groups" : ", groups " + string.Join(',', Groups)) +
        "; capabilities " + Capabilities.Describe();

    public override void Lower(ProgramBuilder program)
    {
        for (int capability = 0; capability <= LastCapability; capability++)
        {
            if ((Capabilities.Bounding >> capability & 1) == 0)
            {
                program.Call(Sys.prctl, PR_CAPBSET_DROP, (ulong)capability, tolerate: Errno.EINVAL);
            }
        }
        program.Call(Sys.prctl, PR_SET_KEEPCAPS, 1);
        if (Groups is not null)
        {
            uint[] groups = [.. Groups];
            program.Call(Sys.setgroups, (ulong)groups.Length, program.Bytes(MemoryMarshal.AsBytes<uint>(groups)));
        }
        program.Call(Sys.setresgid, Gid, Gid, Gid);
        program.Call(Sys.setresuid, Uid, Uid, Uid);
        program.Call(Sys.prctl, PR_SET_KEEPCAPS, 0);
        ulong extra = KeepSysAdmin ? 1UL << CAP_SYS_ADMIN : 0;
        Span<CapUserHeader> header = [new CapUserHeader { version = CapUserVersion._LINUX_CAPABILITY_VERSION_3 }];
        program.Call(Sys.capset, program.Bytes(MemoryMarshal.AsBytes(header)), program.Bytes(Data(extra)));
        program.Call(Sys.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, tolerate: Errno.EINVAL);
        for (int capability = 0; capability <= Kernel.Capabilities.Last; capability++)
        {
            if ((Capabilities.Ambient >> capability & 1) != 0)
            {
                program.Call(Sys.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (ulong)capability);
            }
        }
    }

    static uint Low(ulong set) => unchecked((uint)set);

    byte[] Data(ulong extra)
    {
        uint[] words =
        [
            Low(Capabilities.Effective | extra), Low(Capabilities.Permitted | extra), Low(Capabilities.Inheritable),
            (uint)(Capabilities.Effective >> 32), (uint)(Capabilities.Permitted >> 32), (uint)(Capabilities.Inheritable >> 32),
        ];
        return MemoryMarshal.AsBytes<uint>(words).ToArray();
    }

    public override string? Hint(string call, int errno) => (call, errno) switch
    {
        ("setresuid", Errno.EINVAL) or ("setresgid", Errno.EINVAL) => "the id has no mapping in the user namespace",
        ("setgroups", Errno.EINVAL) => "a group has no mapping in the user namespace",
        ("setgroups", Errno.EPERM) => "setgroups is denied in this user namespace",
        ("capset", Errno.EPERM) when (Capabilities.Inheritable & ~Capabilities.Bounding) != 0 =>
            "capabilities.inheritable has one that is not in capabilities.bounding, which the kernel does not let anybody add",
        ("capset", Errno.EPERM) => "the caller does not have a capability that is asked for",
        _ => null,
    };
}

/// <summary>capabilities(7): five sets as bit masks.</summary>
public readonly record struct CapabilitySets(ulong Bounding, ulong Effective, ulong Permitted, ulong Inheritable, ulong Ambient)
{
    public string Describe() =>
        $"bounding {Names(Bounding)}, effective {Names(Effective)}, permitted {Names(Permitted)}, inheritable " +
        $"{Names(Inheritable)}, " +
        $"ambient {Names(Ambient)}";

    static string Names(ulong set)
    {
        if (set == 0)
        {
            return "none";
        }
        if (set == (1UL << (Kernel.Capabilities.Last + 1)) - 1)
        {
            return "all";
        }
        var names = new List<string>();
        for (int i = 0; i <= Kernel.Capabilities.Last; i++)
        {
            if ((set >> i & 1) != 0)
            {
                names.Add(Kernel.Capabilities.Name(i)!);
            }
        }
        return string.Join('+', names);
    }
}
