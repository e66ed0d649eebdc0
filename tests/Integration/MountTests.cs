using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>config.json's mounts: types, option words, how targets come to be.</summary>
public sealed class MountTests : ContainerTest
{
    [Fact]
    public void Default_mounts_are_there_with_their_flags()
    {
        var seen = Run(NewBundle("report"));
        Assert.Equal("proc", seen.Mount("/proc").FsType);
        Assert.Equal("sysfs", seen.Mount("/sys").FsType);
        Assert.All((string[])["ro", "nosuid", "nodev", "noexec"], o => Assert.Contains(o, seen.Mount("/sys").Options));
        Assert.Equal("devpts", seen.Mount("/dev/pts").FsType);
        Assert.Contains("ptmxmode=666", seen.Mount("/dev/pts").SuperOptions);
        Assert.Contains("mode=620", seen.Mount("/dev/pts").SuperOptions);
        Assert.Contains("gid=5", seen.Mount("/dev/pts").SuperOptions);
        Assert.Equal("mqueue", seen.Mount("/dev/mqueue").FsType);
        Assert.Equal("tmpfs", seen.Mount("/dev").FsType);
        Assert.Contains("size=65536k", seen.Mount("/dev").SuperOptions);
        Assert.Equal("tmpfs", seen.Mount("/dev/shm").FsType);
    }

    [Fact]
    public void Mounts_are_made_in_the_order_of_the_config()
    {
        var points = Run(NewBundle("report")).Mounts.Select(m => m.Point).ToList();
        var order = ((string[])["/", "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys"])
            .Select(p => points.IndexOf(p)).ToList();
        Assert.DoesNotContain(-1, order);
        Assert.Equal(order.Order(), order);
    }

    [Fact]
    public void Only_the_containers_mounts_are_visible()
    {
        var seen = Run(NewBundle("report"));
        Assert.DoesNotContain(seen.Mounts, m => m.Point.StartsWith(Temp, StringComparison.Ordinal));
        Assert.DoesNotContain(seen.Mounts, m => m.FsType is "cgroup" or "securityfs" or "debugfs");
    }

    [Theory]
    [InlineData("ro", "ro", true)]
    [InlineData("rw", "rw", true)]
    [InlineData("nosuid", "nosuid", true)]
    [InlineData("nodev", "nodev", true)]
    [InlineData("noexec", "noexec", true)]
    [InlineData("noatime", "noatime", true)]
    [InlineData("nodiratime", "nodiratime", true)]
    [InlineData("relatime", "relatime", true)]
    [InlineData("strictatime", "relatime", false)]
    [InlineData("nosymfollow", "nosymfollow", true)]
    [InlineData("defaults", "rw", true)]
    [InlineData("suid", "nosuid", false)]
    [InlineData("dev", "nodev", false)]
    [InlineData("exec", "noexec", false)]
    [InlineData("atime", "noatime", false)]
    [InlineData("norelatime", "noatime", false)]
    [InlineData("diratime", "nodiratime", false)]
    [InlineData("symfollow", "nosymfollow", false)]
    [InlineData("loud", "ro", false)]
    [InlineData("silent", "ro", false)]
    [InlineData("async", "sync", false)]
    [InlineData("nostrictatime", "noatime", false)]
    public void Option_word_sets_or_clears_its_flag_on_a_tmpfs(string word, string flag, bool present)
    {
        var m = Run(NewBundle("report").Mount("/work", "tmpfs", "tmpfs", word)).Mount("/work");
        Assert.Equal("tmpfs", m.FsType);
        Assert.True(present == m.Has(flag), m.Text);
    }

    [Theory]
    [InlineData("sync", "sync")]
    [InlineData("dirsync", "dirsync")]
    [InlineData("mand", "mand")]
    [InlineData("lazytime", "lazytime")]
    public void Option_word_sets_its_superblock_flag(string word, string flag)
    {
        var m = Run(NewBundle("report").Mount("/work", "tmpfs", "tmpfs", word)).Mount("/work");
        Assert.Equal("tmpfs", m.FsType);
        // Mandatory locking is gone since Linux 5.15: the word is taken and has no effect.
        Assert.True(word == "mand" || m.SuperOptions.Contains(flag), m.Text);
    }

    [Theory]
    [InlineData("noexec", "exec")]
    [InlineData("ro", "rw")]
    [InlineData("nosuid", "suid")]
    [InlineData("nodev", "dev")]
    public void Last_of_contradicting_words_wins(string set, string clear)
    {
        var b = NewBundle("report").Mount("/work", "tmpfs", "tmpfs", set, clear).Mount("/tmp", "tmpfs", "tmpfs", clear, set);
        var seen = Run(b);
        Assert.False(seen.Mount("/work").Has(set), seen.Mount("/work").Text);
        Assert.True(seen.Mount("/tmp").Has(set), seen.Mount("/tmp").Text);
    }

    [Theory]
    [InlineData("ro")]
    [InlineData("nosuid")]
    [InlineData("nodev")]
    [InlineData("noexec")]
    [InlineData("noatime")]
    [InlineData("nodiratime")]
    [InlineData("nosymfollow")]
    public void Option_word_sets_its_flag_on_a_bind(string word)
    {
        var m = Run(NewBundle("report").Mount("/work", "bind", NewDirectory("src"), "bind", word)).Mount("/work");
        Assert.True(m.Has(word), m.Text);
        Assert.NotEqual("tmpfs", m.Root);
    }

    [Fact]
    public void Bind_shows_the_source_and_writes_go_there()
    {
        var src = NewDirectory("src");
        File.WriteAllText(Path.Combine(src, "hello"), "from host");
        var seen = Run(NewBundle("cat", "/work/hello", "--", "append", "/work/back", "from inside").Mount("/work", "bind", src,
            "rbind"));
        Assert.Equal("from host", seen["cat:/work/hello"]);
        Assert.Equal("from inside", File.ReadAllText(Path.Combine(src, "back")));
    }

    [Fact]
    public void Read_only_bind_cannot_be_written()
    {
        var src = NewDirectory("src");
        var seen = Run(NewBundle("open", "/work/new", "create").Mount("/work", "bind", src, "rbind", "ro"));
        Assert.Equal("EROFS", seen["create:/work/new"]);
        Assert.Empty(Directory.GetFileSystemEntries(src));
    }

    [Theory]
    [InlineData("bind")]
    [InlineData("none")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("tmpfs")]
    public void The_bind_word_decides_whatever_the_type(string? type)
    {
        var src = NewDirectory("src");
        File.WriteAllText(Path.Combine(src, "f"), "x");
        Assert.Equal("x", Run(NewBundle("cat", "/work/f").Mount("/work", type, src, "bind"))["cat:/work/f"]);
    }

    [Fact]
    public void Relative_bind_source_is_in_the_bundle()
    {
        var b = NewBundle("cat", "/work/f").Mount("/work", "bind", "data", "bind");
        Directory.CreateDirectory(Path.Combine(b.Dir, "data"));
        File.WriteAllText(Path.Combine(b.Dir, "data", "f"), "relative");
        b.Save();
        var r = Ok(OciWith(["run", "--bundle", b.Dir, NewId()], cwd: "/"));
        Assert.Equal("relative", new Seen(r.Out)["cat:/work/f"]);
    }

    [Fact]
    public void Bind_keeps_the_flags_of_its_source_unless_a_word_clears_them()
    {
        var src = NewDirectory("src");
        Ok(Command.Run("mount", ["-t", "tmpfs", "-o", "nosuid,nodev,noexec,noatime", "none", src]));
        try
        {
            var seen = Run(NewBundle("report").Mount("/work", "bind", src, "bind").Mount("/tmp", "bind", src, "bind", "exec",
                "suid"));
            Assert.All((string[])["nosuid", "nodev", "noexec", "noatime"],
                o => Assert.True(seen.Mount("/work").Has(o), seen.Mount("/work").Text));
            Assert.False(seen.Mount("/tmp").Has("noexec"), seen.Mount("/tmp").Text);
            Assert.False(seen.Mount("/tmp").Has("nosuid"), seen.Mount("/tmp").Text);
            Assert.True(seen.Mount("/tmp").Has("nodev"), seen.Mount("/tmp").Text);
        }
        finally
        {
            Ok(Command.Run("umount", [src]));
        }
    }

    [Theory]
    [InlineData("bind", false)]
    [InlineData("rbind", true)]
    public void Only_rbind_takes_submounts_along(string word, bool submount)
    {
        var src = NewDirectory("src");
        Directory.CreateDirectory(Path.Combine(src, "sub"));
        Ok(Command.Run("mount", ["-t", "tmpfs", "none", Path.Combine(src, "sub")]));
        try
        {
            Assert.Equal(submount, Run(NewBundle("report").Mount("/work", "bind", src, word)).IsMounted("/work/sub"));
        }
        finally
        {
            Ok(Command.Run("umount", [Path.Combine(src, "sub")]));
        }
    }

    [Theory]
    [InlineData("rro", "ro")]
    [InlineData("rnosuid", "nosuid")]
    [InlineData("rnodev", "nodev")]
    [InlineData("rnoexec", "noexec")]
    [InlineData("rnoatime", "noatime")]
    [InlineData("rnodiratime", "nodiratime")]
    [InlineData("rnosymfollow", "nosymfollow")]
    [InlineData("rrelatime", "relatime")]
    public void Recursive_word_reaches_submounts(string word, string flag)
    {
        var src = NewDirectory("src");
        Directory.CreateDirectory(Path.Combine(src, "sub"));
        Ok(Command.Run("mount", ["-t", "tmpfs", "none", Path.Combine(src, "sub")]));
        try
        {
            var seen = Run(NewBundle("report").Mount("/work", "bind", src, "rbind", word));
            Assert.True(seen.Mount("/work").Has(flag), seen.Mount("/work").Text);
            Assert.True(seen.Mount("/work/sub").Has(flag), seen.Mount("/work/sub").Text);
        }
        finally
        {
            Ok(Command.Run("umount", [Path.Combine(src, "sub")]));
        }
    }

    [Theory]
    [InlineData("rrw", "ro")]
    [InlineData("rsuid", "nosuid")]
    [InlineData("rdev", "nodev")]
    [InlineData("rexec", "noexec")]
    [InlineData("ratime", "noatime")]
    [InlineData("rdiratime", "nodiratime")]
    [InlineData("rsymfollow", "nosymfollow")]
    [InlineData("rstrictatime", "relatime")]
    public void Recursive_word_clears_on_submounts(string word, string flag)
    {
        var src = NewDirectory("src");
        Directory.CreateDirectory(Path.Combine(src, "sub"));
        Ok(Command.Run("mount", ["-t", "tmpfs", "-o", flag == "relatime" ? "rw" : flag, "none", Path.Combine(src, "sub")]));
        try
        {
            var seen = Run(NewBundle("report").Mount("/work", "bind", src, "rbind", word));
            Assert.False(seen.Mount("/work/sub").Has(flag), seen.Mount("/work/sub").Text);
        }
        finally
        {
            Ok(Command.Run("umount", [Path.Combine(src, "sub")]));
        }
    }

    [Theory]
    [InlineData("shared", "shared:", true)]
    [InlineData("rshared", "shared:", true)]
    [InlineData("private", "shared:", false)]
    [InlineData("rprivate", "shared:", false)]
    [InlineData("slave", "shared:", false)]
    [InlineData("unbindable", "unbindable", true)]
    [InlineData("runbindable", "unbindable", true)]
    public void Propagation_word_sets_the_mounts_propagation(string word, string tag, bool present)
    {
        var m = Run(NewBundle("report").Mount("/work", "bind", NewDirectory("src"), "rbind", word)).Mount("/work");
        Assert.True(present == m.Tags.Any(t => t.StartsWith(tag, StringComparison.Ordinal)), m.Text);
    }

    [Fact]
    public void Slave_bind_receives_mounts_made_on_the_host_later()
    {
        var shared = NewDirectory("shared");
        Directory.CreateDirectory(Path.Combine(shared, "sub"));
        Ok(Command.Run("mount", ["--bind", shared, shared]));
        Ok(Command.Run("mount", ["--make-shared", shared]));
        try
        {
            var id = StartSleeper(b => b.Mount("/work", "bind", shared, "rbind", "rslave"));
            Ok(Command.Run("mount", ["-t", "tmpfs", "later", Path.Combine(shared, "sub")]));
            var seen = Exec(id, [], "report");
            Assert.Equal("later", seen.Mount("/work/sub").Source);
            Assert.Contains(seen.Mount("/work").Tags, t => t.StartsWith("master:", StringComparison.Ordinal));
            Ok(Oci("delete", "--force", id));
        }
        finally
        {
            Command.Run("umount", [Path.Combine(shared, "sub")]);
            Ok(Command.Run("umount", [shared]));
        }
    }

    [Fact]
    public void Tmpfs_takes_data_options()
    {
        var b = NewBundle("report", "--", "stat", "/work", "--", "statfs", "/work").Mount("/work", "tmpfs", "tmpfs", "size=1m",
            "mode=0711", "uid=7", "gid=8", "nr_inodes=99");
        var seen = Run(b);
        Assert.Equal("0711", seen.Stat("/work").Mode);
        Assert.Equal("7", seen.Stat("/work").Uid);
        Assert.Equal("8", seen.Stat("/work").Gid);
        Assert.Contains("blocks:1048576 files:99", seen["statfs:/work"], StringComparison.Ordinal);
    }

    [Fact]
    public void Tmpfs_keeps_the_mode_of_the_directory_it_covers()
    {
        var seen = Run(NewBundle("stat", "/tmp").Mount("/tmp", "tmpfs", "tmpfs"));
        Assert.Equal("1777", seen.Stat("/tmp").Mode);
    }

    [Fact]
    public void Tmpfs_on_a_new_directory_is_everybodys()
    {
        var b = NewBundle("stat", "/new/dir").Mount("/new/dir", "tmpfs", "tmpfs");
        b.Config["root"]!["readonly"] = false;
        Assert.Equal("1777", Run(b).Stat("/new/dir").Mode);
        // The next container finds a directory there, with a mode of its own.
        Assert.Equal("0755", Run(b).Stat("/new/dir").Mode);
    }

    [Fact]
    public void Tmpfs_without_options_works()
    {
        Assert.Equal("tmpfs", Run(NewBundle("report").Mount("/work", "tmpfs", null)).Mount("/work").FsType);
    }

    [Fact]
    public void Read_only_tmpfs_is_read_only()
    {
        var seen = Run(NewBundle("open", "/work/f", "create").Mount("/work", "tmpfs", "tmpfs", "ro"));
        Assert.Equal("EROFS", seen["create:/work/f"]);
    }

    [Fact]
    public void Read_only_dev_still_has_its_devices()
    {
        var b = NewBundle("open", "/dev/x", "create", "--", "open", "/dev/null", "rw").WithoutMount("/dev");
        b.Mounts.Insert(1, (JsonNode)new JsonObject
        {
            ["destination"] = "/dev",
            ["type"] = "tmpfs",
            ["source"] = "tmpfs",
            ["options"] = Bundle.Strings("nosuid", "mode=755", "ro")
        });
        var seen = Run(b);
        Assert.Equal("EROFS", seen["create:/dev/x"]);
        Assert.Equal("0", seen["rw:/dev/null"]);
    }

    [Fact]
    public void Missing_target_directory_is_made()
    {
        var seen = Run(NewBundle("report", "--", "stat", "/a/b").Mount("/a/b/c", "tmpfs", "tmpfs"));
        Assert.True(seen.IsMounted("/a/b/c"));
        Assert.Equal("0755", seen.Stat("/a/b").Mode);
    }

    [Fact]
    public void File_bind_makes_a_file_as_target()
    {
        var file = Path.Combine(Temp, "resolv");
        File.WriteAllText(file, "nameserver 192.0.2.1");
        var seen = Run(NewBundle("cat", "/etc/deep/resolv.conf", "--", "stat", "/etc/deep/resolv.conf")
            .Mount("/etc/deep/resolv.conf", "bind", file, "bind", "ro"));
        Assert.Equal("nameserver 192.0.2.1", seen["cat:/etc/deep/resolv.conf"]);
        Assert.Equal("f", seen.Stat("/etc/deep/resolv.conf").Type);
    }

    [Fact]
    public void Target_behind_a_link_inside_the_rootfs_is_followed()
    {
        var b = NewBundle("report").Mount("/var/run/x", "tmpfs", "tmpfs");
        Directory.CreateDirectory(b.InRootfs("var"));
        Directory.CreateDirectory(b.InRootfs("run"));
        File.CreateSymbolicLink(b.InRootfs("var/run"), "/run");
        Assert.True(Run(b).IsMounted("/run/x"));
    }

    [Fact]
    public void Dangling_link_as_target_is_resolved_and_made_inside_the_rootfs()
    {
        var b = NewBundle("report").Mount("/link", "tmpfs", "tmpfs");
        File.CreateSymbolicLink(b.InRootfs("link"), "/not/there/yet" + Tag);
        Assert.True(Run(b).IsMounted("/not/there/yet" + Tag));
        Assert.False(Directory.Exists("/not/there/yet" + Tag));
    }

    [Fact]
    public void Source_inside_the_rootfs_works()
    {
        var b = NewBundle("report");
        b.Mount("/work", "bind", b.InRootfs("etc"), "bind").Args("cat", "/work/passwd");
        Assert.StartsWith("root:", Run(b)["cat:/work/passwd"], StringComparison.Ordinal);
    }

    [Fact]
    public void Two_hundred_mounts_work()
    {
        var b = NewBundle("report");
        for (var i = 0; i < 200; i++)
        {
            b.Mount($"/m/{i}", "tmpfs", "tmpfs", "size=4k");
        }
        Assert.Equal(200, Run(b).Mounts.Count(m => m.Point.StartsWith("/m/", StringComparison.Ordinal)));
    }

    [Fact]
    public void Overlay_mount_takes_its_directories_as_data()
    {
        var lower = NewDirectory("lower");
        File.WriteAllText(Path.Combine(lower, "f"), "lower");
        var upper = NewDirectory("ovl");
        Ok(Command.Run("mount", ["-t", "tmpfs", "none", upper]));
        try
        {
            Directory.CreateDirectory(upper + "/upper");
            Directory.CreateDirectory(upper + "/work");
            var seen = Run(NewBundle("cat", "/work/f", "--", "append", "/work/g", "new").Mount("/work", "overlay", "overlay",
                $"lowerdir={lower}", $"upperdir={upper}/upper", $"workdir={upper}/work"));
            Assert.Equal("lower", seen["cat:/work/f"]);
            Assert.Equal("new", File.ReadAllText(upper + "/upper/g"));
        }
        finally
        {
            Ok(Command.Run("umount", [upper]));
        }
    }

    /// <summary>fsconfig(2) takes no value of more than 255 bytes; mount(2) takes a page, and has to get the flags as
    /// well.</summary>
    [Fact]
    public void Mount_with_long_options_keeps_its_flags()
    {
        var lower = NewDirectory(new string('d', 200));
        var second = NewDirectory(new string('e', 200));
        File.WriteAllText(Path.Combine(second, "f"), "text");
        var seen = Run(NewBundle("report", "--", "cat", "/work/f", "--", "write", "/work/f", "x").Mount("/work", "overlay",
            "overlay",
            $"lowerdir={lower}:{second}", "nosuid", "nodev", "noexec", "ro", "noatime"));
        Assert.Equal("text", seen["cat:/work/f"]);
        var mount = seen.Mount("/work");
        Assert.All((string[])["ro", "nosuid", "nodev", "noexec", "noatime"], word => Assert.True(mount.Has(word), mount.Text));
    }

    [Fact]
    public void Proc_below_a_restricted_path_is_allowed_for_the_files_that_lxcfs_binds()
    {
        var file = Path.Combine(Temp, "uptime");
        File.WriteAllText(file, "42.00 42.00");
        Assert.Equal("42.00 42.00",
            Run(NewBundle("cat", "/proc/uptime").Mount("/proc/uptime", "bind", file, "bind"))["cat:/proc/uptime"]);
    }

    [Theory]
    [InlineData("/proc/sys/kernel/core_pattern")]
    [InlineData("/proc/self/attr")]
    [InlineData("/proc/1")]
    public void Other_mounts_below_proc_are_refused(string destination)
    {
        Refused(NewBundle("exit", "0").Mount(destination, "bind", NewDirectory("src"), "bind"), destination);
        Refused(NewBundle("exit", "0").Mount(destination, "tmpfs", "tmpfs"), destination);
    }

    [Fact]
    public void Cgroup_mount_shows_the_containers_own_cgroup()
    {
        var b = NewBundle("report", "--", "ls", "/sys/fs/cgroup").Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec",
            "nodev", "relatime", "ro");
        var seen = Run(b);
        Assert.Equal("cgroup2", seen.Mount("/sys/fs/cgroup").FsType);
        Assert.True(seen.Mount("/sys/fs/cgroup").Has("ro"));
        Assert.Contains("cgroup.procs", seen["ls:/sys/fs/cgroup"], StringComparison.Ordinal);
        // cgroup.type exists everywhere but in the hierarchy's real root.
        Assert.Contains("cgroup.type", seen["ls:/sys/fs/cgroup"], StringComparison.Ordinal);
    }

    [Fact]
    public void Tmpcopyup_brings_the_images_content_along()
    {
        var b = NewBundle("cat", "/data/sub/f", "--", "stat", "/data/sub", "--", "stat", "/data/sub/f", "--", "stat",
            "/data/link", "--", "append", "/data/new", "x", "--", "report")
            .Mount("/data", "tmpfs", "tmpfs", "tmpcopyup");
        Directory.CreateDirectory(b.InRootfs("data/sub"));
        File.WriteAllText(b.InRootfs("data/sub/f"), "content");
        Host.Chmod(b.InRootfs("data/sub"), 0x1e9);
        Host.Chown(b.InRootfs("data/sub"), 12, 34);
        Host.Chmod(b.InRootfs("data/sub/f"), 0x9c0 | 0x40);
        File.CreateSymbolicLink(b.InRootfs("data/link"), "sub/f");
        var seen = Run(b);
        Assert.Equal("content", seen["cat:/data/sub/f"]);
        Assert.Equal(("0751", "12", "34"), (seen.Stat("/data/sub").Mode, seen.Stat("/data/sub").Uid, seen.Stat("/data/sub").Gid));
        Assert.Equal("4700", seen.Stat("/data/sub/f").Mode);
        Assert.Equal("sub/f", seen.Stat("/data/link").Target);
        Assert.Equal("tmpfs", seen.Mount("/data").FsType);
        Assert.False(File.Exists(b.InRootfs("data/new")));
    }

    /// <summary>The kernel takes a file's capabilities away when it is written or its owner changes.</summary>
    [Fact]
    public void Tmpcopyup_keeps_capabilities_of_files()
    {
        var b = NewBundle("xattr", "/data/f", "security.capability", "--", "stat", "/data/f").Mount("/data", "tmpfs", "tmpfs",
            "tmpcopyup");
        Directory.CreateDirectory(b.InRootfs("data"));
        File.WriteAllText(b.InRootfs("data/f"), "content");
        Host.Chown(b.InRootfs("data/f"), 12, 34);
        // struct vfs_cap_data, revision 2, effective, CAP_NET_RAW.
        byte[] capabilities = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Host.SetXattr(b.InRootfs("data/f"), "security.capability", capabilities);
        var seen = Run(b);
        Assert.Equal("\u0001", seen["xattr:/data/f"]);
        Assert.Equal(("12", "34"), (seen.Stat("/data/f").Uid, seen.Stat("/data/f").Gid));
    }
}
