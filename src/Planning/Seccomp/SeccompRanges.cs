using System;
using System.Collections.Generic;
using OciRun.Kernel;

namespace OciRun.Planning.Seccomp;

/// <summary>Cuts the 32-bit space of call numbers into runs that are decided alike.</summary>
static class SeccompRanges
{
    const uint BadArchitecture = SeccompRet.SECCOMP_RET_KILL_THREAD;
    const uint NoSuchCall = SeccompRet.SECCOMP_RET_ERRNO | Errno.ENOSYS;
    const int Slots = 1024;
    /// <summary>What a tracer leaves as the number of a call that is to be skipped (ptrace(2)).</summary>
    const uint SkippedCall = uint.MaxValue;
    public const uint X32Bit = 0x40000000;
    /// <summary>x32 has calls of its own from 512 to 547, all of 2012 (syscall_64.tbl). They say nothing about how new a profile
    /// is, whose other calls have x86_64's numbers.</summary>
    public const int X32First = 512;
    const int X32Last = 547;

    /// <summary>The ranges of all ABIs of the profile that share an AUDIT_ARCH value, from number 0 to the last.</summary>
    public static List<SeccompRange> Of(SeccompProfile profile, SeccompDecisions decisions, uint audit)
    {
        var ranges = new List<SeccompRange>(128);
        bool isX86 = audit == AuditArch.AUDIT_ARCH_X86_64;
        bool hasX32 = false;
        int beyond = Beyond(profile, decisions);
        int foreign = isX86 ? decisions.Plain(BadArchitecture) : beyond;
        SeccompArchitecture? lower = null;
        SeccompArchitecture? upper = null;
        foreach (SeccompArchitecture architecture in profile.Architectures)
        {
            if (architecture.Audit == audit)
            {
                hasX32 |= architecture.Base == X32Bit;
                upper = architecture.Base == X32Bit ? architecture : upper;
                lower = architecture.Base == X32Bit ? lower : architecture;
            }
        }
        if (lower is { } low)
        {
            AddArchitecture(ranges, decisions, low, beyond);
        }
        else
        {
            Add(ranges, 0, foreign);
        }
        if (upper is { } high)
        {
            AddArchitecture(ranges, decisions, high, beyond);
        }
        else if (isX86)
        {
            Add(ranges, X32Bit, foreign);
            Add(ranges, SkippedCall, beyond);
        }
        return ranges;
    }

    /// <summary>The decision for numbers above the largest that the profile mentions. A tracer, like whoever allows by default,
    /// is thought to cope with calls that it does not know.</summary>
    static int Beyond(SeccompProfile profile, SeccompDecisions decisions) =>
        (profile.DefaultReturn & SeccompRet.SECCOMP_RET_ACTION_FULL) is SeccompRet.SECCOMP_RET_ALLOW or SeccompRet.SECCOMP_RET_LOG
        or SeccompRet.SECCOMP_RET_TRACE
            ? 0
            : decisions.Plain(NoSuchCall);

    static void AddArchitecture(List<SeccompRange> ranges, SeccompDecisions decisions, SeccompArchitecture architecture,
        int beyond)
    {
        Span<int> slots = stackalloc int[Slots];
        var armPrivate = new List<(ushort Number, int Decision)>(0);
        int largest = decisions.Fill(architecture, slots, armPrivate);
        if (architecture.Base is not (0 or X32Bit))
        {
            // Below the base nothing exists.
            Add(ranges, 0, 0);
        }
        for (int i = 0; i <= largest; i++)
        {
            Add(ranges, architecture.Base + (uint)i, slots[i]);
        }
        Add(ranges, architecture.Base + (uint)(largest + 1), beyond);
        for (int i = X32First; architecture.Base == X32Bit && i <= X32Last; i++)
        {
            Add(ranges, X32Bit + (uint)i, slots[i]);
        }
        if (architecture.Base == X32Bit)
        {
            Add(ranges, X32Bit + X32Last + 1, beyond);
        }
        armPrivate.Sort((a, b) => a.Number.CompareTo(b.Number));
        foreach ((ushort number, int decision) in armPrivate)
        {
            uint start = SyscallTable.ArmPrivateBase + (number & 0xfffu);
            Add(ranges, start, decision);
            Add(ranges, start + 1, beyond);
        }
    }

    static void Add(List<SeccompRange> ranges, uint start, int decision)
    {
        if (ranges.Count > 0 && ranges[^1].Start == start)
        {
            ranges.RemoveAt(ranges.Count - 1);
        }
        if (ranges.Count == 0 || ranges[^1].Decision != decision)
        {
            ranges.Add(new SeccompRange(start, decision));
        }
    }
}
