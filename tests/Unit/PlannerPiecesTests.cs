using System;
using System.Collections.Generic;
using System.Linq;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Planning.Validation;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

public sealed class PlannerPiecesTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("", "/")]
    [InlineData("/a//b/", "/a/b")]
    [InlineData("/a/./b/.", "/a/b")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/../../a", "/a")]
    [InlineData("/a/b/../..", "/")]
    [InlineData("/..a/b..", "/..a/b..")]
    [InlineData("relative", "/relative")]
    public void Path_is_cleaned_by_name(string path, string clean) => Assert.Equal(clean, PathText.Clean(path));

    [Theory]
    [InlineData("net.ipv4.ip_forward", "net/ipv4/ip_forward")]
    [InlineData("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding")]
    [InlineData("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding")]
    [InlineData("single", "single")]
    public void Sysctl_separator_is_the_first_of_dot_and_slash(string key, string path)
    {
        Assert.Equal(path, SysctlStep.PathOf(key));
        // The rule that decides whose namespace it is must see the path that is written.
        Assert.Equal(key == "single" ? null : path, SysctlRules.PathOf(key));
    }

    static readonly SpecLinux Mapped = new()
    {
        UidMappings = [new SpecIdMapping { ContainerID = 0, HostID = 1000, Size = 1 },
            new SpecIdMapping { ContainerID = 1, HostID = 200000, Size = 100 }],
        GidMappings = [new SpecIdMapping { ContainerID = 0, HostID = 5000, Size = 10 }],
    };

    static string Show(IEnumerable<SpecIdMapping> mappings) =>
        string.Join(',', mappings.Select(static one => $"{one.ContainerID}:{one.HostID}:{one.Size}"));

    [Theory]
    [InlineData("uids=0-1000-10;gids=0-2000-5", "0:1000:10", "0:2000:5")]
    [InlineData("gids=0-2000-5;uids=0-1000-10#20-3000-1", "0:1000:10,20:3000:1", "0:2000:5")]
    [InlineData("uids=@7-0-1;gids=@3-4-2", "7:1000:1", "3:5004:2")]
    [InlineData("uids=@0-11-5;gids=0-0-1", "0:200010:5", "0:0:1")]
    [InlineData("uids=@0-999-1;gids=0-0-1", "0:999:1", "0:0:1")]
    [InlineData("uids=0-4294967294-1;gids=0-0-1;", "0:4294967294:1", "0:0:1")]
    public void Mappings_of_an_idmap_word(string text, string uids, string gids)
    {
        var problems = new List<ConfigProblem>();
        (IReadOnlyList<SpecIdMapping> Uids, IReadOnlyList<SpecIdMapping> Gids)? maps = IdMapWords.Parse(text, Mapped, "p",
            problems);
        Assert.Empty(problems);
        Assert.Equal(uids, Show(maps!.Value.Uids));
        Assert.Equal(gids, Show(maps.Value.Gids));
    }

    [Theory]
    [InlineData("", "idmap needs both uids= and gids=")]
    [InlineData("uids=0-1-1", "idmap needs both uids= and gids=")]
    [InlineData("uids=;gids=0-1-1", "idmap needs both uids= and gids=")]
    [InlineData("pids=0-1-1", "idmap: \"pids=0-1-1\" is neither uids= nor gids=")]
    [InlineData("uids=0-4294967295-1;gids=0-0-1", "idmap: \"0-4294967295-1\" goes beyond the last id, 4294967294")]
    [InlineData("uids=0-0-1;gids=4294967290-0-6", "idmap: \"4294967290-0-6\" goes beyond the last id, 4294967294")]
    [InlineData("uids=0-1;gids=0-1-1", "idmap: \"0-1\" is not CONTAINER-HOST-COUNT")]
    [InlineData("uids=0-1-0;gids=0-1-1", "idmap: \"0-1-0\" is not CONTAINER-HOST-COUNT")]
    [InlineData("uids=0-1- 5;gids=0-1-1", "idmap: \"0-1- 5\" is not CONTAINER-HOST-COUNT")]
    [InlineData("uids=0-4294967296-1;gids=0-1-1", "idmap: \"0-4294967296-1\" is not CONTAINER-HOST-COUNT")]
    public void Wrong_idmap_word_is_one_problem(string text, string message)
    {
        var problems = new List<ConfigProblem>();
        Assert.Null(IdMapWords.Parse(text, Mapped, "mounts[0].options", problems));
        Assert.Equal(new ConfigProblem("mounts[0].options", message), Assert.Single(problems));
    }

    [Theory]
    [InlineData("0", "0100000000000000")]
    [InlineData("0-1,3", "0B00000000000000")]
    [InlineData(" 1 , 2", "0600000000000000")]
    [InlineData("63", "0000000000000080")]
    [InlineData("64", "00000000000000000100000000000000")]
    [InlineData("7-8", "8001000000000000")]
    public void Numbers_become_a_mask_of_whole_words(string list, string mask) =>
        Assert.Equal(mask, Convert.ToHexString(NumberList.Mask(list, 1024)!));

    [Theory]
    [InlineData("")]
    [InlineData("1,")]
    [InlineData("-1")]
    [InlineData("2-1")]
    [InlineData("1024")]
    [InlineData("a")]
    [InlineData("1-2-3")]
    [InlineData("99999999999")]
    public void Wrong_list_of_numbers_has_no_mask(string list) => Assert.Null(NumberList.Mask(list, 1024));

    static ContainerPlan Plan(string[] args, string[] env, PlanOptions? options = null)
    {
        var problems = new List<ConfigProblem>();
        ContainerPlan? plan = Planner.Plan(new RuntimeSpec
        {
            OciVersion = "1.3.0",
            Root = new SpecRoot { Path = "rootfs" },
            Process = new SpecProcess { Args = [.. args], Cwd = "/", Env = [.. env] },
        }, (options ?? new PlanOptions()) with { Id = "c", Bundle = "/b" }, new HostFacts { CgroupMount = "/sys/fs/cgroup" },
        problems);
        Assert.True(plan is not null, string.Join("; ", problems));
        return plan;
    }

    static T Only<T>(ContainerPlan plan) where T : Step => plan.Steps.OfType<T>().Single();

    [Theory]
    [InlineData("sh", "/a:/b", "/a/sh /b/sh")]
    [InlineData("sh", "/a/:/b", "/a/sh /b/sh")]
    [InlineData("sh", ":/b:", "./sh /b/sh ./sh")]
    [InlineData("sh", "bin", "bin/sh")]
    [InlineData("./sh", "/a:/b", "./sh")]
    [InlineData("/bin/sh", "/a", "/bin/sh")]
    public void Program_is_looked_for_below_each_directory_of_PATH(string name, string path, string candidates) =>
        Assert.Equal(candidates.Split(' '), Only<FindProgramStep>(Plan([name], ["PATH=" + path])).Candidates);

    [Theory]
    [InlineData("A=1 B=2 A=3", "A=3 B=2")]
    [InlineData("PATH=/x PATH=/y", "PATH=/y")]
    [InlineData("A= AA=1 A=2", "A=2 AA=1")]
    [InlineData("a=1 A=2", "a=1 A=2")]
    [InlineData("A=1=2", "A=1=2")]
    [InlineData("HOME= A=1", "A=1")]
    public void Of_entries_with_one_name_the_last_wins(string given, string expected) =>
        Assert.Equal(expected.Split(' '), Only<ExecStep>(Plan(["x"], given.Split(' '))).Env);

    [Fact]
    public void Program_is_searched_in_the_PATH_that_the_payload_gets() =>
        Assert.Equal(["/y/sh"], Only<FindProgramStep>(Plan(["sh"], ["PATH=/x", "PATH=/y"])).Candidates);

    [Theory]
    [InlineData("HOME=/root", false)]
    [InlineData("HOME=", true)]
    [InlineData("HOMER=1", true)]
    public void Home_comes_from_passwd_when_the_config_has_none(string entry, bool fromPasswd) =>
        Assert.Equal(fromPasswd, Only<ExecStep>(Plan(["x"], [entry])).HomeFromPasswd);

    [Fact]
    public void Inherited_sockets_are_announced() => Assert.Equal(
        ["A=1", "LISTEN_FDS=2", "LISTEN_PID=1", "NOTIFY_SOCKET=/run/notify/notify.sock"],
        Only<ExecStep>(Plan(["x"], ["A=1"], new PlanOptions { ListenFds = 2, InheritedFds = 2, NotifyDirectory = "/n" })).Env);
}
