using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>What a container in a user namespace can and cannot do, with the runtime as root.</summary>
public sealed class UserNamespaceTests : ContainerTest
{
    const uint Uid = 100000;
    const uint Gid = 200000;

    Bundle InUser(params string[] commands)
    {
        var b = NewBundle(commands);
        b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "user" });
        b.Linux["uidMappings"] = new JsonArray(Map(0, Uid, 65536));
        b.Linux["gidMappings"] = new JsonArray(Map(0, Gid, 65536));
        Open(b);
        return b;
    }

    void Open(Bundle b)
    {
        Host.Chmod(Temp, 0x1ed);
        Host.Chmod(b.Dir, 0x1ed);
        b.OwnedBy(Uid, Gid);
    }

    static JsonNode Map(long container, long host, long size) => new JsonObject
    {
        ["containerID"] = container,
        ["hostID"] = host,
        ["size"] = size
    };

    /// <summary>The kernel takes a map that is shorter than a page: 319 of these lines, not the 340 that it has room
    /// for.</summary>
    [Fact]
    public void Map_may_have_as_many_lines_as_the_kernel_takes()
    {
        var b = InUser("report", "--", "cat", "/proc/self/uid_map");
        var map = new JsonArray([.. Enumerable.Range(0, 319).Select(i => Map(i * 2, 100000 + (i * 2), 1))]);
        b.Linux["uidMappings"] = map.DeepClone();
        Assert.Equal(319, new Seen(Ok(RunRaw(b)).Out)["cat:/proc/self/uid_map"].Trim().Split('\n').Length);
        map.Add(Map(638, 100638, 1));
        b.Linux["uidMappings"] = map;
        Refused(b, "linux.uidMappings: takes 4105 bytes");
    }

    [Fact]
    public void Created_container_is_started_executed_in_and_deleted()
    {
        var id = Create(InUser("sleep", "60"));
        Assert.Equal("created", Status(id));
        Assert.Equal("0", Exec(id, [], "report")["uid_map"].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]);
        Ok(Oci("start", id));
        Assert.Equal("running", Status(id));
        Ok(Oci("delete", "--force", id));
    }

    [Fact]
    public void Supplementary_groups_of_the_caller_are_dropped()
    {
        var b = InUser("report").Save();
        var r =
            Ok(Command.Run("/usr/bin/setpriv", ["--groups", "5,6", Host.Runtime, "--root", Root, "run", "--bundle", b.Dir,
            NewId()], env: ChildEnvironment));
        Assert.Equal("", new Seen(r.Out)["groups"]);
    }

    [Fact]
    public void Group_without_a_mapping_is_an_error()
    {
        var b = InUser("exit", "0");
        b.Process["user"] = new JsonObject { ["uid"] = 0, ["gid"] = 0, ["additionalGids"] = new JsonArray(70000) };
        Refused(b, "process.user.additionalGids");
    }

    [Fact]
    public void Device_nodes_are_the_hosts_bound_without_suid_and_exec()
    {
        var seen = Run(InUser("report", "--", "stat", "/dev/null", "--", "write", "/dev/null", "x"));
        var mount = seen.Mount("/dev/null");
        Assert.True(mount.Has("nosuid") && mount.Has("noexec"), mount.Text);
        Assert.Equal("0", seen["write:/dev/null"]);
    }

    [Fact]
    public void Read_only_bind_of_a_source_with_locked_flags_works()
    {
        var src = NewDirectory("src");
        Ok(Command.Run("mount", ["-t", "tmpfs", "-o", "nosuid,nodev,noexec,noatime", "none", src]));
        try
        {
            File.WriteAllText(Path.Combine(src, "f"), "x");
            Host.Chmod(src, 0x1ff);
            var seen = Run(InUser("report", "--", "append", "/work/new", "x").Mount("/work", "bind", src, "rbind", "ro"));
            var mount = seen.Mount("/work");
            foreach (var flag in (string[])["ro", "nosuid", "nodev", "noexec", "noatime"])
            {
                Assert.True(mount.Has(flag), mount.Text);
            }
            Assert.Equal("EROFS", seen["append:/work/new"]);
        }
        finally
        {
            Ok(Command.Run("umount", [src]));
        }
    }

    [Fact]
    public void Source_that_only_the_host_can_reach_is_bound()
    {
        var secret = NewDirectory("secret");
        var src = Directory.CreateDirectory(Path.Combine(secret, "shared")).FullName;
        Host.Chmod(secret, 0x1c0);
        File.WriteAllText(Path.Combine(src, "f"), "content");
        Assert.Equal("content", Run(InUser("cat", "/work/f").Mount("/work", "bind", src, "bind"))["cat:/work/f"]);
    }

    [Theory]
    [InlineData("network")]
    [InlineData("pid")]
    public void Proc_and_sysfs_are_there_when_their_namespace_is_the_hosts(string shared)
    {
        var seen = Run(InUser("report", "--", "stat", "/proc/self/status", "--", "stat", "/sys/class").Without(shared));
        Assert.Equal("f", seen.Stat("/proc/self/status").Type);
        Assert.Equal("d", seen.Stat("/sys/class").Type);
    }

    [Fact]
    public void Cgroup_belongs_to_the_containers_root()
    {
        var b = InUser("mkdir", "/sys/fs/cgroup/inner", "--", "stat", "/sys/fs/cgroup", "--", "sleep", "60");
        b.WithoutMount("/sys").Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev");
        var id = Start(b);
        var path = Host.Cgroup2 + Host.CgroupOf(Pid(id));
        Assert.Equal($"{Uid}", Command.Run("/usr/bin/stat", ["-c", "%u", path]).Out.Trim());
        Assert.Equal($"{Uid}", Command.Run("/usr/bin/stat", ["-c", "%u", path + "/cgroup.procs"]).Out.Trim());
        Assert.True(Host.Eventually(() => Directory.Exists(path + "/inner")));
    }

    [Theory]
    [InlineData("idmap", false)]
    [InlineData("ridmap", true)]
    public void Only_ridmap_maps_submounts(string word, bool mapped)
    {
        var src = NewDirectory("src");
        Ok(Command.Run("mount", ["-t", "tmpfs", "none", src]));
        var sub = Directory.CreateDirectory(Path.Combine(src, "sub")).FullName;
        Ok(Command.Run("mount", ["-t", "tmpfs", "none", sub]));
        try
        {
            File.WriteAllText(Path.Combine(src, "f"), "");
            File.WriteAllText(Path.Combine(sub, "g"), "");
            var b = InUser("stat", "/work/f", "--", "stat", "/work/sub/g").Mount("/work", "bind", src, "rbind", word);
            var seen = Run(b);
            Assert.Equal("0", seen.Stat("/work/f").Uid);
            Assert.Equal(mapped ? "0" : "65534", seen.Stat("/work/sub/g").Uid);
        }
        finally
        {
            Ok(Command.Run("umount", [sub]));
            Ok(Command.Run("umount", [src]));
        }
    }

    [Fact]
    public void Idmap_uses_the_mapping_of_a_joined_user_namespace()
    {
        var src = NewDirectory("src");
        Ok(Command.Run("mount", ["-t", "tmpfs", "none", src]));
        try
        {
            File.WriteAllText(Path.Combine(src, "f"), "");
            Host.Chown(Path.Combine(src, "f"), 3, 4);
            var other = Start(InUser("sleep", "60"));
            var b = NewBundle("stat", "/work/f").Join("user", $"/proc/{Pid(other)}/ns/user").Mount("/work", "bind", src, "bind",
                "idmap");
            Open(b);
            var f = Run(b).Stat("/work/f");
            Assert.Equal(("3", "4"), (f.Uid, f.Gid));
        }
        finally
        {
            Ok(Command.Run("umount", [src]));
        }
    }

    [Fact]
    public void Pid_namespace_is_new_in_a_joined_user_namespace()
    {
        var other = Start(InUser("sleep", "60"));
        var b = NewBundle("report", "--", "pids").Join("user", $"/proc/{Pid(other)}/ns/user");
        Open(b);
        var seen = Run(b);
        Assert.Equal("1", seen["pid"]);
        Assert.Equal("1", seen["pids"]);
        Assert.Equal("0,0,0,0", seen["uids"]);
    }

    [Fact]
    public void Tmpcopyup_keeps_owners()
    {
        var b = InUser("stat", "/data/f", "--", "cat", "/data/f").Mount("/data", "tmpfs", "tmpfs", "tmpcopyup");
        Directory.CreateDirectory(b.InRootfs("data"));
        File.WriteAllText(b.InRootfs("data/f"), "content");
        Host.Chown(b.InRootfs("data"), Uid, Gid);
        Host.Chown(b.InRootfs("data/f"), Uid + 12, Gid + 34);
        var seen = Run(b);
        Assert.Equal("content", seen["cat:/data/f"]);
        Assert.Equal(("12", "34"), (seen.Stat("/data/f").Uid, seen.Stat("/data/f").Gid));
    }

    [Fact]
    public void Notifications_come_through()
    {
        var socket = Path.Combine(Temp, "notify.sock");
        using var server = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix,
            System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Unspecified);
        server.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(socket));
        server.ReceiveTimeout = 5000;
        var b = InUser("notify", "READY=1");
        b.Config["root"]!["readonly"] = false;
        b.Save();
        Ok(OciWith(["run", "--bundle", b.Dir, NewId()], env: new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = socket }));
        var buffer = new byte[200];
        Assert.StartsWith("READY=1\nMAINPID=", System.Text.Encoding.UTF8.GetString(buffer, 0, server.Receive(buffer)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Network_device_goes_into_the_containers_own_network()
    {
        var b = InUser("report");
        b.Linux["netDevices"] = new JsonObject { ["oci0"] = new JsonObject { ["name"] = "inner" } };
        b.Save();
        var r = Ok(Command.Run("/usr/bin/unshare", ["--net", "/bin/sh", "-ec", "ip link add oci0 type veth peer name oci9; " +
            "exec \"$0\" \"$@\"", Host.Runtime, "--root", Root, "run", "--bundle", b.Dir, NewId()], env: ChildEnvironment));
        Assert.Equal("inner,lo", string.Join(',', new Seen(r.Out)["links"].Split(',').Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Terminal_is_the_containers()
    {
        var b = InUser("report");
        b.Process["terminal"] = true;
        b.Save();
        var r = Command.Run(Host.Probe, ["pty", "24x80", "", Host.Runtime, "--root", Root, "run", "--bundle", b.Dir, NewId()],
            env: ChildEnvironment);
        Assert.True(r.Code == 0, r.ToString());
    }
}
