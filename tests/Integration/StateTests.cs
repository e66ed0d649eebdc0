using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>What state, list and ps print.</summary>
public sealed class StateTests : ContainerTest
{
    [Fact]
    public void State_has_the_keys_that_engines_read_in_runcs_order()
    {
        var b = NewBundle("sleep", "60");
        b.Config["annotations"] = new JsonObject { ["org.example.a"] = "1", ["b"] = "ü \"quoted\"" };
        var id = Create(b);
        var s = State(id);
        Assert.Equal(["ociVersion", "id", "pid", "status", "bundle", "rootfs", "created", "annotations", "owner"],
            s.Select(p => p.Key));
        Assert.Equal(id, (string?)s["id"]);
        Assert.Equal("created", (string?)s["status"]);
        Assert.Equal(b.Dir, (string?)s["bundle"]);
        Assert.Equal(b.Rootfs, (string?)s["rootfs"]);
        Assert.Equal("1", (string?)s["annotations"]!["org.example.a"]);
        Assert.Equal("ü \"quoted\"", (string?)s["annotations"]!["b"]);
        Assert.True((int)s["pid"]! > 1);
    }

    [Fact]
    public void Annotations_are_left_out_when_there_are_none() =>
        Assert.False(State(Create(NewBundle("sleep", "60"))).ContainsKey("annotations"));

    [Fact]
    public void Created_is_now_in_UTC_with_fractions()
    {
        var before = DateTimeOffset.UtcNow.AddSeconds(-2);
        var created = (string)State(Create(NewBundle("sleep", "60")))["created"]!;
        Assert.EndsWith("Z", created, StringComparison.Ordinal);
        Assert.Contains(".", created, StringComparison.Ordinal);
        Assert.InRange(DateTimeOffset.Parse(created, CultureInfo.InvariantCulture), before, DateTimeOffset.UtcNow.AddSeconds(2));
    }

    [Fact]
    public void Pid_is_the_containers_init_as_the_host_sees_it()
    {
        var id = StartSleeper();
        var pid = Pid(id);
        Assert.Contains("OCI_TEST=" + Tag, File.ReadAllText($"/proc/{pid}/environ"), StringComparison.Ordinal);
        Assert.True(Host.Eventually(() => File.ReadAllText($"/proc/{pid}/cmdline") == "/probe\0sleep\060\0"));
    }

    [Fact]
    public void Stopped_container_has_pid_0()
    {
        var id = Start(NewBundle("exit", "0"));
        WaitStatus(id, "stopped");
        Assert.Equal(0, (int)State(id)["pid"]!);
    }

    [Fact]
    public void State_takes_exactly_one_id()
    {
        Fails(Oci("state"), 1, "requires exactly 1 argument");
        Fails(Oci("state", "a", "b"), 1, "requires exactly 1 argument");
    }

    [Fact]
    public void List_shows_a_table_with_header()
    {
        var b = NewBundle("sleep", "60");
        var id = Start(b);
        var lines = Ok(Oci("list")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"], Words(lines[0]));
        var row = Words(Assert.Single(lines[1..]));
        Assert.Equal([id, Pid(id).ToString(CultureInfo.InvariantCulture), "running", b.Dir], row[..4]);
        Assert.Equal("root", row[5]);
    }

    [Fact]
    public void List_quiet_prints_ids_only()
    {
        var a = Create(NewBundle("sleep", "60"));
        var b = Create(NewBundle("sleep", "60"));
        Assert.Equal(new[] { a, b }.Order(StringComparer.Ordinal),
            Ok(Oci("list", "-q")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void List_json_is_an_array_of_states_with_owner()
    {
        var id = Create(NewBundle("sleep", "60"));
        var list = JsonNode.Parse(Ok(Oci("list", "--format", "json")).Out)!.AsArray();
        var one = Assert.Single(list)!;
        Assert.Equal(id, (string?)one["id"]);
        Assert.Equal("created", (string?)one["status"]);
        Assert.Equal("root", (string?)one["owner"]);
    }

    [Fact]
    public void List_of_an_empty_root_is_empty()
    {
        Assert.Equal("null", Ok(Oci("list", "-f", "json")).Out.Trim());
        Assert.Equal("", Ok(Oci("list", "-q")).Out.Trim());
    }

    [Fact]
    public void List_skips_a_broken_entry_and_says_so()
    {
        var id = Create(NewBundle("sleep", "60"));
        var broken = Directory.CreateDirectory(Path.Combine(Root, "broken")).FullName;
        File.WriteAllText(Path.Combine(broken, "state.json"), "{ \"id\": ");
        var r = Ok(Oci("list", "-q"));
        Assert.Equal(id, r.Out.Trim());
        Assert.Contains("broken", r.Err, StringComparison.Ordinal);
        Directory.Delete(broken, recursive: true);
    }

    [Fact]
    public void List_refuses_an_unknown_format() => Fails(Oci("list", "--format", "yaml"), 1, "format");

    [Fact]
    public void Ps_json_lists_the_host_pids_of_all_processes()
    {
        var id = Start(NewBundle("fork", "2", "60", "--", "sleep", "60"));
        JsonArray? pids = null;
        Assert.True(Host.Eventually(() => (pids = JsonNode.Parse(Ok(Oci("ps", "-f", "json", id)).Out)?.AsArray())?.Count == 3));
        Assert.Contains(Pid(id), pids!.Select(n => (int)n!));
        Assert.All(pids!, n => Assert.Contains("probe", File.ReadAllText($"/proc/{(int)n!}/cmdline"), StringComparison.Ordinal));
    }

    [Fact]
    public void Ps_table_filters_the_hosts_ps()
    {
        var id = StartSleeper();
        var lines = Ok(Oci("ps", id)).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("PID", lines[0], StringComparison.Ordinal);
        Assert.Contains("/probe sleep 60", Assert.Single(lines[1..]), StringComparison.Ordinal);
    }

    [Fact]
    public void Ps_passes_arguments_to_the_hosts_ps()
    {
        var id = StartSleeper();
        var lines = Ok(Oci("ps", id, "-e", "-o", "pid,comm")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["PID", "COMMAND"], Words(lines[0]));
        Assert.Equal([Pid(id).ToString(CultureInfo.InvariantCulture), "probe"], Words(Assert.Single(lines[1..])));
    }

    [Fact]
    public void Ps_refuses_an_unknown_format() => Fails(Oci("ps", "--format", "xml", StartSleeper()), 1, "format");

    [Fact]
    public void State_directory_is_private_enough()
    {
        var id = Create(NewBundle("sleep", "60"));
        var mode = File.GetUnixFileMode(Path.Combine(Root, id));
        Assert.Equal(UnixFileMode.None, mode & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite));
    }

    static string[] Words(string line) => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
}
