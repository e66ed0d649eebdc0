using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using OciRun.Planning.Seccomp;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>Profiles written by hand, for what a rule says rather than for volume.</summary>
public sealed class SeccompCompilerTests
{
    const uint X86_64 = 0xC000003E;
    const uint X86 = 0x40000003;

    static string Answer(SeccompFilter filter, uint architecture, uint number, params ulong[] a)
    {
        ulong At(int i) => i < a.Length ? a[i] : 0;
        return SeccompNames.Describe(SeccompSimulator.Run(filter,
            new SeccompCall(architecture, number, At(0), At(1), At(2), At(3), At(4), At(5))));
    }

    static SeccompFilter Filter(string json) => SeccompProfiles.Compile(SeccompProfiles.Parse(json));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"defaultAction":""}""")]
    [InlineData("""{"defaultAction":"","syscalls":[],"architectures":["SCMP_ARCH_X86"]}""")]
    public void A_profile_without_default_and_rules_is_no_profile(string json)
    {
        var problems = new List<ConfigProblem>();
        Assert.Null(SeccompCompiler.Compile(SeccompProfiles.Parse(json), problems));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("SCMP_ACT_KILL", "KILL_THREAD")]
    [InlineData("SCMP_ACT_KILL_THREAD", "KILL_THREAD")]
    [InlineData("SCMP_ACT_KILL_PROCESS", "KILL_PROCESS")]
    [InlineData("SCMP_ACT_TRAP", "TRAP")]
    [InlineData("SCMP_ACT_ERRNO", "ERRNO(1)")]
    [InlineData("SCMP_ACT_TRACE", "TRACE(1)")]
    [InlineData("SCMP_ACT_LOG", "LOG")]
    public void Each_action_is_the_kernels(string action, string expected)
    {
        SeccompFilter filter = Filter($$"""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpid"],"action":"{{action}}"}]}""");
        Assert.Equal(expected, Answer(filter, X86_64, 39));
        Assert.Equal("ALLOW", Answer(filter, X86_64, 40));
        Assert.Equal("KILL_THREAD", Answer(filter, X86, 20));
        Assert.Equal("KILL_THREAD", Answer(filter, X86_64, 0x40000000 + 39));
    }

    [Fact]
    public void Errno_and_trace_carry_their_numbers()
    {
        SeccompFilter filter = Filter("""
            {"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":13,"syscalls":[{"names":["getpid"],"action":"SCMP_ACT_ERRNO","errnoRet":4095},
            {"names":["getppid"],"action":"SCMP_ACT_TRACE","errnoRet":65535},{"names":["gettid"],"action":"SCMP_ACT_ERRNO","errnoRet":0}]}
            """);
        Assert.Equal("ERRNO(4095)", Answer(filter, X86_64, 39));
        Assert.Equal("TRACE(65535)", Answer(filter, X86_64, 110));
        Assert.Equal("ERRNO(0)", Answer(filter, X86_64, 186));
        Assert.Equal("ERRNO(13)", Answer(filter, X86_64, 1));
    }

    [Fact]
    public void Conditions_on_different_arguments_must_all_hold()
    {
        SeccompFilter filter = Filter("""
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["socket"],"action":"SCMP_ACT_ERRNO","errnoRet":22,
            "args":[{"index":2,"value":9,"op":"SCMP_CMP_EQ"},{"index":0,"value":16,"op":"SCMP_CMP_EQ"}]}]}
            """);
        Assert.Equal("ERRNO(22)", Answer(filter, X86_64, 41, 16, 3, 9));
        Assert.Equal("ALLOW", Answer(filter, X86_64, 41, 16, 3, 8));
        Assert.Equal("ALLOW", Answer(filter, X86_64, 41, 15, 3, 9));
    }

    [Fact]
    public void Conditions_on_one_argument_twice_are_rules_of_their_own()
    {
        SeccompFilter filter = Filter("""
            {"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["personality"],"action":"SCMP_ACT_ALLOW",
            "args":[{"index":0,"value":0,"op":"SCMP_CMP_EQ"},{"index":0,"value":8,"op":"SCMP_CMP_EQ"},{"index":1,"value":7,"op":"SCMP_CMP_EQ"}]}]}
            """);
        Assert.Equal("ALLOW", Answer(filter, X86_64, 135, 0));
        Assert.Equal("ALLOW", Answer(filter, X86_64, 135, 8));
        Assert.Equal("ALLOW", Answer(filter, X86_64, 135, 5, 7));
        Assert.Equal("ERRNO(1)", Answer(filter, X86_64, 135, 5, 6));
    }

    [Theory]
    [InlineData("SCMP_CMP_EQ", "5")]
    [InlineData("SCMP_CMP_NE", "0 4 6 f")]
    [InlineData("SCMP_CMP_LT", "0 4")]
    [InlineData("SCMP_CMP_LE", "0 4 5")]
    [InlineData("SCMP_CMP_GT", "6 f")]
    [InlineData("SCMP_CMP_GE", "5 6 f")]
    public void Operators_compare_64_bits(string op, string expected)
    {
        const ulong wanted = 0x5_00000005;
        var calls = new Dictionary<string, ulong>
        {
            ["0"] = 5,
            ["4"] = 0x5_00000004,
            ["5"] = wanted,
            ["6"] = 0x5_00000006,
            ["f"] = 0xf_00000000,
        };
        SeccompFilter filter = Filter($$"""
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_TRAP",
            "args":[{"index":5,"value":{{wanted}},"op":"{{op}}"}]}]}
            """);
        string hit = string.Join(' ', calls.Where(c => Answer(filter, X86_64, 0, 0, 0, 0, 0, 0, c.Value) == "TRAP")
            .Select(c => c.Key));
        Assert.Equal(expected, hit);
    }

    [Fact]
    public void A_masked_comparison_sees_only_the_masks_bits()
    {
        SeccompFilter filter = Filter("""
            {"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["clone"],"action":"SCMP_ACT_ALLOW",
            "args":[{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}]}
            """);
        Assert.Equal("ALLOW", Answer(filter, X86_64, 56, 0x11));
        Assert.Equal("ALLOW", Answer(filter, X86_64, 56, 0xffffffff_00000011));
        Assert.Equal("ERRNO(1)", Answer(filter, X86_64, 56, 0x10000000));
    }

    [Theory]
    [InlineData("SCMP_ACT_ERRNO", "ERRNO(38)")]
    [InlineData("SCMP_ACT_KILL_PROCESS", "ERRNO(38)")]
    [InlineData("SCMP_ACT_TRAP", "ERRNO(38)")]
    [InlineData("SCMP_ACT_LOG", "LOG")]
    [InlineData("SCMP_ACT_TRACE", "TRACE(1)")]
    public void Calls_newer_than_the_profile_do_not_exist(string byDefault, string expected)
    {
        SeccompFilter filter = Filter($$"""
            {"defaultAction":"{{byDefault}}","architectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"],
            "syscalls":[{"names":["read","openat2","no_such_call"],"action":"SCMP_ACT_ALLOW"}]}
            """);
        Assert.Equal("ALLOW", Answer(filter, X86_64, 437));
        Assert.Equal(expected, Answer(filter, X86_64, 438));
        Assert.Equal(expected, Answer(filter, X86_64, 0x3fffffff));
        Assert.Equal("ALLOW", Answer(filter, X86_64, 0x40000000 + 437));
        Assert.Equal(expected, Answer(filter, X86_64, 0x40000000 + 438));
        Assert.Equal(expected, Answer(filter, X86_64, 0xffffffff));
        Assert.Equal("ALLOW", Answer(filter, X86, 437));
        Assert.Equal(expected, Answer(filter, X86, 438));
        Assert.Equal(["no_such_call"], filter.UnknownNames!);
    }

    [Fact]
    public void The_calls_that_only_x32_has_do_not_make_a_profile_newer()
    {
        SeccompFilter filter = Filter("""
            {"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X32"],
            "syscalls":[{"names":["execve","statx"],"action":"SCMP_ACT_ALLOW"}]}
            """);
        Assert.Equal(["ALLOW", "ERRNO(38)", "ERRNO(38)", "ERRNO(1)", "ALLOW", "ERRNO(1)", "ERRNO(38)"],
            new uint[] { 332, 333, 511, 512, 520, 547, 548 }.Select(n => Answer(filter, X86_64, 0x40000000 + n)));
    }

    [Fact]
    public void A_rule_that_only_says_the_default_still_tells_how_new_the_profile_is()
    {
        SeccompFilter filter = Filter("""
            {"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"},
            {"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}
            """);
        Assert.Equal("ERRNO(1)", Answer(filter, X86_64, 435));
        Assert.Equal("ERRNO(38)", Answer(filter, X86_64, 436));
    }

    [Theory]
    [InlineData("SCMP_ACT_ALLOW", "SCMP_ACT_KILL", "ALLOW")]
    [InlineData("SCMP_ACT_KILL", "SCMP_ACT_ALLOW", "KILL_THREAD")]
    public void Of_two_unconditional_rules_the_first_holds(string first, string second, string expected)
    {
        SeccompFilter filter = Filter($$"""
            {"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
            {"names":["read"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},
            {"names":["read"],"action":"{{first}}"},{"names":["read"],"action":"{{second}}"},
            {"names":["read"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]}]}
            """);
        Assert.Equal([expected, expected, expected], new ulong[] { 0, 1, 2 }.Select(a => Answer(filter, X86_64, 0, a)));
    }

    [Theory]
    [InlineData("SCMP_CMP_EQ", "ALLOW")]
    [InlineData("SCMP_CMP_NE", "ERRNO(1)")]
    [InlineData("SCMP_CMP_LT", "ERRNO(1)")]
    [InlineData("SCMP_CMP_LE", "ERRNO(1)")]
    [InlineData("SCMP_CMP_GT", "ALLOW")]
    [InlineData("SCMP_CMP_GE", "ALLOW")]
    public void A_value_that_32_bits_cannot_have_is_above_all_that_they_can(string op, string expected)
    {
        SeccompFilter filter = Filter($$"""
            {"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],
            "syscalls":[{"names":["personality"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":4294967296,"op":"{{op}}"}]}]}
            """);
        Assert.Equal(expected, Answer(filter, X86, 136, 0));
        Assert.Equal(expected, Answer(filter, X86, 136, uint.MaxValue));
    }

    [Fact]
    public void A_test_looks_at_as_many_bits_as_the_architecture_has()
    {
        SeccompFilter filter = Filter("""
            {"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],
            "syscalls":[{"names":["personality"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}
            """);
        Assert.Equal("ERRNO(1)", Answer(filter, X86_64, 135, ulong.MaxValue));
        Assert.Equal("ALLOW", Answer(filter, X86_64, 135, uint.MaxValue));
        Assert.Equal("ERRNO(1)", Answer(filter, X86, 136, uint.MaxValue));
    }

    [Fact]
    public void Bits_of_the_datum_outside_of_the_mask_do_not_count()
    {
        SeccompFilter filter = Filter("""
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["personality"],"action":"SCMP_ACT_ERRNO",
            "args":[{"index":0,"value":15,"valueTwo":245,"op":"SCMP_CMP_MASKED_EQ"}]}]}
            """);
        Assert.Equal("ERRNO(1)", Answer(filter, X86_64, 135, 5));
        Assert.Equal("ERRNO(1)", Answer(filter, X86_64, 135, 0x15));
        Assert.Equal("ALLOW", Answer(filter, X86_64, 135, 4));
    }

    [Fact]
    public void A_socket_rule_with_conditions_never_opens_socketcall()
    {
        SeccompFilter filter = Filter("""
            {"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86"],"syscalls":[{"names":["bind"],"action":"SCMP_ACT_ALLOW"},
            {"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":40,"op":"SCMP_CMP_NE"}]}]}
            """);
        Assert.Equal("ALLOW", Answer(filter, X86, 102, 2));
        Assert.Equal("ERRNO(1)", Answer(filter, X86, 102, 1));
        Assert.Equal("ALLOW", Answer(filter, X86, 359, 2));
    }

    [Fact]
    public void A_socket_rule_with_conditions_that_denies_also_denies_socketcall()
    {
        SeccompFilter filter = Filter("""
            {"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],
            "syscalls":[{"names":["socket"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":40,"op":"SCMP_CMP_EQ"}]}]}
            """);
        Assert.Equal("ERRNO(1)", Answer(filter, X86, 102, 1));
        Assert.Equal("ALLOW", Answer(filter, X86, 102, 2));
        Assert.Equal("ALLOW", Answer(filter, X86, 359, 2));
    }

    [Theory]
    [InlineData("", 4u, false)]
    [InlineData(""","flags":[]""", 0u, false)]
    [InlineData(""","flags":["SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_LOG"]""", 3u, false)]
    [InlineData(""","flags":["SECCOMP_FILTER_FLAG_TSYNC"],"listenerPath":"/run/l","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]""",
        1u + 8 + 16, true)]
    [InlineData(""","flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],"listenerPath":"/run/l","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]""",
        8u + 32, true)]
    [InlineData(""","listenerPath":"/run/l","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_KILL"}]""", 4u, false)]
    public void Flags_are_the_kernels(string json, uint flags, bool notify)
    {
        SeccompFilter filter = Filter("{\"defaultAction\":\"SCMP_ACT_ALLOW\"" + json + "}");
        Assert.Equal(flags, filter.Flags);
        Assert.Equal(notify, filter.UsesNotify);
        Assert.Equal(notify ? "/run/l" : null, filter.ListenerPath);
    }

    [Theory]
    [InlineData("""{"defaultAction":"SCMP_ACT_DENY"}""", "linux.seccomp.defaultAction: unknown action \"SCMP_ACT_DENY\"")]
    [InlineData("""{"syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}""", "linux.seccomp.defaultAction: an action is required")]
    [InlineData("""{"defaultAction":"SCMP_ACT_KILL","defaultErrnoRet":1}""",
        "linux.seccomp.defaultErrnoRet: has no meaning for SCMP_ACT_KILL, only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":65536}""",
        "linux.seccomp.defaultErrnoRet: 65536 is too big: a filter returns at most 65535")]
    [InlineData("""{"defaultAction":"SCMP_ACT_NOTIFY"}""",
        "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be the default: the init process itself would be stopped for the " +
        "listener")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86","X86"]}""",
        "linux.seccomp.architectures[1]: unknown architecture \"X86\"")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","flags":["TSYNC"]}""", "linux.seccomp.flags[0]: unknown flag \"TSYNC\"")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}""",
        "linux.seccomp.flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with SCMP_ACT_NOTIFY")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_KILL"}]}""",
        "linux.seccomp.syscalls[0].names: at least one system call name is required")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"KILL"}]}""",
        "linux.seccomp.syscalls[0].action: unknown action \"KILL\"")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_LOG","errnoRet":2}]}""",
        "linux.seccomp.syscalls[0].errnoRet: has no meaning for SCMP_ACT_LOG, only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_KILL","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}]}""",
        "linux.seccomp.syscalls[0].args[0].index: 6 is out of range: a system call has arguments 0 to 5")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_KILL","args":[{"index":1,"value":1,"op":"EQ"}]}]}""",
        "linux.seccomp.syscalls[0].args[0].op: unknown operator \"EQ\"")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/l","syscalls":[{"names":["mkdir","write"],"action":"SCMP_ACT_NOTIFY"}]}""",
        "linux.seccomp.syscalls[0].names: SCMP_ACT_NOTIFY cannot be used for write: the init process needs it to report to " +
        "the runtime")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]}""",
        "linux.seccomp.listenerPath: is required by SCMP_ACT_NOTIFY")]
    public void A_profile_that_means_nothing_is_refused(string json, string problem) =>
        Assert.Equal([problem], SeccompProfiles.Problems(SeccompProfiles.Parse(json)));

    [Fact]
    public void All_problems_are_reported_at_once()
    {
        string[] problems = SeccompProfiles.Problems(SeccompProfiles.Parse("""
            {"defaultAction":"A","architectures":["B"],"flags":["C"],"syscalls":[{"names":["read"],"action":"D","args":[{"index":9,"value":1,"op":"E"}]}]}
            """));
        Assert.Equal(6, problems.Length);
    }

    static SpecSeccomp ManyConditions(int count, int calls)
    {
        string[] names = Enumerable.Range(0, SyscallNames.Count).Select(SyscallNames.At)
            .Where(n => SyscallTable.Number(n, SeccompArchitecture.Find("SCMP_ARCH_X86_64")!.Value) >= 0).Take(calls).ToArray();
        return new SpecSeccomp
        {
            DefaultAction = "SCMP_ACT_ALLOW",
            Syscalls = Enumerable.Range(0, count).Select(i => new SpecSyscall
            {
                Names = [names[i % calls]],
                Action = "SCMP_ACT_ERRNO",
                ErrnoRet = (uint)(i % 100) + 1,
                Args = [new SpecSyscallArg { Index = (uint)(i % 6), Op = "SCMP_CMP_EQ", Value = (ulong)i << 16 }],
            }).ToList(),
        };
    }

    [Fact]
    public void Jumps_over_more_than_255_instructions_reach_their_targets()
    {
        SpecSeccomp spec = ManyConditions(800, 90);
        SeccompFilter filter = SeccompProfiles.Compile(spec);
        Assert.InRange(filter.Instructions.Length, 3000, 4096);
        var reference = new SeccompReference(spec);
        for (uint number = 0; number < 400; number++)
        {
            for (int i = 0; i < 800; i += 7)
            {
                ulong v = (ulong)i << 16;
                var call = new SeccompCall(X86_64, number, v, v, v, v, v, v);
                Assert.Equal(reference.Evaluate(call), SeccompSimulator.Run(filter, call));
            }
        }
    }

    [Fact]
    public void A_filter_that_cannot_fit_is_refused()
    {
        string problem = Assert.Single(SeccompProfiles.Problems(ManyConditions(3000, 90)));
        Assert.StartsWith("linux.seccomp: the filter needs more than the 4096 instructions that the kernel takes: ", problem);
    }

    [Fact]
    public void Calls_that_share_a_condition_share_its_instructions()
    {
        SpecSeccomp spec = ManyConditions(1, 1);
        spec.Syscalls![0].Names = Enumerable.Range(0, SyscallNames.Count).Select(SyscallNames.At).ToList();
        Assert.InRange(SeccompProfiles.Compile(spec).Instructions.Length, 10, 150);
    }

    [Fact]
    public void The_agents_message_has_the_state_and_the_process()
    {
        var record = new ContainerRecord { Id = "c1", Bundle = "/b", Annotations = new() { ["k"] = "v" } };
        using JsonDocument json = JsonDocument.Parse(SeccompNotifyMessage.Build(record, ContainerStatus.Running, 10, 12, "meta"));
        JsonElement root = json.RootElement;
        Assert.Equal("seccompFd", root.GetProperty("fds")[0].GetString());
        Assert.Equal(12, root.GetProperty("pid").GetInt32());
        Assert.Equal("meta", root.GetProperty("metadata").GetString());
        Assert.Equal(SpecVersion.Current, root.GetProperty("ociVersion").GetString());
        Assert.Equal("running", root.GetProperty("state").GetProperty("status").GetString());
        Assert.Equal(10, root.GetProperty("state").GetProperty("pid").GetInt32());
        string bare = Encoding.UTF8.GetString(SeccompNotifyMessage.Build(record, ContainerStatus.Creating, 10, 10, ""));
        Assert.DoesNotContain("metadata", bare);
        Assert.Contains("\"status\":\"creating\"", bare);
    }

    [Fact]
    public void The_table_names_ranges_actions_and_conditions()
    {
        string table = SeccompPrinter.Table(SeccompProfiles.Parse("""
            {"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read","write","open"],"action":"SCMP_ACT_ALLOW"},
            {"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}]}
            """));
        string[] lines = table.Split('\n')
            .Select(l => string.Join(' ', l.Split(' ', System.StringSplitOptions.RemoveEmptyEntries))).ToArray();
        Assert.Equal(
        [
            "default ERRNO(1); other architectures KILL_THREAD", "SCMP_ARCH_X86_64 (arch 0xc000003e)", "0-2 read .. open ALLOW",
            "3-55 close .. getsockopt ERRNO(1)", "56 clone if a0 & 0x7e020000 == 0x0: ALLOW; ERRNO(1)",
            "57-0x3fffffff fork .. - ERRNO(38)",
            "0x40000000-0xfffffffe - .. - KILL_THREAD", "0xffffffff - ERRNO(38)", "",
        ], lines);
    }

    [Fact]
    public void A_disassembly_has_a_line_per_instruction_and_every_label_it_jumps_to()
    {
        SeccompFilter filter = SeccompProfiles.Compile(SeccompProfiles.Fixture("podman-default"));
        string[] lines = SeccompPrinter.Disassemble(filter.Instructions).TrimEnd('\n').Split('\n');
        Assert.Equal(filter.Instructions.Length, lines.Length);
        HashSet<string> labels = lines.Where(l => l[0] == 'L').Select(l => l[..l.IndexOf(':')]).ToHashSet();
        string[] used = lines.SelectMany(l => l[8..].Split([' ', ',']).Where(w => w.StartsWith('L') && w.Length > 1
            && char.IsDigit(w[1]))).ToArray();
        Assert.NotEmpty(used);
        Assert.All(used, l => Assert.Contains(l, labels));
    }
}
