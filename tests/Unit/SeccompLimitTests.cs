using System.Collections.Generic;
using System.Linq;
using OciRun.Kernel;
using OciRun.Planning.Seccomp;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>Profiles that are too big: each an error that names the place, and none that takes long or is cut.</summary>
public sealed class SeccompLimitTests
{
    const uint X86_64 = 0xC000003E;

    static SpecSyscall Rule(string action, ulong value, params string[] names) => new()
    {
        Action = action,
        Names = [.. names],
        Args = [new SpecSyscallArg { Index = 1, Op = "SCMP_CMP_EQ", Value = value }],
    };

    static SpecSeccomp Profile(IEnumerable<SpecSyscall> rules, params string[] architectures) =>
        new() { DefaultAction = "SCMP_ACT_ALLOW", Architectures = [.. architectures], Syscalls = [.. rules] };

    static string[] ProblemsInTime(SpecSeccomp spec)
    {
        // Quadratic work on these profiles takes minutes, linear work less than a second.
        string[] problems = [];
        Assert.InRange(ThreadTime.Of(() => problems = SeccompProfiles.Problems(spec)), 0, 10);
        return problems;
    }

    /// <summary>The numbers of decisions had 16 bits: with this many, a later KILL became an ALLOW, and with more the compiler
    /// crashed.</summary>
    [Theory]
    [InlineData(4097)]
    [InlineData(65533)]
    [InlineData(65600)]
    [InlineData(200000)]
    public void More_conditional_rules_for_one_call_than_instructions_are_refused(int count)
    {
        IEnumerable<SpecSyscall> rules = Enumerable.Range(0, count).Select(i => Rule("SCMP_ACT_LOG", (ulong)i, "read"));
        string problem = Assert.Single(ProblemsInTime(Profile(rules.Append(Rule("SCMP_ACT_KILL", 1, "write")))));
        Assert.StartsWith(
            "linux.seccomp.syscalls[4096]: more rules with arguments for one system call than the 4096 instructions", problem);
    }

    [Fact]
    public void The_rule_that_has_no_room_is_named_for_socketcall_too()
    {
        IEnumerable<SpecSyscall> rules = Enumerable.Range(0, 60000)
            .Select(i => new SpecSyscall { Action = "SCMP_ACT_ERRNO", ErrnoRet = (uint)i, Names = ["socket"] });
        Assert.StartsWith("linux.seccomp.syscalls[4096]: ", Assert.Single(ProblemsInTime(Profile(rules, "SCMP_ARCH_X86"))));
    }

    /// <summary>More than 65,536 decisions that all fit: a KILL after them must stay one.</summary>
    [Fact]
    public void A_decision_beyond_65536_is_the_one_that_the_profile_says()
    {
        string[] names = Enumerable.Range(0, SyscallNames.Count).Select(SyscallNames.At).Where(n => n != "getpid").ToArray();
        // Each shorter list makes a decision of its own for all calls that are left; all end in an unconditional answer.
        IEnumerable<SpecSyscall> rules = Enumerable.Range(0, 400).Select(i => Rule("SCMP_ACT_LOG", (ulong)i, names[i..]))
            .Append(new SpecSyscall { Action = "SCMP_ACT_TRAP", Names = [.. names] })
            .Append(Rule("SCMP_ACT_KILL_PROCESS", 7, "getpid"));
        SeccompFilter filter = SeccompProfiles.Compile(Profile(rules));
        Assert.Equal(SeccompRet.SECCOMP_RET_KILL_PROCESS,
            SeccompSimulator.Run(filter, new SeccompCall(X86_64, 39, 0, 7, 0, 0, 0, 0)));
        Assert.Equal(SeccompRet.SECCOMP_RET_ALLOW, SeccompSimulator.Run(filter, new SeccompCall(X86_64, 39, 0, 8, 0, 0, 0, 0)));
        Assert.Equal(SeccompRet.SECCOMP_RET_TRAP, SeccompSimulator.Run(filter, new SeccompCall(X86_64, 0, 0, 7, 0, 0, 0, 0)));
    }

    [Fact]
    public void A_filter_that_is_far_too_long_is_given_up_early()
    {
        string[] names = Enumerable.Range(0, SyscallNames.Count).Select(SyscallNames.At).ToArray();
        IEnumerable<SpecSyscall> rules = Enumerable.Range(0, 2000)
            .SelectMany(i => names.Skip(i % 3).Chunk(40).Select(n => Rule("SCMP_ACT_LOG", (ulong)i, n)));
        Assert.StartsWith("linux.seccomp: the filter needs more than the 4096 instructions",
            Assert.Single(ProblemsInTime(Profile(rules))));
    }

    [Fact]
    public void One_rule_with_very_many_conditions_takes_no_time()
    {
        SpecSyscall rule = new() { Action = "SCMP_ACT_KILL", Names = ["read"] };
        rule.Args = Enumerable.Range(0, 400000)
            .Select(i => new SpecSyscallArg { Index = i % 2 == 0 ? 5u : 0u, Op = "SCMP_CMP_EQ", Value = (ulong)i }).ToList();
        Assert.StartsWith("linux.seccomp.syscalls[0]: more rules", Assert.Single(ProblemsInTime(Profile([rule]))));
    }
}
