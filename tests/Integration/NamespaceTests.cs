using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>linux.namespaces: new, shared, joined by path; the loopback device; user and time namespaces.</summary>
public sealed class NamespaceTests : ContainerTest
{
    static readonly Dictionary<string, string> Files = new()
    {
        ["pid"] = "pid",
        ["network"] = "net",
        ["ipc"] = "ipc",
        ["uts"] = "uts",
        ["mount"] = "mnt",
        ["cgroup"] = "cgroup",
        ["user"] = "user",
        ["time"] = "time",
    };

    [Fact]
    public void Mappings_without_user_namespace_are_an_error()
    {
        var b = NewBundle("exit", "0");
        b.Linux["uidMappings"] = new JsonArray(Map(0, 100000, 65536));
        b.Linux["gidMappings"] = new JsonArray(Map(0, 100000, 65536));
        Refused(b, "linux.uidMappings");
    }

    [Fact]
    public void Listed_namespaces_are_new_and_others_the_hosts()
    {
        var seen = Run(NewBundle("report"));
        Assert.All((string[])["pid", "net", "ipc", "uts", "mnt", "cgroup"],
            n => Assert.NotEqual(Host.Namespace(n), seen["ns." + n]));
        Assert.Equal(Host.Namespace("user"), seen["ns.user"]);
        Assert.Equal(Host.Namespace("time"), seen["ns.time"]);
    }

    [Theory]
    [InlineData("pid")]
    [InlineData("network")]
    [InlineData("ipc")]
    [InlineData("uts")]
    [InlineData("cgroup")]
    public void Namespace_that_is_not_listed_is_shared(string type)
    {
        var b = NewBundle("report").Without(type);
        if (type == "uts")
        {
            b.Config.Remove("hostname");
        }
        if (type == "network")
        {
            // sysfs needs a network namespace of the mounter's own user namespace: as root that is the host's.
            b.WithoutMount("/sys");
        }
        Assert.Equal(Host.Namespace(Files[type]), Run(b)["ns." + Files[type]]);
    }

    [Theory]
    [InlineData("network")]
    [InlineData("ipc")]
    [InlineData("uts")]
    [InlineData("cgroup")]
    [InlineData("pid")]
    public void Namespace_with_a_path_is_joined(string type)
    {
        var other = StartSleeper();
        var pid = Pid(other).ToString(CultureInfo.InvariantCulture);
        var seen = Run(NewBundle("report", "--", "pids").Join(type, $"/proc/{pid}/ns/{Files[type]}"));
        Assert.Equal(Host.Namespace(Files[type], pid), seen["ns." + Files[type]]);
        if (type == "pid")
        {
            Assert.NotEqual("1", seen["pid"]);
            Assert.StartsWith("1,", seen["pids"], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Several_namespaces_are_joined_at_once_as_in_a_pod()
    {
        var other = StartSleeper();
        var pid = Pid(other);
        var b = NewBundle("report");
        b.Config.Remove("hostname");
        foreach (var t in (string[])["network", "ipc", "uts", "pid"])
        {
            b.Join(t, $"/proc/{pid}/ns/{Files[t]}");
        }
        var seen = Run(b);
        Assert.Equal("inside", seen["hostname"]);
        Assert.All((string[])["net", "ipc", "uts", "pid"],
            n => Assert.Equal(Host.Namespace(n, pid.ToString(CultureInfo.InvariantCulture)), seen["ns." + n]));
        Assert.NotEqual(Host.Namespace("mnt", pid.ToString(CultureInfo.InvariantCulture)), seen["ns.mnt"]);
    }

    [Fact]
    public void Network_namespace_pinned_by_a_bind_mount_is_joined()
    {
        var pin = Path.Combine(Temp, "netns");
        File.WriteAllText(pin, "");
        var holder = StartOutside("/usr/bin/unshare", "-n", "sleep", "60");
        Assert.True(Host.Eventually(() =>
            Host.Namespace("net", holder.Pid.ToString(CultureInfo.InvariantCulture)) != Host.Namespace("net")));
        Ok(Command.Run("mount", ["--bind", $"/proc/{holder.Pid}/ns/net", pin]));
        try
        {
            Assert.Equal(Host.Namespace("net", holder.Pid.ToString(CultureInfo.InvariantCulture)),
                Run(NewBundle("report").Join("network", pin))["ns.net"]);
        }
        finally
        {
            Ok(Command.Run("umount", [pin]));
        }
    }

    [Fact]
    public void Loopback_is_up_in_a_new_network_namespace()
    {
        var seen = Run(NewBundle("report"));
        Assert.Equal("up", seen["lo"]);
        Assert.Equal("lo", seen["links"]);
    }

    [Fact]
    public void Loopback_of_a_joined_network_namespace_is_left_alone()
    {
        var holder = StartOutside("/usr/bin/unshare", "-n", "sleep", "60");
        Assert.True(Host.Eventually(() =>
            Host.Namespace("net", holder.Pid.ToString(CultureInfo.InvariantCulture)) != Host.Namespace("net")));
        Assert.Equal("down", Run(NewBundle("report").Join("network", $"/proc/{holder.Pid}/ns/net"))["lo"]);
    }

    [Fact]
    public void Cgroup_namespace_has_the_containers_cgroup_as_root() =>
        Assert.Contains("0::/", Run(NewBundle("report"))["cgroup"].Split('\n'));

    [Fact]
    public void Hostname_of_the_host_does_not_change()
    {
        var before = File.ReadAllText("/proc/sys/kernel/hostname");
        Assert.Equal("inside", Run(NewBundle("report"))["hostname"]);
        Assert.Equal(before, File.ReadAllText("/proc/sys/kernel/hostname"));
    }

    [Fact]
    public void Hostname_may_be_absent()
    {
        var b = NewBundle("report");
        b.Config.Remove("hostname");
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/hostname").Trim(), Run(b)["hostname"]);
    }

    [Fact]
    public void Hostname_without_uts_namespace_is_an_error() => Refused(NewBundle("exit", "0").Without("uts"), "hostname");

    [Fact]
    public void Process_sees_only_its_own_pid_namespace() => Assert.Equal("1", Run(NewBundle("pids"))["pids"]);

    [Fact]
    public void Missing_namespace_path_is_an_error_naming_it() =>
        Refused(NewBundle("exit", "0").Join("network", "/nonexistent/ns"), "linux.namespaces", "/nonexistent/ns");

    [Theory]
    [InlineData("network", "/proc/self/ns/uts")]
    [InlineData("ipc", "/proc/self/ns/net")]
    [InlineData("network", "/etc/passwd")]
    [InlineData("uts", "/proc/self/status")]
    public void Namespace_path_of_the_wrong_kind_is_an_error(string type, string path) =>
        Refused(NewBundle("exit", "0").Join(type, path), "linux.namespaces", path);

    [Fact]
    public void Relative_namespace_path_is_an_error() => Refused(NewBundle("exit", "0").Join("network", "ns/net"),
        "linux.namespaces", "ns/net");

    [Fact]
    public void Namespace_given_twice_is_an_error()
    {
        var b = NewBundle("exit", "0");
        b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "uts" });
        Refused(b, "linux.namespaces", "uts");
    }

    [Fact]
    public void Unknown_namespace_type_is_an_error()
    {
        var b = NewBundle("exit", "0");
        b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "weather" });
        Refused(b, "linux.namespaces[6]", "weather");
    }

    [Fact]
    public void User_namespace_maps_the_ids()
    {
        var b = UserNamespace(NewBundle("report", "--", "stat", "/"));
        var seen = Run(b);
        Assert.NotEqual(Host.Namespace("user"), seen["ns.user"]);
        Assert.Equal("0,0,0,0", seen["uids"]);
        Assert.Equal("0 100000 65536", Squeeze(seen["uid_map"]));
        Assert.Equal("0 200000 65536", Squeeze(seen["gid_map"]));
        Assert.Equal(("0", "0"), (seen.Stat("/").Uid, seen.Stat("/").Gid));
        Assert.Equal("1", seen["pid"]);
    }

    [Fact]
    public void User_namespace_has_devices_that_work()
    {
        var seen =
            Run(UserNamespace(NewBundle("stat", "/dev/null", "--", "write", "/dev/null", "x", "--", "read", "/dev/zero", "2")));
        Assert.Equal(("c", "1:3"), (seen.Stat("/dev/null").Type, seen.Stat("/dev/null").Rdev));
        Assert.Equal("0", seen["write:/dev/null"]);
        Assert.Equal("2 0000", seen["read:/dev/zero"]);
    }

    [Fact]
    public void User_namespace_maps_several_ranges()
    {
        var b = UserNamespace(NewBundle("report"));
        b.Linux["uidMappings"] = new JsonArray(Map(0, 100000, 10), Map(10, 300000, 5), Map(1000, 400000, 1));
        b.Process["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 3, ["additionalGids"] = new JsonArray(4, 5) };
        var seen = Run(b);
        Assert.Equal("1000,1000,1000,1000", seen["uids"]);
        Assert.Equal("4,5", seen["groups"]);
        Assert.Equal("0 100000 10\n10 300000 5\n1000 400000 1", string.Join('\n', seen["uid_map"].Split('\n').Select(Squeeze)));
    }

    [Fact]
    public void User_namespace_is_left_by_exec_in_the_same_one()
    {
        var id = Start(UserNamespace(NewBundle("sleep", "60")));
        var seen = Exec(id, [], "report");
        Assert.Equal("0 100000 65536", Squeeze(seen["uid_map"]));
        Assert.Equal("0,0,0,0", seen["uids"]);
        Assert.Equal("inside", seen["hostname"]);
    }

    [Fact]
    public void User_namespace_without_mappings_is_an_error()
    {
        var b = NewBundle("exit", "0");
        b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "user" });
        Refused(b, "linux.uidMappings");
    }

    [Fact]
    public void Unmapped_uid_is_a_clear_error()
    {
        var b = UserNamespace(NewBundle("exit", "0"));
        b.Process["user"]!["uid"] = 70000;
        Refused(b, "process.user.uid");
    }

    [Fact]
    public void User_namespace_by_path_is_joined_with_its_network()
    {
        var other = Start(UserNamespace(NewBundle("sleep", "60")));
        var pid = Pid(other);
        var b = UserNamespace(NewBundle("report")).Join("user", $"/proc/{pid}/ns/user").Join("network", $"/proc/{pid}/ns/net")
            .Join("ipc", $"/proc/{pid}/ns/ipc");
        b.Linux.Remove("uidMappings");
        b.Linux.Remove("gidMappings");
        var seen = Run(b);
        var s = pid.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(Host.Namespace("user", s), seen["ns.user"]);
        Assert.Equal(Host.Namespace("net", s), seen["ns.net"]);
        Assert.Equal("0,0,0,0", seen["uids"]);
    }

    [Fact]
    public void Time_namespace_has_its_offsets()
    {
        var b = NewBundle("report", "--", "cat", "/proc/uptime");
        b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "time" });
        b.Linux["timeOffsets"] = new JsonObject
        {
            ["monotonic"] = new JsonObject { ["secs"] = 100, ["nanosecs"] = 5 },
            ["boottime"] = new JsonObject { ["secs"] = 1000000 }
        };
        var seen = Run(b);
        Assert.NotEqual(Host.Namespace("time"), seen["ns.time"]);
        Assert.Equal("monotonic 100 5\nboottime 1000000 0",
            string.Join('\n', seen["timens_offsets"].Split('\n').Select(Squeeze)));
        Assert.True(double.Parse(seen["cat:/proc/uptime"].Split(' ')[0], CultureInfo.InvariantCulture) > 1000000);
    }

    [Fact]
    public void Time_offsets_without_time_namespace_are_an_error()
    {
        var b = NewBundle("exit", "0");
        b.Linux["timeOffsets"] = new JsonObject { ["boottime"] = new JsonObject { ["secs"] = 1 } };
        Refused(b, "linux.timeOffsets");
    }

    Bundle UserNamespace(Bundle b)
    {
        b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "user" });
        b.Linux["uidMappings"] = new JsonArray(Map(0, 100000, 65536));
        b.Linux["gidMappings"] = new JsonArray(Map(0, 200000, 65536));
        Host.Chmod(Temp, 0x1ed);
        Host.Chmod(b.Dir, 0x1ed);
        b.OwnedBy(100000, 200000);
        return b;
    }

    static JsonNode Map(long container, long host, long size) => new JsonObject
    {
        ["containerID"] = container,
        ["hostID"] = host,
        ["size"] = size
    };

    static string Squeeze(string s) => string.Join(' ', s.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
