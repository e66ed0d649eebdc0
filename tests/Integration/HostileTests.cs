using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Images that want out: a test for each class of past escapes. Nothing outside the rootfs may change, whatever comes of
/// the container.</summary>
public sealed class HostileTests : ContainerTest
{
    readonly string _outside;

    public HostileTests()
    {
        _outside = NewDirectory("outside");
        File.WriteAllText(Path.Combine(_outside, "null"), "host file");
        File.WriteAllText(Path.Combine(_outside, "ptmx"), "host file");
        File.WriteAllText(Path.Combine(_outside, "console"), "host file");
        Directory.CreateDirectory(Path.Combine(_outside, "pts"));
    }

    [Theory]
    [InlineData("/proc")]
    [InlineData("/sys")]
    public void Proc_or_sys_as_a_symlink_is_refused(string name)
    {
        // CVE-2019-19921, CVE-2023-27561
        foreach (var target in (string[])["/tmp", "tmp", _outside, "../outside"])
        {
            var b = NewBundle("exit", "0");
            Directory.Delete(b.InRootfs(name));
            File.CreateSymbolicLink(b.InRootfs(name), target);
            Refused(b, name);
        }
        AssertOutsideUntouched();
    }

    [Theory]
    [InlineData("../../outside")]
    [InlineData("ABSOLUTE")]
    [InlineData("/../../../../OUTSIDE")]
    public void Dev_as_a_symlink_out_of_the_rootfs_touches_nothing_outside(string target)
    {
        // CVE-2026-41579, CVE-2026-47766
        foreach (var withMount in (bool[])[true, false])
        {
            var b = NewBundle("exit", "0");
            if (!withMount)
            {
                foreach (var m in (string[])["/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"])
                {
                    b.WithoutMount(m);
                }
                b.Config["root"]!["readonly"] = false;
            }
            Directory.Delete(b.InRootfs("dev"));
            File.CreateSymbolicLink(b.InRootfs("dev"), target.Replace("ABSOLUTE", _outside, StringComparison.Ordinal)
                .Replace("OUTSIDE", _outside.TrimStart('/'), StringComparison.Ordinal));
            var r = RunRaw(b);
            Assert.True(r.Code is 0 or 1, r.ToString());
            AssertOutsideUntouched();
            AssertNothingLeft();
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("zero")]
    [InlineData("ptmx")]
    [InlineData("console")]
    [InlineData("tty")]
    [InlineData("fd")]
    [InlineData("core")]
    public void Device_name_as_a_symlink_out_touches_nothing_outside(string name)
    {
        var b = NewBundle("exit", "0").WithoutMount("/dev").WithoutMount("/dev/pts").WithoutMount("/dev/shm")
            .WithoutMount("/dev/mqueue");
        b.Config["root"]!["readonly"] = false;
        File.CreateSymbolicLink(b.InRootfs("dev/" + name), Path.Combine(_outside, name));
        var r = RunRaw(b);
        Assert.True(r.Code is 0 or 1, r.ToString());
        AssertOutsideUntouched();
        AssertNothingLeft();
    }

    [Fact]
    public void Mask_is_never_made_from_a_fake_null_device()
    {
        // CVE-2025-31133: /dev is the attacker's, null a link to something worth writing.
        var dev = NewDirectory("evil-dev");
        File.CreateSymbolicLink(Path.Combine(dev, "null"), "/proc/sys/kernel/core_pattern");
        var b = NewBundle("stat", "/secret", "--", "read", "/secret", "40", "--", "write", "/secret", "|/evil")
            .WithoutMount("/dev/pts").WithoutMount("/dev/shm").WithoutMount("/dev/mqueue").WithoutMount("/dev");
        b.Mount("/dev", "bind", dev, "rbind");
        File.WriteAllText(b.InRootfs("secret"), "password");
        b.Linux["maskedPaths"]!.AsArray().Add("/secret");
        b.Process["capabilities"]!["bounding"]!.AsArray().Add("CAP_SYS_ADMIN");
        var before = File.ReadAllText("/proc/sys/kernel/core_pattern");
        var r = RunRaw(b);
        Assert.True(r.Code == 1 || (new Seen(r.Out)["read:/secret"] == "0 " && new Seen(r.Out).Stat("/secret").Rdev == "1:3"),
            r.ToString());
        Assert.Equal(before, File.ReadAllText("/proc/sys/kernel/core_pattern"));
    }

    [Fact]
    public void Mask_is_never_made_from_a_regular_file_called_null()
    {
        var dev = NewDirectory("evil-dev");
        File.WriteAllText(Path.Combine(dev, "null"), "attacker's");
        var b = NewBundle("read", "/secret", "40").WithoutMount("/dev/pts").WithoutMount("/dev/shm").WithoutMount("/dev/mqueue")
            .WithoutMount("/dev");
        b.Mount("/dev", "bind", dev, "rbind");
        File.WriteAllText(b.InRootfs("secret"), "password");
        b.Linux["maskedPaths"]!.AsArray().Add("/secret");
        var r = RunRaw(b);
        Assert.True(r.Code == 1 || new Seen(r.Out)["read:/secret"] == "0 ", r.ToString());
        Assert.Equal("attacker's", File.ReadAllText(Path.Combine(dev, "null")));
    }

    [Fact]
    public void Mask_is_never_made_from_another_device_on_the_hosts_dev_null()
    {
        var fake = Path.Combine(Temp, "null");
        Ok(Command.Run("mknod", [fake, "c", "1", "5"]));
        var b = NewBundle("read", "/secret", "40");
        File.WriteAllText(b.InRootfs("secret"), "password");
        b.Linux["maskedPaths"]!.AsArray().Add("/secret");
        Fails(Command.Run("unshare", ["--mount", "sh", "-c", "mount --bind \"$0\" /dev/null && exec \"$@\"", fake, Host.Runtime,
            "--root", Root, "run", "--bundle", b.Save().Dir, NewId()], env: ChildEnvironment), 1, "linux.maskedPaths");
    }

    [Theory]
    [InlineData("ABSOLUTE/new")]
    [InlineData("../../outside/new")]
    [InlineData("../../../../../../../../../ABSOLUTE/new")]
    public void Mount_destination_through_a_link_stays_in_the_rootfs(string target)
    {
        // CVE-2019-18837, CVE-2021-30465, CVE-2024-45310
        foreach (var file in (bool[])[true, false])
        {
            var b = NewBundle("exit", "0").Mount("/link", "bind", file ? "/etc/hostname" : NewDirectory("src"), "bind");
            File.CreateSymbolicLink(b.InRootfs("link"), target.Replace("ABSOLUTE", _outside, StringComparison.Ordinal));
            var r = RunRaw(b);
            Assert.True(r.Code is 0 or 1, r.ToString());
            AssertOutsideUntouched();
        }
        AssertNothingLeft();
    }

    [Fact]
    public void Mount_destination_through_a_linked_parent_stays_in_the_rootfs()
    {
        var b = NewBundle("exit", "0").Mount("/evil/sub/dir", "tmpfs", "tmpfs");
        File.CreateSymbolicLink(b.InRootfs("evil"), _outside);
        RunRaw(b);
        AssertOutsideUntouched();
        AssertNothingLeft();
    }

    [Fact]
    public void Missing_cwd_behind_a_link_is_made_inside_the_rootfs()
    {
        var b = NewBundle("report");
        b.Config["root"]!["readonly"] = false;
        File.CreateSymbolicLink(b.InRootfs("evil"), _outside);
        b.Process["cwd"] = "/evil/made";
        var r = RunRaw(b);
        AssertOutsideUntouched();
        Assert.True(r.Code == 1 || new Seen(r.Out)["cwd"].StartsWith('/'), r.ToString());
    }

    [Fact]
    public void Device_path_behind_a_link_is_made_inside_the_rootfs()
    {
        var b = NewBundle("exit", "0");
        b.Config["root"]!["readonly"] = false;
        File.CreateSymbolicLink(b.InRootfs("evil"), _outside);
        b.Linux["devices"] = new JsonArray(new JsonObject
        {
            ["type"] = "c",
            ["path"] = "/evil/node",
            ["major"] = 1,
            ["minor"] = 3
        });
        RunRaw(b);
        AssertOutsideUntouched();
        AssertNothingLeft();
    }

    [Fact]
    public void Masked_and_readonly_paths_behind_links_stay_in_the_rootfs()
    {
        var b = NewBundle("exit", "0");
        File.CreateSymbolicLink(b.InRootfs("evil"), _outside);
        b.Linux["maskedPaths"] = Bundle.Strings("/evil", "/evil/null");
        b.Linux["readonlyPaths"] = Bundle.Strings("/evil", "/evil/pts");
        RunRaw(b);
        AssertOutsideUntouched();
        AssertNothingLeft();
    }

    [Fact]
    public void Cwd_through_a_leaked_descriptor_never_reaches_the_host()
    {
        // CVE-2024-21626
        var dir = NewDirectory("opened");
        for (var fd = 3; fd <= 20; fd++)
        {
            var b = NewBundle("print", "ESCAPED", "--", "report");
            b.Process["cwd"] = $"/proc/self/fd/{fd}";
            b.Save();
            var r = OciWith(["run", "--bundle", b.Dir, NewId()],
                redirect: string.Join(' ', Enumerable.Range(3, 7).Select(n => $"{n}<{dir}")));
            Assert.True(r.Code == 1, r.ToString());
            Assert.DoesNotContain("ESCAPED", r.Out, StringComparison.Ordinal);
        }
        AssertNothingLeft();
    }

    [Fact]
    public void Exec_cwd_through_a_leaked_descriptor_never_reaches_the_host()
    {
        var id = StartSleeper();
        for (var fd = 3; fd <= 14; fd++)
        {
            var r = OciWith(["exec", "--cwd", $"/proc/self/fd/{fd}", id, "/probe", "print", "ESCAPED"],
                redirect: "3</ 4</ 5</ 6</");
            Assert.True(r.Code == 255, r.ToString());
            Assert.DoesNotContain("ESCAPED", r.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Program_through_a_leaked_descriptor_never_reaches_the_host()
    {
        for (var fd = 3; fd <= 12; fd++)
        {
            var b = NewBundle();
            b.Process["args"] = Bundle.Strings($"/proc/self/fd/{fd}/bin/sh", "-c", "echo ESCAPED");
            b.Save();
            var r = OciWith(["run", "--bundle", b.Dir, NewId()], redirect: "3</ 4</ 5</ 6</");
            Assert.NotEqual(0, r.Code);
            Assert.DoesNotContain("ESCAPED", r.Out, StringComparison.Ordinal);
        }
        AssertNothingLeft();
    }

    [Fact]
    public void Payload_inherits_stdio_and_nothing_else()
    {
        var b = NewBundle("report").Save();
        var r =
            Ok(OciWith(["run", "--bundle", b.Dir, NewId()],
            redirect: string.Join(' ', Enumerable.Range(3, 7).Select(n => $"{n}</etc/passwd"))));
        Assert.Equal("0,1,2", new Seen(r.Out)["openfds"]);
    }

    [Fact]
    public void Preserved_descriptors_are_passed_and_no_others()
    {
        var b = NewBundle("report").Save();
        var r = Ok(OciWith(["run", "--preserve-fds", "3", "--bundle", b.Dir, NewId()],
            redirect: "3</etc/passwd 4</etc/group 5</etc/hosts 6</etc/fstab 7</etc/fstab"));
        var seen = new Seen(r.Out);
        Assert.Equal("0,1,2,3,4,5", seen["openfds"]);
    }

    [Fact]
    public void Preserving_a_descriptor_that_is_not_open_is_an_error()
    {
        var b = NewBundle("exit", "0").Save();
        Fails(OciWith(["run", "--preserve-fds", "2", "--bundle", b.Dir, NewId()], redirect: "3</etc/passwd 4<&-"), 1, "preserve");
        AssertNothingLeft();
    }

    [Fact]
    public void Parked_init_holds_no_descriptor_of_the_host()
    {
        var b = NewBundle("sleep", "60").Save();
        var id = NewId();
        WillDelete(id);
        Ok(OciWith(["create", "--bundle", b.Dir, id], redirect: "5</etc/passwd 9</"));
        var pid = Pid(id);
        foreach (var link in Directory.GetFiles($"/proc/{pid}/fd"))
        {
            var fd = int.Parse(Path.GetFileName(link), CultureInfo.InvariantCulture);
            var target = new FileInfo(link).LinkTarget!;
            Assert.True(fd <= 2 || !target.StartsWith('/') || target.StartsWith(Root, StringComparison.Ordinal)
                || target.Contains("memfd", StringComparison.Ordinal), $"{fd} -> {target}");
            Assert.NotEqual("/", target);
        }
    }

    [Fact]
    public void Payload_cannot_write_the_runtimes_binary()
    {
        // CVE-2019-5736: the payload is the runtime itself, by way of /proc/self/exe.
        var before = Hash(Host.Runtime);
        var b = NewBundle();
        b.Process["args"] = Bundle.Strings("/proc/self/exe", "--version");
        RunRaw(b);
        File.WriteAllText(b.InRootfs("entry"), "#!/proc/self/exe\n");
        Host.Chmod(b.InRootfs("entry"), 0x1ed);
        b.Process["args"] = Bundle.Strings("/entry");
        RunRaw(b);
        Assert.Equal(before, Hash(Host.Runtime));
        AssertNothingLeft();
    }

    [Fact]
    public void Parked_init_and_exec_offer_no_writable_handle_on_the_binary()
    {
        var id = Create(NewBundle("sleep", "60"));
        var pid = Pid(id);
        var exe = $"/proc/{pid}/exe";
        // The link leads either to a copy, or to a file on a read-only mount: opening it for writing by the magic link must fail,
        // or reach no host file.
        var real = new FileInfo(exe).LinkTarget!;
        var r = Command.Run("/bin/sh", ["-c", $"exec 3>>{exe}"]);
        var sameFile = Command.Run("/usr/bin/stat", ["-Lc", "%d:%i", exe, Host.Runtime]).Out.Split('\n');
        Assert.True(r.Code != 0 || sameFile[0] != sameFile[1], $"{exe} ({real}) can be opened for writing");
        var attack = Exec(Start(NewBundle("sleep", "60").Without("pid")), [], "attack-exe", "oci-run");
        Assert.Equal("0", attack["attack.opened"]);
    }

    [Fact]
    public void Container_sees_no_process_and_no_root_of_the_host()
    {
        var seen = Run(NewBundle("pids", "--", "ls", "/", "--", "ls", "/proc/1/root/"));
        Assert.Equal("1", seen["pids"]);
        Assert.DoesNotContain("usr", seen["ls:/"], StringComparison.Ordinal);
        Assert.Equal(seen["ls:/"], seen["ls:/proc/1/root/"]);
    }

    [Fact]
    public void Devices_are_denied_without_a_rule()
    {
        // GHSA-g54h-m393-cpwq
        var b = NewBundle("mknod", "/dev/shm/vda", "b", "254", "0", "--", "open", "/dev/shm/vda", "ro", "--", "open", "/dev/made",
            "ro");
        foreach (var set in (string[])["bounding", "effective", "permitted"])
        {
            b.Process["capabilities"]![set]!.AsArray().Add("CAP_MKNOD");
        }
        foreach (var m in b.Mounts)
        {
            if ((string?)m!["destination"] == "/dev/shm")
            {
                m["options"] = Bundle.Strings("mode=1777");
            }
        }
        b.Linux["devices"] = new JsonArray(new JsonObject
        {
            ["type"] = "b",
            ["path"] = "/dev/made",
            ["major"] = 254,
            ["minor"] = 0
        });
        foreach (var remove in (bool[])[false, true])
        {
            if (remove)
            {
                b.Linux["resources"]!.AsObject().Remove("devices");
            }
            var seen = Run(b);
            Assert.Equal("EPERM", seen["ro:/dev/made"]);
            Assert.True(seen["ro:/dev/shm/vda"] is "EPERM" or "ENOENT", seen.ToString());
        }
    }

    [Fact]
    public void Allowed_device_can_be_opened_as_far_as_its_rule_goes()
    {
        var b = NewBundle("open", "/dev/made", "ro", "--", "open", "/dev/made", "wo", "--", "open", "/dev/other", "ro");
        b.Linux["devices"] = new JsonArray(
            new JsonObject { ["type"] = "c", ["path"] = "/dev/made", ["major"] = 1, ["minor"] = 11 },
            new JsonObject { ["type"] = "c", ["path"] = "/dev/other", ["major"] = 1, ["minor"] = 1 });
        b.Linux["resources"]!["devices"] = new JsonArray(
            new JsonObject { ["allow"] = false, ["access"] = "rwm" },
            new JsonObject { ["allow"] = true, ["type"] = "c", ["major"] = 1, ["minor"] = 11, ["access"] = "r" });
        var seen = Run(b);
        // Opening /dev/kmsg may be refused for another reason, but never with the filter's EPERM for reading where dmesg is not
        // restricted.
        Assert.Equal("EPERM", seen["wo:/dev/made"]);
        Assert.Equal("EPERM", seen["ro:/dev/other"]);
    }

    [Fact]
    public void Passwd_that_is_a_pipe_or_huge_does_not_hang_the_runtime()
    {
        var b = NewBundle("report");
        File.Delete(b.InRootfs("etc/passwd"));
        Host.MakeFifo(b.InRootfs("etc/passwd"));
        var r = RunRaw(b);
        Assert.True(r.Seconds < 10);
        Assert.True(r.Code is 0 or 1, r.ToString());
        File.Delete(b.InRootfs("etc/passwd"));
        File.WriteAllText(b.InRootfs("etc/passwd"), new string('x', 30_000_000));
        r = RunRaw(b);
        Assert.True(r.Code is 0 or 1, r.ToString());
        File.Delete(b.InRootfs("etc/passwd"));
        File.CreateSymbolicLink(b.InRootfs("etc/passwd"), "/proc/self/environ");
        r = RunRaw(b);
        Assert.True(r.Code is 0 or 1, r.ToString());
    }

    [Fact]
    public void Fake_proc_in_the_image_does_not_redirect_what_the_runtime_writes()
    {
        var b = NewBundle("report");
        Directory.CreateDirectory(b.InRootfs("proc/self/attr"));
        Directory.CreateDirectory(b.InRootfs("proc/sys/kernel"));
        File.WriteAllText(b.InRootfs("proc/self/oom_score_adj"), "fake");
        File.WriteAllText(b.InRootfs("proc/sys/kernel/shmmax"), "fake");
        b.Process["oomScoreAdj"] = 123;
        b.Linux["sysctl"] = new JsonObject { ["kernel.shmmax"] = "424242" };
        b.Args("report", "--", "cat", "/proc/sys/kernel/shmmax");
        var seen = Run(b);
        Assert.Equal("123", seen["oom_score_adj"]);
        Assert.Equal("424242", seen["cat:/proc/sys/kernel/shmmax"]);
        Assert.Equal("fake", File.ReadAllText(b.InRootfs("proc/sys/kernel/shmmax")));
    }

    [Fact]
    public void Sysctls_and_limits_work_without_any_proc_mount()
    {
        var b = NewBundle("report").WithoutMount("/proc");
        b.Linux["maskedPaths"] = new JsonArray();
        b.Linux["readonlyPaths"] = new JsonArray();
        b.Process["oomScoreAdj"] = 100;
        b.Linux["sysctl"] = new JsonObject { ["kernel.domainname"] = "no-proc.example" };
        Assert.Equal("no-proc.example", Run(b)["domainname"]);
    }

    [Fact]
    public void Hosts_null_device_is_never_chowned()
    {
        // CVE-2026-88265
        var b = NewBundle("exit", "0");
        b.Process["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1000 };
        b.Save();
        Ok(OciWith(["run", "--bundle", b.Dir, NewId()], redirect: ">/dev/null 2>/dev/null"));
        Assert.Equal("0 0 666\n", Command.Run("/usr/bin/stat", ["-c", "%u %g %a", "/dev/null"]).Out);
    }

    [Fact]
    public void Abstract_sockets_are_not_used()
    {
        Create(NewBundle("sleep", "60"));
        Assert.DoesNotContain(File.ReadLines("/proc/net/unix"), l => l.Contains("@oci-run", StringComparison.Ordinal)
            || l.Contains("@" + Tag, StringComparison.Ordinal));
    }

    void AssertOutsideUntouched()
    {
        Assert.Equal(["console", "null", "ptmx", "pts"], Directory.GetFileSystemEntries(_outside).Select(Path.GetFileName)
            .Order(StringComparer.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_outside, "pts")));
        Assert.All((string[])["console", "null", "ptmx"],
            f => Assert.Equal("host file", File.ReadAllText(Path.Combine(_outside, f))));
        Assert.Equal("0 0\n0 0\n0 0\n0 0\n",
            Command.Run("/usr/bin/stat",
            ["-c", "%u %g", .. ((string[])["console", "null", "ptmx", "pts"]).Select(f => Path.Combine(_outside, f))]).Out);
    }

    static string Hash(string path) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
}
