using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>The three ways into the rootfs (pivot_root, a moved mount, chroot) and what propagates through them.</summary>
public sealed class RootSwitchTests : ContainerTest
{
    [Theory]
    [InlineData(null, "shared:", false)]
    [InlineData("private", "shared:", false)]
    [InlineData("rslave", "shared:", false)]
    [InlineData("shared", "shared:", true)]
    [InlineData("rshared", "shared:", true)]
    [InlineData("unbindable", "unbindable", true)]
    [InlineData("runbindable", "unbindable", true)]
    public void Rootfs_propagation_is_the_same_without_pivot(string? value, string tag, bool present)
    {
        var b = NewBundle("report", "--", "stat", "/probe", "--", "append", "/x", "y");
        b.Linux["rootfsPropagation"] = value;
        var seen = Run(b, "--no-pivot");
        var m = seen.Mount("/");
        Assert.True(present == m.Tags.Any(t => t.StartsWith(tag, StringComparison.Ordinal)), m.Text);
        Assert.Equal("EROFS", seen["append:/x"]);
        Assert.Equal("f", seen.Stat("/probe").Type);
        Assert.DoesNotContain(File.ReadLines("/proc/self/mountinfo"), l => l.Contains(Tag, StringComparison.Ordinal));
    }

    /// <summary>The kernel lets whoever makes a user namespace mount procfs and sysfs where it sees one without anything over it
    /// (mount_namespaces(7)): the host's own must not be below, or the masks are worth nothing.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Masks_hold_for_a_user_namespace_inside(bool noPivot, bool userNamespace)
    {
        var b = NewBundle("report", "--", "own-mount", "proc", "/proc", "--", "own-mount", "sysfs", "/sys");
        b.Linux["maskedPaths"] = Bundle.Strings("/proc/keys", "/sys/firmware");
        b.Linux["readonlyPaths"] = Bundle.Strings("/proc/sys");
        b.Linux.Remove("seccomp");
        if (userNamespace)
        {
            b.Namespaces.Add(new JsonObject { ["type"] = "user" });
            foreach (string map in (string[])["uidMappings", "gidMappings"])
            {
                b.Linux[map] = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 100000, ["size"] = 65536 });
            }
            b.OwnedBy(100000, 100000);
        }
        var seen = noPivot ? Run(b, "--no-pivot") : Run(b);
        Assert.Equal("EPERM", seen["own-mount:proc"]);
        Assert.Equal("EPERM", seen["own-mount:sysfs"]);
    }

    [Fact]
    public void Container_without_pivot_is_executed_in_and_leaves_nothing()
    {
        var b = NewBundle("sleep", "60").Mount("/work", "tmpfs", "tmpfs");
        var id = Start(b, "--no-pivot");
        var seen = Exec(id, [], "report", "--", "stat", "/probe");
        Assert.True(seen.IsMounted("/work"));
        Assert.Equal("f", seen.Stat("/probe").Type);
        Ok(Oci("delete", "--force", id));
        AssertNothingLeft();
    }

    Bundle Chrooted(params string[] commands)
    {
        var b = NewBundle(commands).Without("mount").Without("cgroup");
        b.Config["mounts"] = new JsonArray();
        b.Config["root"]!["readonly"] = false;
        b.Linux.Remove("maskedPaths");
        b.Linux.Remove("readonlyPaths");
        return b;
    }

    [Fact]
    public void Without_a_mount_namespace_the_container_is_chrooted()
    {
        var before = MountsThatOthersLeaveAlone();
        var seen = Run(Chrooted("ls", "/", "--", "append", "/work/f", "x", "--", "chdir", "../../..", "--", "stat",
            "etc/hostname"));
        Assert.Contains("probe", seen["ls:/"], StringComparison.Ordinal);
        Assert.Equal("0", seen["append:/work/f"]);
        Assert.Equal("ENOENT", seen.Stat("etc/hostname").Type);
        Assert.Equal(before, MountsThatOthersLeaveAlone());
    }

    /// <summary>The machine's mount table changes all the time; these lines of it do not, unless by this test.</summary>
    List<string> MountsThatOthersLeaveAlone() =>
        [.. File.ReadLines("/proc/self/mountinfo").Where(l => new MountLine(l).Point is "/" or "/proc" or "/sys" or "/dev"
        || l.Contains(Tag, StringComparison.Ordinal))];

    [Fact]
    public void Exec_enters_the_chroot_as_well()
    {
        var id = Start(Chrooted("sleep", "60"));
        var seen = Exec(id, [], "ls", "/", "--", "stat", "/probe");
        Assert.Equal("f", seen.Stat("/probe").Type);
        Assert.DoesNotContain("boot", seen["ls:/"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mounts")]
    [InlineData("root.readonly")]
    [InlineData("linux.maskedPaths")]
    [InlineData("linux.readonlyPaths")]
    public void What_would_change_the_hosts_mounts_needs_a_mount_namespace(string path)
    {
        var b = Chrooted("exit", "0");
        switch (path)
        {
            case "mounts":
                b.Mount("/work", "tmpfs", "tmpfs");
                break;
            case "root.readonly":
                b.Config["root"]!["readonly"] = true;
                break;
            default:
                b.Linux[path[6..]] = Bundle.Strings("/etc");
                break;
        }
        Refused(b, path, "mount namespace");
    }

    [Theory]
    [InlineData("rshared", "rshared", true)]
    [InlineData("rslave", "rshared", false)]
    [InlineData("rslave", "rslave", false)]
    [InlineData(null, "rprivate", false)]
    public void Mounts_inside_a_bind_reach_the_host_when_both_are_shared(string? root, string word, bool reaches)
    {
        var src = NewDirectory("src");
        Directory.CreateDirectory(Path.Combine(src, "sub"));
        Ok(Command.Run("mount", ["--bind", src, src]));
        Ok(Command.Run("mount", ["--make-shared", src]));
        try
        {
            var b = NewBundle("sleep", "60").Mount("/work", "bind", src, "rbind", word);
            b.Linux["rootfsPropagation"] = root;
            Bundle.Link(Host.Busybox, b.InRootfs("bin/busybox"));
            var id = Start(b);
            Ok(Command.Run("nsenter", ["-t", $"{Pid(id)}", "-m", "/bin/busybox", "mount", "-t", "tmpfs", "inner", "/work/sub"]));
            var line = File.ReadLines("/proc/self/mountinfo").Any(l => l.Contains(src + "/sub", StringComparison.Ordinal));
            Assert.Equal(reaches, line);
        }
        finally
        {
            Command.Run("umount", ["-R", src]);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("private")]
    [InlineData("rprivate")]
    [InlineData("slave")]
    [InlineData("rslave")]
    [InlineData("shared")]
    [InlineData("rshared")]
    [InlineData("unbindable")]
    [InlineData("runbindable")]
    public void Hosts_shared_mounts_stay_as_they_are(string? word)
    {
        // As on a host with systemd, where all mounts are shared.
        var below = NewDirectory("host");
        var b = NewBundle("exit", "0");
        b.Linux["rootfsPropagation"] = word;
        b.Save();
        // Only our own lines and those of mounts that stay: where others remove a directory, the mount on its copy in here goes
        // too.
        const string script =
            "ours() { awk -v d=\"$0\" '$5 ~ \"^/(|proc|sys|dev)$\" || index($5, d) == 1' /proc/self/mountinfo; } && " +
            "mount --make-rshared / && mount -t tmpfs outer $0 && mkdir $0/inner && mount -t tmpfs inner $0/inner && " +
            "ours >$0/before && test $(grep -c shared: $0/before) -ge 3 && \"$@\" && ours | cmp - $0/before";
        Ok(Command.Run("unshare", ["--mount", "--propagation", "private", "sh", "-c", script, below,
            Host.Runtime, "--root", Root, "run", "--bundle", b.Dir, NewId()], env: ChildEnvironment));
    }

    [Fact]
    public void What_the_host_mounts_below_the_rootfs_later_stays_outside()
    {
        var b = NewBundle("sleep", "60");
        b.Save();
        Directory.CreateDirectory(b.InRootfs("later"));
        Ok(Command.Run("mount", ["--bind", b.Dir, b.Dir]));
        Ok(Command.Run("mount", ["--make-shared", b.Dir]));
        try
        {
            var id = Start(b);
            Ok(Command.Run("mount", ["-t", "tmpfs", "later", b.InRootfs("later")]));
            Assert.False(Exec(id, [], "report").IsMounted("/later"));
        }
        finally
        {
            Command.Run("umount", ["-R", b.Dir]);
        }
    }
}
