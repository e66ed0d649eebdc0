using System.Collections.Generic;
using System.Linq;
using OciRun.Engine;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;
using Xunit;
using Record = OciRun.Planning.Record;

namespace OciRun.Tests.Unit;

/// <summary>What a record of numbers from the container's first process becomes.</summary>
public sealed class ErrorTextTests
{
    static readonly ContainerPlan Plan = MakePlan();

    static ContainerPlan MakePlan()
    {
        var problems = new List<ConfigProblem>();
        var spec = new RuntimeSpec
        {
            OciVersion = "1.3.0",
            Root = new SpecRoot { Path = "rootfs" },
            Hostname = "web",
            Process = new SpecProcess { Args = ["server"], Cwd = "/work", Env = ["PATH=/bin"] },
            Mounts = [new SpecMount { Destination = "/data", Type = "bind", Source = "/host/data", Options = ["bind"] }],
            Linux = new SpecLinux
            {
                Namespaces = [new SpecNamespace { Type = "mount" }, new SpecNamespace { Type = "uts" },
                    new SpecNamespace { Type = "network" }],
                Sysctl = new Dictionary<string, string> { ["net.ipv4.ip_forward"] = "1" },
            },
        };
        return Planner.Plan(spec, new PlanOptions { Id = "c", Bundle = "/b" }, new HostFacts { CgroupMount = "/sys/fs/cgroup" },
            problems)!;
    }

    static RuntimeException Of<T>(long call, int errno, string? detail = null) where T : Step
    {
        int step = Enumerable.Range(0, Plan.Steps.Count).First(static i => Plan.Steps[i] is T);
        return ErrorText.OfRecord(Plan, new Record
        {
            Type = RecordType.Error,
            Step = (uint)step,
            Call = (uint)call,
            Errno = errno
        }, detail);
    }

    [Fact]
    public void Mount_names_its_config_path_destination_call_and_errno()
    {
        RuntimeException error = Of<MountStep>(Sys.open_tree, Errno.ENOENT);
        Assert.Equal("mounts[0] (/data): open_tree: not found (ENOENT)", error.Message);
        Assert.Equal("the source is missing on the host", error.Hint);
        Assert.Equal(1, error.ExitCode);
    }

    [Fact]
    public void Detail_stands_at_the_end() => Assert.Equal("mounts[0] (/data): fsopen: no such device (ENODEV): unknown",
        Of<MountStep>(Sys.fsopen, Errno.ENODEV, "unknown").Message, ignoreCase: true);

    [Fact]
    public void Step_from_no_place_in_the_config_is_named_by_its_words()
    {
        RuntimeException error = Of<KeyringStep>(Sys.keyctl, Errno.EDQUOT);
        Assert.StartsWith("join a new session keyring: keyctl: ", error.Message);
        Assert.Contains("not disk space", error.Hint);
    }

    [Fact]
    public void Sysctl_is_named_by_its_key()
    {
        RuntimeException error = Of<SysctlStep>(Sys.openat, Errno.ENOENT);
        Assert.Equal("linux.sysctl[\"net.ipv4.ip_forward\"] (net.ipv4.ip_forward): openat: not found (ENOENT)", error.Message);
    }

    [Fact]
    public void Missing_program_has_the_words_that_engines_look_for() =>
        Assert.Equal("exec: \"server\": executable file not found in $PATH", Of<FindProgramStep>(Sys.execve, Errno.ENOENT)
        .Message);

    [Theory]
    [InlineData(Errno.EACCES, "exec: \"server\": permission denied")]
    [InlineData(Errno.ENOENT, "exec: \"server\": no such file or directory")]
    [InlineData(Errno.ENOEXEC, "exec: \"server\": exec format error")]
    public void Program_that_does_not_start_says_why(int errno, string message) =>
        Assert.Equal(message, Of<ExecStep>(Sys.execve, errno).Message);

    [Theory]
    [InlineData(Errno.ENOENT)]
    [InlineData(Errno.EACCES)]
    public void No_other_step_says_what_engines_take_for_a_missing_program(int errno)
    {
        for (int i = 0; i < Plan.Steps.Count; i++)
        {
            if (Plan.Steps[i] is FindProgramStep or ExecStep)
            {
                continue;
            }
            RuntimeException error = ErrorText.OfRecord(Plan, new Record { Step = (uint)i, Call = Sys.openat2, Errno = errno },
                null);
            foreach (string text in new[] { error.Message, error.Hint ?? "" })
            {
                Assert.DoesNotContain("no such file or directory", text, System.StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain("executable file not found", text, System.StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    [Fact]
    public void Record_of_no_step_and_no_known_call_still_makes_a_message() => Assert.All(
        (uint[])[(uint)Plan.Steps.Count, 60000, uint.MaxValue],
        static step => Assert.Equal("init: system call 60000: operation not permitted (EPERM)",
            ErrorText.OfRecord(Plan, new Record { Step = step, Call = 60000, Errno = 1 }, null).Message, ignoreCase: true));

    [Fact]
    public void All_problems_are_told_and_warnings_are_not()
    {
        List<ConfigProblem> problems = [new("a", "is wrong"), new("b", "is odd", IsWarning: true), new("", "is broken")];
        Assert.Equal("2 problems in config.json: a: is wrong; is broken", ErrorText.OfProblems(problems, "config.json").Message);
        problems.RemoveAt(2);
        Assert.Equal("config.json: a: is wrong", ErrorText.OfProblems(problems, "config.json").Message);
    }
}
