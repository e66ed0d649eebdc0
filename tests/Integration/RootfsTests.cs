using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>root, rootfsPropagation, devices, masked and read-only paths, sysctl.</summary>
public sealed class RootfsTests : ContainerTest
{
    [Fact]
    public void Read_only_root_cannot_be_written()
    {
        var b = NewBundle("open", "/new", "create", "--", "report", "--", "open", "/dev/shm/ok", "create");
        var seen = Run(b);
        Assert.Equal("EROFS", seen["create:/new"]);
        Assert.Equal("0", seen["create:/dev/shm/ok"]);
        Assert.True(seen.Mount("/").Has("ro"));
        Assert.False(File.Exists(b.InRootfs("new")));
    }

    [Fact]
    public void Writable_root_is_the_bundles_directory()
    {
        var b = NewBundle("append", "/new", "text");
        b.Config["root"]!["readonly"] = false;
        Assert.Equal("0", Run(b)["append:/new"]);
        Assert.Equal("text", File.ReadAllText(b.InRootfs("new")));
    }

    [Fact]
    public void Root_is_read_only_only_for_the_container()
    {
        var b = NewBundle("sleep", "60");
        var id = Start(b);
        File.WriteAllText(b.InRootfs("from-host"), "x");
        Assert.Equal("x", Exec(id, [], "cat", "/from-host")["cat:/from-host"]);
    }

    [Fact]
    public void Absolute_root_path_works()
    {
        var b = NewBundle("exit", "3");
        b.Config["root"]!["path"] = b.Rootfs;
        Assert.Equal(3, RunRaw(b).Code);
    }

    [Fact]
    public void Root_outside_the_bundle_works()
    {
        var b = NewBundle("exit", "3");
        Directory.Move(b.Rootfs, Path.Combine(Temp, "elsewhere"));
        b.Config["root"]!["path"] = "../elsewhere";
        Assert.Equal(3, RunRaw(b).Code);
    }

    [Theory]
    [InlineData(null, "shared:", false)]
    [InlineData("private", "shared:", false)]
    [InlineData("rprivate", "master:", false)]
    [InlineData("shared", "shared:", true)]
    [InlineData("rshared", "shared:", true)]
    [InlineData("slave", "shared:", false)]
    [InlineData("rslave", "shared:", false)]
    [InlineData("unbindable", "unbindable", true)]
    [InlineData("runbindable", "unbindable", true)]
    public void Rootfs_propagation_is_as_configured(string? value, string tag, bool present)
    {
        var b = NewBundle("report");
        b.Linux["rootfsPropagation"] = value;
        var m = Run(b).Mount("/");
        Assert.True(present == m.Tags.Any(t => t.StartsWith(tag, StringComparison.Ordinal)), m.Text);
    }

    [Fact]
    public void Shared_root_does_not_propagate_the_containers_own_mounts_to_the_host()
    {
        var b = NewBundle("sleep", "60").Mount("/work", "tmpfs", "tmpfs");
        b.Linux["rootfsPropagation"] = "shared";
        Start(b);
        Assert.DoesNotContain(File.ReadLines("/proc/self/mountinfo"), l => l.Contains(Tag, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("null", "1:3")]
    [InlineData("zero", "1:5")]
    [InlineData("full", "1:7")]
    [InlineData("random", "1:8")]
    [InlineData("urandom", "1:9")]
    [InlineData("tty", "5:0")]
    public void Default_device_is_there(string name, string numbers)
    {
        var f = Run(NewBundle("stat", "/dev/" + name, "--", "open", "/dev/" + name, "ro")).Stat("/dev/" + name);
        Assert.Equal(("c", "0666", "0", "0", numbers), (f.Type, f.Mode, f.Uid, f.Gid, f.Rdev));
    }

    [Theory]
    [InlineData("fd", "/proc/self/fd")]
    [InlineData("stdin", "/proc/self/fd/0")]
    [InlineData("stdout", "/proc/self/fd/1")]
    [InlineData("stderr", "/proc/self/fd/2")]
    [InlineData("ptmx", "pts/ptmx")]
    public void Default_link_is_there(string name, string target) =>
        Assert.Equal(target, Run(NewBundle("stat", "/dev/" + name)).Stat("/dev/" + name).Target);

    [Fact]
    public void Console_is_not_there_without_a_terminal() =>
        Assert.Equal("ENOENT", Run(NewBundle("stat", "/dev/console")).Stat("/dev/console").Type);

    [Fact]
    public void Bind_mounted_dev_is_left_alone()
    {
        var dev = NewDirectory("mydev");
        Ok(Command.Run("mknod", ["-m", "666", Path.Combine(dev, "null"), "c", "1", "3"]));
        var b = NewBundle("ls", "/dev");
        foreach (var m in (string[])["/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"])
        {
            b.WithoutMount(m);
        }
        Assert.Equal("null", Run(b.Mount("/dev", "bind", dev, "rbind"))["ls:/dev"]);
        Assert.Single(Directory.GetFileSystemEntries(dev));
    }

    [Fact]
    public void Devices_of_every_type_are_made_with_mode_and_owner()
    {
        var b = NewBundle("stat", "/dev/c", "--", "stat", "/dev/b", "--", "stat", "/dev/p", "--", "stat", "/dev/u", "--", "stat",
            "/deep/down/null2", "--", "stat", "/dev/plain");
        b.Linux["devices"] = new JsonArray(
            Device("c", "/dev/c", 1, 3, 0x1a4, 11, 12), Device("b", "/dev/b", 7, 200, 0x180, 13, 14),
            Device("p", "/dev/p", null, null, 0x1ff, 15, 16),
            Device("u", "/dev/u", 1, 5, 0x1b6, 0, 0), Device("c", "/deep/down/null2", 1, 3, 0x1b6, 0, 0),
            new JsonObject { ["type"] = "c", ["path"] = "/dev/plain", ["major"] = 1, ["minor"] = 7 });
        b.Config["root"]!["readonly"] = false;
        var seen = Run(b);
        Assert.StartsWith("c 0644 11 12 1:3 ", seen.Stat("/dev/c").Text, StringComparison.Ordinal);
        Assert.StartsWith("b 0600 13 14 7:200 ", seen.Stat("/dev/b").Text, StringComparison.Ordinal);
        Assert.StartsWith("p 0777 15 16 ", seen.Stat("/dev/p").Text, StringComparison.Ordinal);
        Assert.StartsWith("c 0666 0 0 1:5 ", seen.Stat("/dev/u").Text, StringComparison.Ordinal);
        Assert.StartsWith("c 0666 0 0 1:3 ", seen.Stat("/deep/down/null2").Text, StringComparison.Ordinal);
        Assert.StartsWith("c 0666 0 0 1:7 ", seen.Stat("/dev/plain").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Configured_device_overrides_a_default_one()
    {
        var b = NewBundle("stat", "/dev/null");
        b.Linux["devices"] = new JsonArray(Device("c", "/dev/null", 1, 3, 0x1b4, 0, 6));
        Assert.StartsWith("c 0664 0 6 1:3 ", Run(b).Stat("/dev/null").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Device_modes_ignore_the_callers_umask()
    {
        var b = NewBundle("stat", "/dev/null", "--", "stat", "/made").Save();
        b.Mount("/made", "tmpfs", "tmpfs", "mode=777").Save();
        var r = new Seen(Ok(OciWith(["run", "--bundle", b.Dir, NewId()], shell: "umask 077;")).Out);
        Assert.Equal("0666", r.Stat("/dev/null").Mode);
        Assert.Equal("0777", r.Stat("/made").Mode);
    }

    [Fact]
    public void Masked_file_reads_empty_and_is_the_null_device()
    {
        var b = NewBundle("stat", "/secret", "--", "read", "/secret", "10", "--", "write", "/secret", "x");
        File.WriteAllText(b.InRootfs("secret"), "password");
        b.Linux["maskedPaths"]!.AsArray().Add("/secret");
        var seen = Run(b);
        Assert.Equal(("c", "1:3"), (seen.Stat("/secret").Type, seen.Stat("/secret").Rdev));
        Assert.Equal("0 ", seen["read:/secret"]);
        Assert.Equal("password", File.ReadAllText(b.InRootfs("secret")));
    }

    [Fact]
    public void Masked_directory_is_read_only_and_empty()
    {
        var b = NewBundle("ls", "/etc", "--", "open", "/etc/new", "create", "--", "report");
        b.Linux["maskedPaths"]!.AsArray().Add("/etc");
        b.Config["root"]!["readonly"] = false;
        var seen = Run(b);
        Assert.Equal("", seen["ls:/etc"]);
        Assert.Equal("EROFS", seen["create:/etc/new"]);
        Assert.Equal("tmpfs", seen.Mount("/etc").FsType);
        Assert.True(File.Exists(b.InRootfs("etc/passwd")));
    }

    [Fact]
    public void Default_masks_hide_the_kernels_secrets()
    {
        var seen = Run(NewBundle("read", "/proc/keys", "10", "--", "read", "/proc/timer_list", "10", "--", "ls", "/sys/firmware",
            "--", "stat", "/proc/keys"));
        Assert.Equal("0 ", seen["read:/proc/keys"]);
        Assert.Equal("0 ", seen["read:/proc/timer_list"]);
        Assert.Equal("1:3", seen.Stat("/proc/keys").Rdev);
        Assert.True(seen["ls:/sys/firmware"] is "" or "ENOENT");
    }

    [Fact]
    public void Masked_and_readonly_paths_that_are_missing_or_repeated_are_skipped()
    {
        var b = NewBundle("exit", "0");
        b.Linux["maskedPaths"] = Bundle.Strings("/none", "/proc/kcore", "/proc/kcore", "/none/at/all");
        b.Linux["readonlyPaths"] = Bundle.Strings("/none", "/proc/sys", "/proc/sys");
        Ok(RunRaw(b));
    }

    [Fact]
    public void Readonly_paths_cannot_be_written_and_keep_their_flags()
    {
        var b = NewBundle("write", "/proc/sys/net/ipv4/ip_forward", "1", "--", "open", "/data/f", "create", "--", "report");
        Directory.CreateDirectory(b.InRootfs("data"));
        b.Config["root"]!["readonly"] = false;
        b.Linux["readonlyPaths"]!.AsArray().Add("/data");
        b.Process["capabilities"]!["bounding"]!.AsArray().Add("CAP_NET_ADMIN");
        b.Mounts[0]!["options"] = Bundle.Strings("nosuid", "nodev", "noexec");
        var seen = Run(b);
        Assert.Equal("EROFS", seen["write:/proc/sys/net/ipv4/ip_forward"]);
        Assert.Equal("EROFS", seen["create:/data/f"]);
        Assert.All((string[])["ro", "nosuid", "nodev", "noexec"],
            o => Assert.True(seen.Mount("/proc/sys").Has(o), seen.Mount("/proc/sys").Text));
    }

    [Fact]
    public void Without_masks_nothing_is_masked()
    {
        var b = NewBundle("report", "--", "stat", "/proc/keys");
        b.Linux.Remove("maskedPaths");
        b.Linux.Remove("readonlyPaths");
        var seen = Run(b);
        Assert.Equal("f", seen.Stat("/proc/keys").Type);
        Assert.DoesNotContain(seen.Mounts, m => m.Point.StartsWith("/proc/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("net.ipv4.ip_forward", "1", "/proc/sys/net/ipv4/ip_forward")]
    [InlineData("net/ipv4/ip_default_ttl", "77", "/proc/sys/net/ipv4/ip_default_ttl")]
    [InlineData("kernel.shmmax", "12345678", "/proc/sys/kernel/shmmax")]
    [InlineData("kernel.msgmax", "9999", "/proc/sys/kernel/msgmax")]
    [InlineData("fs.mqueue.msg_max", "17", "/proc/sys/fs/mqueue/msg_max")]
    [InlineData("kernel.domainname", "example.org", "/proc/sys/kernel/domainname")]
    [InlineData("kernel.shm_rmid_forced", "1", "/proc/sys/kernel/shm_rmid_forced")]
    public void Sysctl_of_an_own_namespace_is_set_and_the_hosts_is_not(string key, string value, string file)
    {
        var host = File.ReadAllText(file);
        var b = NewBundle("cat", file);
        b.Linux["sysctl"] = new JsonObject { [key] = value };
        Assert.Equal(value, Run(b)["cat:" + file]);
        Assert.Equal(host, File.ReadAllText(file));
    }

    [Fact]
    public void Several_sysctls_are_all_set()
    {
        var b = NewBundle("cat", "/proc/sys/kernel/sem", "--", "cat", "/proc/sys/net/ipv4/ping_group_range");
        b.Linux["sysctl"] = new JsonObject { ["kernel.sem"] = "10 20 30 40", ["net.ipv4.ping_group_range"] = "5 6" };
        var seen = Run(b);
        Assert.Equal("10\t20\t30\t40", seen["cat:/proc/sys/kernel/sem"]);
        Assert.Equal("5\t6", seen["cat:/proc/sys/net/ipv4/ping_group_range"]);
    }

    [Fact]
    public void Domainname_is_set()
    {
        var b = NewBundle("report");
        b.Config["domainname"] = "example.net";
        Assert.Equal("example.net", Run(b)["domainname"]);
        Assert.NotEqual("example.net", File.ReadAllText("/proc/sys/kernel/domainname").Trim());
    }

    static JsonNode Device(string type, string path, int? major, int? minor, int mode, int uid, int gid)
    {
        var d = new JsonObject { ["type"] = type, ["path"] = path, ["fileMode"] = mode, ["uid"] = uid, ["gid"] = gid };
        if (major != null)
        {
            d["major"] = major;
            d["minor"] = minor;
        }
        return d;
    }
}
