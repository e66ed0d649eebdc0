using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

public sealed class SpecWriterTests
{
    static string Show<T>(T value) => JsonSerializer.Serialize(value);

    static readonly DateTime Created = new(2026, 1, 31, 12, 30, 0, 123, DateTimeKind.Utc);

    static ContainerRecord Record() => new()
    {
        Id = "web",
        Pid = 4422,
        Bundle = "/b",
        Rootfs = "/b/rootfs",
        Created = Created,
        Annotations = new Dictionary<string, string> { ["k"] = "v" },
    };

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.3)]
    [InlineData(0.9)]
    public void A_record_with_its_config_survives_being_written_and_read(double sparseness)
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var record = new SpecModelFiller(seed) { Sparseness = sparseness }.Fill<ContainerRecord>();
            record.Schema = 1 + seed;
            record.Id = "id";
            ContainerRecord? copy = StateFile.Parse(StateFile.Serialize(record), withConfig: true, out string? problem);
            Assert.Null(problem);
            Assert.Equal(Show(record), Show(copy));
            Assert.Equal(DateTimeKind.Utc, copy!.Created.Kind);
        }
    }

    [Fact]
    public void Without_the_config_the_rest_of_the_record_is_the_same()
    {
        var record = new SpecModelFiller(5).Fill<ContainerRecord>();
        record.Schema = 1;
        record.Id = "id";
        ContainerRecord? copy = StateFile.Parse(StateFile.Serialize(record), withConfig: false, out _);
        record.Config = new RuntimeSpec();
        Assert.Equal(Show(record), Show(copy));
    }

    [Fact]
    public void Unknown_members_and_a_newer_schema_are_read()
    {
        ContainerRecord? record = StateFile.Parse(
            """{"schema":99,"id":"x","future":{"a":[1]},"config":{"hostname":"h","more":1}}"""u8, true, out string? problem);
        Assert.Null(problem);
        Assert.Equal(99, record!.Schema);
        Assert.Equal("h", record.Config.Hostname);
        Assert.Equal("cgroupfs", record.CgroupManager);
    }

    [Theory]
    [InlineData("""{"id":"x","init_process_pid":1,"created":"2026-01-01T00:00:00Z"}""", "was not written by oci-run")]
    [InlineData("""{"pid":"text","cgroup-path":""}""", "was not written by oci-run")]
    [InlineData("""{"schema":1}""", "id: missing")]
    [InlineData("""{"schema":1,"id":"x","pid":"1"}""", "pid: expected a number, got a string")]
    [InlineData("""{"schema":1,"id":"x","created":"yesterday"}""", "created: expected a time such as")]
    [InlineData("""{"schema":1,"id":"x","config":{"root":1}}""", "config.root: expected an object, got a number")]
    [InlineData("""{"schema":1,"id":"x",""", "line 1, column 22: expected a name in double quotes, got the end of the file")]
    [InlineData("", "line 1, column 1: expected a value, got an empty file")]
    [InlineData("[]", "expected an object, got a list")]
    public void A_damaged_or_foreign_state_is_explained(string json, string problem)
    {
        Assert.Null(StateFile.Parse(Encoding.UTF8.GetBytes(json), true, out string? found));
        Assert.StartsWith(problem, found);
    }

    [Fact]
    public void State_is_indented_json_in_the_order_that_runc_has()
    {
        string expected = """
            {
              "ociVersion": "1.3.0",
              "id": "web",
              "pid": 4422,
              "status": "running",
              "bundle": "/b",
              "rootfs": "/b/rootfs",
              "created": "2026-01-31T12:30:00.123Z",
              "annotations": {
                "k": "v"
              },
              "owner": ""
            }
            """;
        Assert.Equal(expected, Encoding.UTF8.GetString(StateJson.Write(Record(), ContainerStatus.Running, 4422)));
    }

    [Fact]
    public void State_of_a_stopped_container_keeps_the_pid_key_and_drops_empty_annotations()
    {
        ContainerRecord record = Record();
        record.Annotations = [];
        string text = Encoding.UTF8.GetString(StateJson.Write(record, ContainerStatus.Stopped, 0, "root"));
        Assert.Contains("\"pid\": 0,", text);
        Assert.Contains("\"status\": \"stopped\",", text);
        Assert.DoesNotContain("annotations", text);
        Assert.Contains("\"owner\": \"root\"", text);
    }

    [Fact]
    public void Hooks_get_the_state_of_the_specification_on_one_line()
    {
        Assert.Equal(
            """{"ociVersion":"1.3.0","id":"web","status":"creating","pid":4422,"bundle":"/b","annotations":{"k":"v"}}""",
            Encoding.UTF8.GetString(StateJson.HookState(Record(), ContainerStatus.Creating, 4422)));
        Assert.Equal(
            """{"ociVersion":"1.3.0","id":"web","status":"stopped","bundle":"/b","annotations":{"k":"v"}}""",
            Encoding.UTF8.GetString(StateJson.HookState(Record(), ContainerStatus.Stopped, 0)));
    }

    [Fact]
    public void List_is_one_line_and_null_when_empty()
    {
        Assert.Equal("null", Encoding.UTF8.GetString(StateJson.WriteList([])));
        string text = Encoding.UTF8.GetString(StateJson.WriteList(
            [new ContainerView(Record(), ContainerStatus.Created, 4422, "root"), new ContainerView(Record(),
                ContainerStatus.Stopped, 0)]));
        Assert.StartsWith("""[{"ociVersion":"1.3.0","id":"web","pid":4422,"status":"created",""", text);
        Assert.EndsWith("\"owner\":\"\"}]", text);
        Assert.DoesNotContain('\n', text);
    }

    [Fact]
    public void Each_status_has_its_word()
    {
        Assert.Equal(["creating", "created", "running", "paused", "stopped"],
            Enum.GetValues<ContainerStatus>().Select(StateJson.Word));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_default_config_reads_back_without_a_problem(bool rootless)
    {
        var problems = new List<ConfigProblem>();
        RuntimeSpec? spec = ConfigReader.Read(DefaultConfig.Write(rootless, 1000, 1001), problems);
        Assert.Empty(problems);
        Assert.Equal(Show(rootless ? DefaultConfig.CreateRootless(1000, 1001) : DefaultConfig.Create()), Show(spec));
    }

    [Fact]
    public void The_default_config_is_indented_with_tabs_and_says_what_scripts_change()
    {
        string text = Encoding.UTF8.GetString(DefaultConfig.Write(rootless: false));
        Assert.StartsWith("{\n\t\"ociVersion\": \"1.3.0\",\n\t\"process\": {\n\t\t\"terminal\": true,", text);
        Assert.Contains("\"uid\": 0,", text);
        Assert.Contains("\"readonly\": true", text);
        Assert.Contains("\"allow\": false,", text);
    }

    [Fact]
    public void The_rootless_default_config_needs_no_privileges()
    {
        RuntimeSpec spec = DefaultConfig.CreateRootless(1000, 1001);
        Assert.Equal(["pid", "ipc", "uts", "mount", "cgroup", "user"], spec.Linux!.Namespaces!.Select(n => n.Type));
        Assert.Equal((1000u, 1001u), (spec.Linux.UidMappings![0].HostID, spec.Linux.GidMappings![0].HostID));
        Assert.Null(spec.Linux.Resources);
        Assert.DoesNotContain(spec.Mounts!, m => m.Type == "sysfs" || m.Options?.Contains("gid=5") == true);
    }
}
