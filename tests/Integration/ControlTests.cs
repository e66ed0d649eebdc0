using System;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>pause, resume, update and events.</summary>
public sealed class ControlTests : ContainerTest
{
    string Cgroup(string id) =>
        Host.Cgroup2 + Array.Find(File.ReadAllLines($"/proc/{Pid(id)}/cgroup"),
        line => line.StartsWith("0::", StringComparison.Ordinal))![3..];

    [Fact]
    public void Pause_freezes_and_resume_thaws()
    {
        string id = StartSleeper();
        string frozen = Path.Combine(Cgroup(id), "cgroup.freeze");
        Ok(Oci("pause", id));
        Assert.Equal("paused", Status(id));
        Assert.Equal("1\n", File.ReadAllText(frozen));
        Fails(Oci("pause", id), 1, "container not running");
        Fails(Oci("exec", id, "/probe", "report"), 255, "cannot exec in a paused container");
        Ok(Oci("resume", id));
        Assert.Equal("running", Status(id));
        Assert.Equal("0\n", File.ReadAllText(frozen));
        Fails(Oci("resume", id), 1, "container not paused");
    }

    /// <summary>What cgroup.freeze asks for is done when cgroup.events says so, and these processes take their time.</summary>
    [Fact]
    public void Pause_returns_when_all_is_frozen_and_not_before()
    {
        string id = Start(NewBundle("uninterruptible", "8", "60"));
        string cgroup = Cgroup(id);
        Assert.True(Host.Eventually(() => File.ReadAllLines(Path.Combine(cgroup, "cgroup.procs")).Length == 9));
        for (int i = 0; i < 10; i++)
        {
            Ok(Oci("pause", id));
            Assert.Contains("frozen 1\n", File.ReadAllText(Path.Combine(cgroup, "cgroup.events")), StringComparison.Ordinal);
            Ok(Oci("resume", id));
        }
    }

    [Theory]
    [InlineData("pause", "container not running")]
    [InlineData("resume", "container not paused")]
    [InlineData("update", "container not running")]
    [InlineData("events", "is not running")]
    public void A_stopped_container_refuses_at_once(string command, string message)
    {
        string id = Start(NewBundle("exit", "0"));
        WaitStatus(id, "stopped");
        Fails(Oci(command, id), 1, message);
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("update")]
    [InlineData("events")]
    public void An_unknown_container_does_not_exist(string command) =>
        Fails(Oci(command, NewId()), 1, "container does not exist");

    [Fact]
    public void A_paused_container_can_be_deleted_by_force()
    {
        string id = StartSleeper();
        Ok(Oci("pause", id));
        Fails(Oci("delete", id), 1, "that is not stopped: paused");
        Ok(Oci("delete", "--force", id));
        AssertNothingLeft();
    }

    [Fact]
    public void Update_without_limits_changes_nothing()
    {
        string id = StartSleeper();
        Ok(Oci("update", id));
        Ok(OciWith(["update", "--resources", "-", id], stdin: "{}"));
        Ok(OciWith(["update", "--resources=-", id], stdin: """{"devices":[{"allow":false,"access":"rwm"}]}"""));
        Assert.Equal(0, Oci("exec", id, "/probe", "exit", "0").Code);
    }

    [Theory]
    [InlineData("{", "--resources: ")]
    [InlineData("""{"memory":{"limit":"much"}}""", "memory.limit")]
    public void Update_names_what_is_wrong_with_resources(string json, string named) =>
        Fails(OciWith(["update", "-r", "-", StartSleeper()], stdin: json), 1, named);

    [Fact]
    public void Update_writes_a_limit_or_names_the_missing_controller()
    {
        string id = StartSleeper();
        Result r = Oci("update", "--pids-limit", "77", id);
        if (Host.Controllers.Contains("pids"))
        {
            Assert.True(r.Code == 0, r.ToString());
            Assert.Equal("77\n", File.ReadAllText(Path.Combine(Cgroup(id), "pids.max")));
        }
        else
        {
            Fails(r, 1, "pids");
        }
    }

    [Fact]
    public void Events_prints_the_statistics_once_on_request()
    {
        string id = StartSleeper();
        string line = Ok(Oci("events", "--stats", id)).Out;
        Assert.Single(line.TrimEnd('\n').Split('\n'));
        JsonNode stats = JsonNode.Parse(line)!;
        Assert.Equal("stats", (string?)stats["type"]);
        Assert.Equal(id, (string?)stats["id"]);
        Assert.NotNull(stats["data"]!["cpu"]);
    }

    [Fact]
    public void Events_goes_on_until_the_container_ends()
    {
        string id = StartSleeper();
        using Command events = OciStart(["events", "--interval", "50ms", id]);
        Assert.True(Host.Eventually(() => events.OutSoFar.Split('\n').Length > 3), events.OutSoFar);
        Ok(Oci("kill", id, "KILL"));
        Assert.Equal(0, events.Wait(10).Code);
    }

    [Fact]
    public void Events_refuses_a_bad_interval() => Fails(Oci("events", "--interval", "soon", StartSleeper()), 1, "--interval");

    [Fact]
    public void A_cgroup_that_somebody_removed_is_said_so_and_hinders_no_delete()
    {
        string id = StartSleeper();
        string gone = Cgroup(id), elsewhere = Host.Cgroup2 + $"/{Tag}elsewhere";
        int pid = Pid(id);
        Directory.CreateDirectory(elsewhere);
        try
        {
            File.WriteAllText(elsewhere + "/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
            Assert.True(Host.Eventually(() => Removed(gone)));
            foreach (string command in (string[])["pause", "update", "events"])
            {
                Fails(Oci(command, id), 1, "the container's cgroup", "is gone");
            }
            Assert.Equal($"[{pid}]\n", Ok(Oci("ps", "--format", "json", id)).Out);
            Ok(Oci("delete", "--force", id));
            Assert.False(Host.IsAlive(pid));
        }
        finally
        {
            Assert.True(Host.Eventually(() => Removed(elsewhere)));
        }
    }

    static bool Removed(string directory)
    {
        try
        {
            Directory.Delete(directory);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
