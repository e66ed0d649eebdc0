using System;
using System.Collections.Generic;
using System.Linq;
using OciRun.Kernel;
using OciRun.Planning.Seccomp;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>Our filter against libseccomp's for the same profile, call by call. What may differ, and why, is
/// <see cref="Reason"/>.</summary>
public sealed class SeccompDifferentialTests(ITestOutputHelper output)
{
    static readonly string[][] Architectures =
    [
        [], ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], ["SCMP_ARCH_X86"], ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
        ["SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32"], ["SCMP_ARCH_PPC64LE"], ["SCMP_ARCH_RISCV64"],
    ];

    static readonly string[] Tables =
    [
        "SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",
        "SCMP_ARCH_MIPS64",
        "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_PARISC",
        "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",
    ];

    static readonly Lazy<Dictionary<(string Architecture, string Name), int>> Known = new(() => Libseccomp.Numbers(
        from name in Enumerable.Range(0, SyscallNames.Count).Select(SyscallNames.At) from table in Tables select (table, name)));

    /// <summary>Names that libseccomp and our tables number alike wherever one of them does; the others are newer than Debian's
    /// libseccomp, or in the list of <see cref="Numbers_are_libseccomps"/>.</summary>
    static readonly Lazy<string[]> SharedNames = new(() => Enumerable.Range(0, SyscallNames.Count).Select(SyscallNames.At)
        .Where(n =>
        Tables.All(t => Math.Max(Known.Value[(t, n)], -1) == SyscallTable.Number(n, SeccompArchitecture.Find(t)!.Value)
            || (Known.Value[(t, n)] < 0 && SyscallTable.Number(n, SeccompArchitecture.Find(t)!.Value) < 0)))
        .Where(n => Tables.Any(t => Known.Value[(t, n)] >= 0))
        // libseccomp 2.5 has one pseudo number (-10191) for both and so takes the one for the other on x86_64.
        .Where(n => n is not ("switch_endian" or "sys_debug_setcontext")).ToArray());

    static SpecSeccomp Shared(SpecSeccomp spec)
    {
        foreach (SpecSyscall syscall in spec.Syscalls!)
        {
            syscall.Names = syscall.Names!.Intersect(SharedNames.Value).ToList();
        }
        spec.Syscalls.RemoveAll(s => s.Names!.Count == 0);
        return spec;
    }

    /// <summary>Why an answer of ours may differ from libseccomp's; null: it must not.</summary>
    static string? Reason(SpecSeccomp spec, SeccompReference reference, SeccompCall call, uint ours, uint theirs)
    {
        if (ours == (SeccompRet.SECCOMP_RET_ERRNO | 38) && reference.IsBeyond(call))
        {
            return "calls newer than the profile get ENOSYS";
        }
        string? name = SeccompArchitecture.Find(call.Architecture == 0x40000003 ? "SCMP_ARCH_X86"
            : "SCMP_ARCH_PPC") is { } multiplexing
            && (call.Architecture is 0x40000003 or 0x14 or 0x80000015 or 0xC0000015 || (call.Architecture & 0xffff) == 8)
            ? SyscallTable.Name(call.Number, multiplexing) : null;
        if (name is "socketcall" or "ipc" || (call.Architecture & 0xffff) == 8 && call.Number is 4102 or 4117)
        {
            return "a condition on socket(2) is not widened to socketcall(2), whose arguments a filter cannot see";
        }
        if (reference.HasTooWide(call))
        {
            return "a value beyond 32 bits equals no argument of a 32-bit call; libseccomp compares with its lower half";
        }
        if (reference.Contenders(call) > 1)
        {
            return "several conditional rules match, with different answers: libseccomp's order is that of its tree";
        }
        if (reference.HasOrdering(call))
        {
            return "libseccomp 2.5 misjudges GT, GE, LT and LE in 64 bits when rules share the upper half";
        }
        if ((call.Architecture == AuditArch.AUDIT_ARCH_X86_64 && call.Number is >= 0x40000000 and < uint.MaxValue)
            || call.Architecture is 0xA0000008 or 0xE0000008)
        {
            return "conditions of x32 and mips n32 calls look at all 64 bits of the register";
        }
        return null;
    }

    Dictionary<string, int> Compare(SpecSeccomp spec, int seed, int vectors)
    {
        SeccompFilter filter = SeccompProfiles.Compile(spec);
        (BpfInstruction[] program, int refused) = Libseccomp.Export(spec);
        var reference = new SeccompReference(spec);
        var reasons = new Dictionary<string, int>();
        foreach (SeccompCall call in refused > 0 ? [] : SeccompProfiles.Calls(spec, seed, vectors))
        {
            uint ours = SeccompSimulator.Run(filter, call);
            uint theirs = SeccompSimulator.Run(program, call, out _);
            if (ours != theirs)
            {
                string? reason = Reason(spec, reference, call, ours, theirs);
                Assert.True(reason != null,
                    $"profile {seed}: {call}: we {SeccompNames.Describe(ours)}, libseccomp {SeccompNames.Describe(theirs)}: " +
                    $"{reference.Rules(call)}");
                reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
            }
        }
        return reasons;
    }

    [Theory]
    [InlineData("docker-default")]
    [InlineData("podman-default")]
    public void An_engine_profile_differs_only_for_newer_calls_and_the_upper_half_of_x32_arguments(string fixture)
    {
        Dictionary<string, int> reasons = Compare(Shared(SeccompProfiles.Fixture(fixture)), 0, 300);
        Assert.All(reasons.Keys, r => Assert.True(r.StartsWith("calls newer", StringComparison.Ordinal) || r.Contains("x32"), r));
    }

    [Fact]
    public void A_hundred_generated_profiles_differ_only_for_known_reasons()
    {
        var total = new Dictionary<string, int>();
        for (int seed = 1000; seed < 1100; seed++)
        {
            foreach ((string reason, int count) in Compare(Random(seed), seed, 20))
            {
                total[reason] = total.GetValueOrDefault(reason) + count;
            }
        }
        foreach ((string reason, int count) in total)
        {
            output.WriteLine($"{count,8} {reason}");
        }
    }

    static SpecSeccomp Random(int seed) => Shared(SeccompProfiles.Random(seed, SharedNames.Value, Architectures));

    /// <summary>One rule at a time, so that nothing of the above excuses apply but ENOSYS and x32: all operators, both
    /// halves.</summary>
    [Fact]
    public void A_single_condition_is_judged_as_libseccomp_does()
    {
        ulong[] values = [0, 1, 40, 0xffffffff, 0x1_00000000, 0x1_00000005, 0xffffffff_ffffffff];
        int index = 0;
        foreach (string op in SeccompProfiles.Operators)
        {
            foreach (ulong value in values)
            {
                index = (index + 1) % 6;
                SpecSeccomp spec = SeccompProfiles.Parse($$"""
                    {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_TRAP",
                    "args":[{"index":{{index}},"op":"{{op}}","value":{{value}},"valueTwo":{{value & 0x1_00000001}}}]}]}
                    """);
                (BpfInstruction[] theirs, int refused) = Libseccomp.Export(spec);
                Assert.Equal(0, refused);
                SeccompFilter ours = SeccompProfiles.Compile(spec);
                foreach (SeccompCall call in SeccompProfiles.Calls(spec, index, 200).Where(c => c.Number == 0))
                {
                    Assert.True(SeccompSimulator.Run(theirs, call, out _) == SeccompSimulator.Run(ours, call),
                        $"{op} {value:x}: {call}");
                }
            }
        }
    }

    [Theory]
    [InlineData("docker-default")]
    [InlineData("podman-default")]
    public void A_filter_is_smaller_and_faster_than_libseccomps(string fixture)
    {
        SpecSeccomp spec = Shared(SeccompProfiles.Fixture(fixture));
        SeccompFilter filter = SeccompProfiles.Compile(spec);
        (BpfInstruction[] program, _) = Libseccomp.Export(spec);
        int ours = 0, theirs = 0;
        foreach (SeccompCall call in SeccompProfiles.Calls(spec, 0, 100))
        {
            SeccompSimulator.Run(filter.Instructions, call, out int steps);
            ours = Math.Max(ours, steps);
            SeccompSimulator.Run(program, call, out steps);
            theirs = Math.Max(theirs, steps);
        }
        output.WriteLine($"{fixture}: {filter.Instructions.Length} instructions, worst path {ours}; "
            + $"libseccomp {program.Length} instructions, worst path {theirs}");
        Assert.True(filter.Instructions.Length < program.Length);
        Assert.True(ours < theirs);
    }

    /// <summary>Where the tables and libseccomp 2.5 both know a number it is the same one.</summary>
    [Fact]
    public void Numbers_are_libseccomps()
    {
        List<string> different = [];
        foreach (((string architecture, string name), int number) in Known.Value)
        {
            long ours = SyscallTable.Number(name, SeccompArchitecture.Find(architecture)!.Value);
            if (number >= 0 && ours >= 0 && number != ours)
            {
                different.Add($"{architecture} {name}: {ours}, libseccomp {number}");
            }
        }
        Assert.Equal([], different);
    }
}
