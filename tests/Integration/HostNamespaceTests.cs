using System;
using System.IO;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>A joined namespace that is the host's own gives no right to change what is in it. Every value asked for is the one
/// that the host has, so that a runtime which sets it does no harm.</summary>
public sealed class HostNamespaceTests : ContainerTest
{
    void Refused(Bundle b, string problem)
    {
        Fails(CreateRaw(b), 1, problem);
        Fails(Oci("run", "--bundle", b.Dir, NewId()), 1, problem);
    }

    /// <summary>The same namespace under three paths: only the inode tells.</summary>
    string[] PathsOf(string file)
    {
        var link = Path.Combine(Temp, "link-" + file);
        File.CreateSymbolicLink(link, "/proc/self/ns/" + file);
        return ["/proc/self/ns/" + file, link, "/proc/self/root/proc/thread-self/ns/" + file];
    }

    [Theory]
    [InlineData("network", "net", "net.ipv4.ip_default_ttl")]
    [InlineData("ipc", "ipc", "kernel.shmmni")]
    [InlineData("ipc", "ipc", "fs.mqueue.msg_max")]
    [InlineData("uts", "uts", "kernel.domainname")]
    public void Sysctls_of_a_joined_namespace_that_is_the_hosts_are_refused(string type, string file, string key)
    {
        var value = File.ReadAllText("/proc/sys/" + key.Replace('.', '/')).Trim();
        foreach (var path in PathsOf(file))
        {
            var b = NewBundle("exit", "0").Join(type, path);
            b.Config.Remove("hostname");
            b.Linux["sysctl"] = new JsonObject { [key] = value };
            Refused(b, $"linux.sysctl[\"{key}\"]: is not allowed in the host's {type} namespace");
        }
    }

    [Theory]
    [InlineData("hostname")]
    [InlineData("domainname")]
    public void Names_are_not_given_to_the_host(string field)
    {
        foreach (var path in PathsOf("uts"))
        {
            var b = NewBundle("exit", "0").Join("uts", path);
            b.Config.Remove("hostname");
            b.Config[field] = File.ReadAllText("/proc/sys/kernel/" + field).Trim();
            Refused(b, field + ": unable to set " + field + " without a private UTS namespace");
        }
    }

    [Fact]
    public void Nothing_is_mounted_in_the_hosts_mount_namespace()
    {
        Refused(NewBundle("exit", "0").Join("mount", "/proc/self/ns/mnt"), "mounts: need a mount namespace");
        Assert.DoesNotContain(File.ReadLines("/proc/self/mountinfo"), l => l.Contains(Tag, StringComparison.Ordinal));
    }

    [Fact]
    public void Hosts_user_namespace_cannot_be_joined() =>
        Refused(NewBundle("exit", "0").Join("user", "/proc/self/ns/user"),
        "linux.namespaces[6].path: is the host's own user namespace");

    [Fact]
    public void Joining_the_hosts_namespaces_is_allowed_where_nothing_in_them_is_set()
    {
        var b = NewBundle("report").Join("network", "/proc/self/ns/net").Join("ipc", "/proc/self/ns/ipc")
            .Join("uts", "/proc/self/ns/uts");
        b.Config.Remove("hostname");
        var seen = Run(b.WithoutMount("/dev/mqueue"));
        Assert.Equal(Host.Namespace("net"), seen["ns.net"]);
        Assert.Equal(Host.Namespace("uts"), seen["ns.uts"]);
    }

    [Fact]
    public void Sysctl_of_a_joined_namespace_of_others_is_set()
    {
        var holder = StartOutside("unshare", "-n", "sleep", "60");
        Assert.True(
            Host.Eventually(() =>
            Host.Namespace("net", holder.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture)) != Host.Namespace(
            "net")));
        var b = NewBundle("report", "--", "cat", "/proc/sys/net/ipv4/ip_default_ttl")
            .Join("network", $"/proc/{holder.Pid}/ns/net");
        b.Linux["sysctl"] = new JsonObject { ["net.ipv4.ip_default_ttl"] = "77" };
        Assert.Equal("77", Run(b)["cat:/proc/sys/net/ipv4/ip_default_ttl"].Trim());
    }

    /// <summary>A path that is no namespace must not stop the runtime, even where opening it would.</summary>
    [Fact]
    public void A_FIFO_for_a_namespace_is_an_error_at_once()
    {
        var fifo = Path.Combine(Temp, "fifo");
        Host.MakeFifo(fifo);
        Fails(CreateRaw(NewBundle("exit", "0").Join("network", fifo)), 1, "linux.namespaces[5].path: \"" + fifo +
            "\" is no namespace");
    }
}
