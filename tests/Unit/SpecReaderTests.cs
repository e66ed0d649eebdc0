using System.Collections.Generic;
using System.Linq;
using System.Text;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

public sealed class SpecReaderTests
{
    static (RuntimeSpec? Spec, string[] Problems) Read(string json) => Read(Encoding.UTF8.GetBytes(json));

    static (RuntimeSpec? Spec, string[] Problems) Read(byte[] json)
    {
        var problems = new List<ConfigProblem>();
        RuntimeSpec? spec = ConfigReader.Read(json, problems);
        return (spec, problems.Select(p => p.ToString()).ToArray());
    }

    [Theory]
    [InlineData("""{"ociVersion":1}""", "ociVersion: expected a string, got a number")]
    [InlineData("""{"root":[]}""", "root: expected an object, got a list")]
    [InlineData("""{"root":{"readonly":"yes"}}""", "root.readonly: expected true or false, got a string")]
    [InlineData("""{"process":{"user":{"uid":"0"}}}""", "process.user.uid: expected a number, got a string")]
    [InlineData("""{"process":{"user":{"uid":-1}}}""", "process.user.uid: -1 is out of range (0 to 4294967295)")]
    [InlineData("""{"process":{"user":{"uid":4294967296}}}""", "process.user.uid: 4294967296 is out of range (0 to 4294967295)")]
    [InlineData("""{"process":{"user":{"uid":1.5}}}""", "process.user.uid: 1.5 is not a whole number")]
    [InlineData("""{"process":{"user":{"uid":1e400}}}""", "process.user.uid: 1e400 is out of range (0 to 4294967295)")]
    [InlineData("""{"process":{"user":{"additionalGids":[1,true]}}}""",
        "process.user.additionalGids[1]: expected a number, got true")]
    [InlineData("""{"process":{"oomScoreAdj":2147483648}}""",
        "process.oomScoreAdj: 2147483648 is out of range (-2147483648 to 2147483647)")]
    [InlineData("""{"process":{"args":["a",{},"b"]}}""", "process.args[1]: expected a string, got an object")]
    [InlineData("""{"process":{"args":["a",null]}}""", "process.args[1]: expected a string, got null")]
    [InlineData("""{"process":{"args":["a\u0000b"]}}""", "process.args[0]: contains a NUL character")]
    [InlineData("""{"process":{"args":["\ud800"]}}""", "process.args[0]: has a \\u escape that is half of a surrogate pair")]
    [InlineData("""{"process":{"rlimits":[{"soft":18446744073709551616,"hard":1}]}}""",
        "process.rlimits[0].soft: 18446744073709551616 is out of range (0 to 18446744073709551615)")]
    [InlineData("""{"mounts":[{},{},{},{"options":["ro",7]}]}""", "mounts[3].options[1]: expected a string, got a number")]
    [InlineData("""{"mounts":[null]}""", "mounts[0]: expected an object, got null")]
    [InlineData("""{"mounts":{"a":1}}""", "mounts: expected a list, got an object")]
    [InlineData("""{"hooks":{"poststop":[{"timeout":"5"}]}}""", "hooks.poststop[0].timeout: expected a number, got a string")]
    [InlineData("""{"annotations":{"org.example/a b":1}}""", """annotations["org.example/a b"]: expected a string, got a number""")]
    [InlineData("""{"annotations":{"a\u0000":"x"}}""", """annotations["a\u0000"]: has a NUL character in its key""")]
    [InlineData("""{"linux":{"sysctl":{"net.core.somaxconn":256}}}""",
        """linux.sysctl["net.core.somaxconn"]: expected a string, got a number""")]
    [InlineData("""{"linux":{"timeOffsets":{"boottime":{"nanosecs":-1}}}}""",
        "linux.timeOffsets.boottime.nanosecs: -1 is out of range (0 to 4294967295)")]
    [InlineData("""{"linux":{"resources":{"memory":{"limit":9223372036854775808}}}}""",
        "linux.resources.memory.limit: 9223372036854775808 is out of range (-9223372036854775808 to 9223372036854775807)")]
    [InlineData("""{"linux":{"resources":{"blockIO":{"weight":65536}}}}""",
        "linux.resources.blockIO.weight: 65536 is out of range (0 to 65535)")]
    [InlineData("""{"linux":{"resources":{"rdma":{"mlx5_1":{"hcaHandles":-1}}}}}""",
        "linux.resources.rdma.mlx5_1.hcaHandles: -1 is out of range (0 to 4294967295)")]
    [InlineData("""{"linux":{"seccomp":{"syscalls":[{"args":[{"index":"0","value":1}]}]}}}""",
        "linux.seccomp.syscalls[0].args[0].index: expected a number, got a string")]
    [InlineData("""{"linux":{"netDevices":{"eth0":"x"}}}""", "linux.netDevices.eth0: expected an object, got a string")]
    [InlineData("\"x\"", "expected an object, got a string")]
    [InlineData("null", "expected an object, got null")]
    public void A_value_of_the_wrong_kind_is_named_by_its_path(string json, string problem)
    {
        Assert.Equal([problem], Read(json).Problems);
    }

    [Theory]
    [InlineData("", "line 1, column 1: expected a value, got an empty file")]
    [InlineData("  \n", "line 2, column 1: expected a value, got the end of the file")]
    [InlineData("{", "line 1, column 2: expected a name in double quotes or '}', got the end of the file")]
    [InlineData("{\n  \"a\": 1\n  \"b\": 2\n}", "line 3, column 3: expected ',' or '}', got '\"'")]
    [InlineData("{\"a\": 1,}", "line 1, column 9: expected a name in double quotes, got '}'")]
    [InlineData("{a: 1}", "line 1, column 2: expected a name in double quotes or '}', got 'a'")]
    [InlineData("{\"a\" 1}", "line 1, column 6: expected ':', got '1'")]
    [InlineData("{\"a\":}", "line 1, column 6: expected a value, got '}'")]
    [InlineData("{\"a\":[,]}", "line 1, column 7: expected a value or ']', got ','")]
    [InlineData("{\"a\":[1,]}", "line 1, column 9: expected a value, got ']'")]
    [InlineData("{\"a\":[1 2]}", "line 1, column 9: expected ',' or ']', got '2'")]
    [InlineData("{\"a\":tru}", "line 1, column 6: expected a value, got 't'")]
    [InlineData("{\"a\":-}", "line 1, column 7: expected a digit, got '}'")]
    [InlineData("{\"a\":01}", "line 1, column 7: expected ',' or '}', got '1'")]
    [InlineData("{\"a\":1.e}", "line 1, column 8: expected a digit, got 'e'")]
    [InlineData("{\"äöü\":x}", "line 1, column 8: expected a value, got 'x'")]
    [InlineData("{\"a\":\"b", "line 1, column 8: expected '\"' at the end of a string, got the end of the file")]
    [InlineData("{\"a\":\"b\n\"}", "line 1, column 8: expected '\"' at the end of a string, got the end of the line")]
    [InlineData("{\"a\":\"\\x\"}",
        "line 1, column 8: expected one of \"\\/bfnrtu after a backslash, and four hexadecimal digits after u, got 'x'")]
    [InlineData("{} x", "line 1, column 4: expected nothing more, got 'x'")]
    [InlineData("{}{}", "line 1, column 3: expected nothing more, got '{'")]
    [InlineData("// c\n{}", "line 1, column 1: expected a value, got '/'")]
    [InlineData("\0", "line 1, column 1: expected a value, got the control character 0x00")]
    [InlineData("{\"process\":{\"cwd\":5},", "line 1, column 22: expected a name in double quotes, got the end of the file")]
    public void Broken_json_is_one_problem_with_its_place(string json, string problem)
    {
        (RuntimeSpec? spec, string[] problems) = Read(json);
        Assert.Null(spec);
        Assert.Equal([problem], problems);
    }

    [Fact]
    public void All_problems_are_reported_together_and_the_rest_is_read()
    {
        (RuntimeSpec? spec, string[] problems) = Read(
            """{"hostname":1,"process":{"cwd":[],"args":["x"],"user":{"uid":-5,"gid":7}},"mounts":[{"source":true,"type":"proc"}]}""");
        Assert.Equal(4, problems.Length);
        Assert.Equal("x", Assert.Single(spec!.Process!.Args!));
        Assert.Equal(7u, spec.Process.User!.Gid);
        Assert.Equal("proc", spec.Mounts![0].Type);
    }

    [Fact]
    public void Null_is_absent_for_every_kind_of_member()
    {
        (RuntimeSpec? spec, string[] problems) = Read(
            """
            {"ociVersion":null,"root":null,"mounts":null,"annotations":{"a":null,"b":"c"},"hooks":{"prestart":null},
             "process":{"terminal":null,"user":{"uid":null,"umask":null},"oomScoreAdj":null,"args":null},
             "linux":{"timeOffsets":{"boottime":null},"resources":{"memory":{"limit":null,"disableOOMKiller":null}}}}
            """);
        Assert.Empty(problems);
        Assert.Null(spec!.OciVersion);
        Assert.Null(spec.Mounts);
        Assert.Null(spec.Hooks!.Prestart);
        Assert.Equal(["b"], spec.Annotations!.Keys);
        Assert.Empty(spec.Linux!.TimeOffsets!);
        Assert.Null(spec.Process!.Args);
        Assert.Null(spec.Process.OomScoreAdj);
    }

    [Fact]
    public void Of_duplicate_keys_the_last_one_wins_and_each_is_a_warning()
    {
        var problems = new List<ConfigProblem>();
        RuntimeSpec? spec = ConfigReader.Read(
            """
            {"hostname":"a","hostname":"b","annotations":{"k":"1","k":"2","gone":"1","gone":null},"root":{"path":"x"},"root":null,
             "mounts":[{"type":"a"},{"type":"b","type":"c"}],"linux":{"sysctl":null,"sysctl":{"a":"1"},"rootfsPropagation":null},
             "unknown":1,"unknown":2}
            """u8, problems);
        const string message = "given more than once; the last one counts, as in Go";
        Assert.Equal(
            [
                new("hostname", message, IsWarning: true), new("annotations.k", message, IsWarning: true),
                new("annotations.gone", message, IsWarning: true), new("root", message, IsWarning: true),
                new("mounts[1].type", message, IsWarning: true), new("linux.sysctl", message, IsWarning: true),
            ],
            problems);
        Assert.Equal("b", spec!.Hostname);
        Assert.Equal("2", spec.Annotations!["k"]);
        Assert.False(spec.Annotations.ContainsKey("gone"));
        Assert.Null(spec.Root);
        Assert.Equal("c", spec.Mounts![1].Type);
    }

    /// <summary>As encoding/json has it, and so runc; what equals a name is never taken for another one in another
    /// case.</summary>
    [Fact]
    public void Names_in_another_case_are_the_same_names()
    {
        (RuntimeSpec? spec, string[] problems) = Read(
            """
            {"HOSTNAME":"h","Process":{"CWD":"/","oomscoreadj":7,"cwd":"/x"},"Annotations":{"A":"1","a":"2"},
             "linux":{"resources":{"hugepageLimits":[{"pagesize":"2MB","LIMIT":5},{"Pagesize":1,"limit":2}]}}}
            """);
        Assert.Equal("h", spec!.Hostname);
        Assert.Equal("/x", spec.Process!.Cwd);
        Assert.Equal(7, spec.Process.OomScoreAdj);
        Assert.Equal(2, spec.Annotations!.Count);
        Assert.Equal(("2MB", 5ul),
            (spec.Linux!.Resources!.HugepageLimits![0].PageSize, spec.Linux.Resources.HugepageLimits[0].Limit));
        Assert.Equal(
            [
                "Process.cwd: given more than once; the last one counts, as in Go",
                "linux.resources.hugepageLimits[1].Pagesize: expected a string, got a number",
            ],
            problems);
    }

    [Fact]
    public void A_required_member_may_not_be_null_and_may_be_in_another_case()
    {
        Assert.Equal(["process.rlimits[0].soft: missing", "process.rlimits[1].hard: missing"], Read(
            """{"process":{"rlimits":[{"type":"x","soft":null,"hard":1},{"SOFT":1},{"Soft":1,"hard":2}]}}""").Problems);
    }

    [Fact]
    public void Escaped_names_are_the_same_names()
    {
        (RuntimeSpec? spec, string[] problems) = Read("""{"host\u006eame":"a\u0062\n","ann\u006ftations":{"\u00e4":"\ud83d\ude00"}}""");
        Assert.Empty(problems);
        Assert.Equal("ab\n", spec!.Hostname);
        Assert.Equal("\U0001F600", spec.Annotations!["ä"]);
    }

    [Fact]
    public void Numbers_at_the_edges_of_their_types_are_read()
    {
        (RuntimeSpec? spec, string[] problems) = Read(
            """
            {"process":{"rlimits":[{"soft":18446744073709551615,"hard":0}],"user":{"uid":4294967295},"oomScoreAdj":-1000},
             "linux":{"resources":{"memory":{"limit":-1,"swap":9223372036854775807,"reservation":-9223372036854775808},
                                   "cpu":{"shares":1e3,"quota":-1.0,"burst":1.5e1}}}}
            """);
        Assert.Empty(problems);
        Assert.Equal(ulong.MaxValue, spec!.Process!.Rlimits![0].Soft);
        Assert.Equal(uint.MaxValue, spec.Process.User!.Uid);
        Assert.Equal(-1000, spec.Process.OomScoreAdj);
        Assert.Equal(-1, spec.Linux!.Resources!.Memory!.Limit);
        Assert.Equal(long.MaxValue, spec.Linux.Resources.Memory.Swap);
        Assert.Equal(long.MinValue, spec.Linux.Resources.Memory.Reservation);
        Assert.Equal(1000u, spec.Linux.Resources.Cpu!.Shares);
        Assert.Equal(-1, spec.Linux.Resources.Cpu.Quota);
        Assert.Equal(15u, spec.Linux.Resources.Cpu.Burst);
    }

    [Fact]
    public void Unknown_members_are_ignored_whatever_they_hold()
    {
        (RuntimeSpec? spec, string[] problems) = Read(
            """{"windows":{"layers":[1,{"a":[null]}]},"hostname":"h","x":[[[]]],"process":{"commandLine":{},"cwd":"/"}}""");
        Assert.Empty(problems);
        Assert.Equal("h", spec!.Hostname);
        Assert.Equal("/", spec.Process!.Cwd);
    }

    [Fact]
    public void Deep_nesting_is_refused_with_its_place()
    {
        string json = "{\"x\":" + new string('[', 100_000) + new string(']', 100_000) + "}";
        Assert.Equal(["line 1, column 69: nested more than 64 levels deep"], Read(json).Problems);
    }

    [Fact]
    public void Foreign_encodings_are_named()
    {
        Assert.StartsWith("starts with a byte order mark", Assert.Single(Read([0xEF, 0xBB, 0xBF, (byte)'{',
            (byte)'}']).Problems));
        Assert.StartsWith("is UTF-16", Assert.Single(Read(Encoding.Unicode.GetPreamble()).Problems));
        byte[] invalid = [.. "{\n \"a\": \""u8, 0xC3, (byte)'"', (byte)'}'];
        Assert.Equal(["line 2, column 8: not valid UTF-8"], Read(invalid).Problems);
    }

    [Fact]
    public void Ten_thousand_mounts_and_a_ten_megabyte_string_are_read()
    {
        string mounts = string.Join(',', Enumerable.Range(0, 10_000).Select(i => $$"""{"destination":"/m{{i}}","options":["ro","bind"]}"""));
        (RuntimeSpec? spec, string[] problems) = Read(
            $$"""{"mounts":[{{mounts}}],"hostname":"{{new string('x', 10_000_000)}}"}""");
        Assert.Empty(problems);
        Assert.Equal("/m9999", spec!.Mounts![9999].Destination);
        Assert.Equal(10_000_000, spec.Hostname!.Length);
    }

    [Fact]
    public void Process_and_resources_files_have_paths_of_their_own()
    {
        var problems = new List<ConfigProblem>();
        ConfigReader.ReadProcess("""{"args":["a",1]}"""u8, problems);
        SpecResources? resources = ConfigReader.ReadResources("""{"memory":{"limit":"1","swap":5}}"""u8, problems);
        Assert.Equal(["args[1]", "memory.limit"], problems.Select(p => p.Path));
        Assert.Equal(5, resources!.Memory!.Swap);
    }
}
