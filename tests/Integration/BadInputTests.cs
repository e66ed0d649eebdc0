using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Wrong bundles: one clear line that names the place, exit code 1, nothing left behind.</summary>
public sealed class BadInputTests : ContainerTest
{
    [Fact]
    public void Bundle_that_does_not_exist() => Fails(Oci("create", "--bundle", Temp + "/none", NewId()), 1, Temp + "/none");

    [Fact]
    public void Bundle_that_is_no_directory() => Fails(Oci("create", "--bundle", "/etc/passwd", NewId()), 1, "/etc/passwd");

    [Fact]
    public void Bundle_without_config() => Fails(Oci("create", "--bundle", NewDirectory("empty"), NewId()), 1, "config.json");

    [Theory]
    [InlineData("{\n  \"ociVersion\": \"1.0.2\",\n  \"process\": }", "line 3")]
    [InlineData("{\n\"a\": 1,,\n}", "line 2")]
    [InlineData("", "config.json")]
    [InlineData("[]", "config.json")]
    [InlineData("null", "config.json")]
    [InlineData("\"text\"", "config.json")]
    [InlineData("{\"ociVersion\": \"1.0.2\"", "line 1")]
    public void Config_that_is_broken_JSON(string text, string place)
    {
        var b = NewBundle();
        File.WriteAllText(Path.Combine(b.Dir, "config.json"), text);
        Fails(Oci("create", "--bundle", b.Dir, NewId()), 1, place);
        AssertNothingLeft();
    }

    /// <summary>Path to the member, its wrong value as JSON, and what the error must name besides.</summary>
    public static TheoryData<string, string, string> WrongValues => new()
    {
        { "ociVersion", "5", "ociVersion" },
        { "ociVersion", "\"one\"", "ociVersion" },
        { "ociVersion", "null", "ociVersion" },
        { "process", "[]", "process" },
        { "process", "null", "process" },
        { "process.args", "null", "process.args" },
        { "process.args", "[]", "process.args" },
        { "process.args", "\"/probe\"", "process.args" },
        { "process.args[0]", "7", "process.args[0]" },
        { "process.args[0]", "\"\"", "process.args[0]" },
        { "process.args[1]", "\"a\\u0000b\"", "process.args[1]" },
        { "process.cwd", "null", "process.cwd" },
        { "process.cwd", "\"relative\"", "process.cwd" },
        { "process.cwd", "\"\"", "process.cwd" },
        { "process.cwd", "\"/a\\u0000b\"", "process.cwd" },
        { "process.env", "{}", "process.env" },
        { "process.env[0]", "\"NOEQUALS\"", "process.env[0]" },
        { "process.env[0]", "\"A=\\u0000\"", "process.env[0]" },
        { "process.env[0]", "\"=value\"", "process.env[0]" },
        { "process.user", "\"root\"", "process.user" },
        { "process.user.uid", "-1", "process.user.uid" },
        { "process.user.uid", "4294967296", "process.user.uid" },
        { "process.user.uid", "1.5", "process.user.uid" },
        { "process.user.uid", "\"0\"", "process.user.uid" },
        { "process.user.gid", "true", "process.user.gid" },
        { "process.user.umask", "-1", "process.user.umask" },
        { "process.user.additionalGids", "[1, \"two\"]", "process.user.additionalGids[1]" },
        { "process.terminal", "\"yes\"", "process.terminal" },
        { "process.noNewPrivileges", "1", "process.noNewPrivileges" },
        { "process.oomScoreAdj", "1001", "process.oomScoreAdj" },
        { "process.oomScoreAdj", "-1001", "process.oomScoreAdj" },
        { "process.rlimits[0].type", "\"RLIMIT_COFFEE\"", "RLIMIT_COFFEE" },
        { "process.rlimits[0].type", "\"nofile\"", "process.rlimits[0]" },
        { "process.rlimits[0].soft", "-1", "process.rlimits[0].soft" },
        { "process.rlimits[0].soft", "2000", "process.rlimits[0]" },
        { "process.rlimits", "[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":2}]",
        "process.rlimits[1]" },
        { "process.capabilities", "[]", "process.capabilities" },
        { "process.capabilities.bounding", "\"CAP_KILL\"", "process.capabilities.bounding" },
        { "process.scheduler", "{}", "process.scheduler.policy" },
        { "process.scheduler", "{\"policy\":\"SCHED_SLOW\"}", "process.scheduler.policy" },
        { "process.scheduler", "{\"policy\":\"SCHED_OTHER\",\"priority\":5}", "process.scheduler.priority" },
        { "process.scheduler", "{\"policy\":\"SCHED_OTHER\",\"nice\":50}", "process.scheduler.nice" },
        { "process.scheduler", "{\"policy\":\"SCHED_OTHER\",\"flags\":[\"SCHED_FLAG_X\"]}", "process.scheduler.flags[0]" },
        { "process.ioPriority", "{\"class\":\"IOPRIO_CLASS_X\",\"priority\":0}", "process.ioPriority.class" },
        { "process.ioPriority", "{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}", "process.ioPriority.priority" },
        { "root", "null", "root" },
        { "root.path", "null", "root.path" },
        { "root.path", "\"\"", "root.path" },
        { "root.path", "\"missing\"", "root.path" },
        { "root.path", "\"" + new string('r', 256) + "\"", "config.json: root.path: has a name of 256 bytes" },
        { "root.readonly", "\"yes\"", "root.readonly" },
        { "hostname", "5", "hostname" },
        { "hostname", "\"" + "h1234567890123456789012345678901234567890123456789012345678901234" + "\"", "hostname" },
        { "annotations", "[]", "annotations" },
        { "annotations", "{\"k\": 5}", "annotations" },
        { "annotations", "{\"\": \"v\"}", "annotations" },
        { "mounts", "{}", "mounts" },
        { "mounts[0]", "\"/proc\"", "mounts[0]" },
        { "mounts[0].destination", "null", "mounts[0].destination" },
        { "mounts[0].destination", "\"\"", "mounts[0].destination" },
        { "mounts[0].destination", "\"/a\\u0000\"", "mounts[0].destination" },
        { "mounts[0].options", "\"ro\"", "mounts[0].options" },
        { "mounts[1].options", "[\"bind\"]", "mounts[1]" },
        { "mounts[3].options", "[\"nosuchoption\"]", "mounts[3]" },
        { "mounts[3].options", "[\"rnosuch\"]", "mounts[3]" },
        { "mounts[3].type", "\"nosuchfs\"", "mounts[3]" },
        { "mounts[3].options", "[\"idmap\"]", "mounts[3]" },
        { "linux.namespaces", "\"pid\"", "linux.namespaces" },
        { "linux.namespaces[0].type", "null", "linux.namespaces[0].type" },
        { "linux.rootfsPropagation", "\"sideways\"", "linux.rootfsPropagation" },
        { "linux.maskedPaths", "[\"relative\"]", "linux.maskedPaths[0]" },
        { "linux.readonlyPaths", "[\"relative\"]", "linux.readonlyPaths[0]" },
        { "linux.devices", "[{\"type\":\"x\",\"path\":\"/dev/x\",\"major\":1,\"minor\":1}]", "linux.devices[0].type" },
        { "linux.devices", "[{\"type\":\"c\",\"path\":\"dev/x\",\"major\":1,\"minor\":1}]", "linux.devices[0].path" },
        { "linux.devices", "[{\"type\":\"c\",\"path\":\"/dev/x\"}]", "linux.devices[0]" },
        { "linux.devices", "[{\"path\":\"/dev/x\"}]", "linux.devices[0].type" },
        { "linux.sysctl", "{\"kernel.hostname\":\"x\"}", "kernel.hostname" },
        { "linux.sysctl", "{\"vm.swappiness\":\"1\"}", "vm.swappiness" },
        { "linux.sysctl", "{\"kernel.pid_max\":\"99999\"}", "kernel.pid_max" },
        { "linux.sysctl", "{\"net.ipv4/../../kernel.x\":\"1\"}", "linux.sysctl" },
        { "linux.sysctl", "{\"net.ipv4.no_such_key\":\"1\"}", "no_such_key" },
        { "linux.sysctl", "{\"net.ipv4.ip_forward\":\"banana\"}", "ip_forward" },
        { "linux.sysctl", "{\"net.ipv4.ip_forward\":1}", "linux.sysctl" },
        { "linux.personality", "{\"domain\":\"WINDOWS\"}", "linux.personality.domain" },
        { "linux.cgroupsPath", "5", "linux.cgroupsPath" },
        { "linux.resources.pids", "{\"limit\":\"many\"}", "linux.resources.pids.limit" },
        { "linux.resources.memory", "{\"limit\":1.5}", "linux.resources.memory.limit" },
        { "linux.resources.unified", "{\"../x\":\"1\"}", "linux.resources.unified" },
        { "linux.resources.unified", "{\"no.such.file\":\"1\"}", "no.such.file" },
        { "linux.resources.devices", "[{\"allow\":true,\"type\":\"z\"}]", "linux.resources.devices[0]" },
        { "linux.resources.devices", "[{\"allow\":true,\"type\":\"c\",\"access\":\"q\"}]", "linux.resources.devices[0]" },
        { "linux.resources.hugepageLimits", "[{\"pageSize\":\"3MB\",\"limit\":1}]", "linux.resources.hugepageLimits[0]" },
        { "linux.seccomp", "{\"defaultAction\":\"SCMP_ACT_DANCE\"}", "linux.seccomp.defaultAction" },
        { "linux.seccomp", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_Z80\"]}",
        "linux.seccomp.architectures[0]" },
        { "linux.seccomp", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_ERRNO\"}]}",
        "linux.seccomp.syscalls[0].names" },
        { "linux.intelRdt", "{\"closID\":\"../x\"}", "linux.intelRdt.closID" },
        { "linux.netDevices", "{\"nosuchif0\":{}}", "nosuchif0" },
        { "linux.netDevices", "{\"lo\":{\"name\":\"way-too-long-name-0\"}}", "linux.netDevices" },
        { "linux.memoryPolicy", "{\"mode\":\"MPOL_RANDOM\"}", "linux.memoryPolicy.mode" },
        { "linux.uidMappings", "[{\"containerID\":0,\"hostID\":0,\"size\":1}]", "linux.uidMappings" },
        { "hooks", "[]", "hooks" },
        { "hooks", "{\"prestart\":[{}]}", "hooks.prestart[0].path" },
        { "hooks", "{\"poststop\":{}}", "hooks.poststop" },
    };

    [Theory]
    [MemberData(nameof(WrongValues))]
    public void Wrong_value_is_named(string path, string value, string named)
    {
        var b = NewBundle("exit", "0");
        Set(b.Config, path, JsonNode.Parse(value));
        Refused(b, named);
    }

    [Fact]
    public void Relative_mount_destination_counts_from_the_root_with_a_warning()
    {
        var r = Ok(RunRaw(NewBundle("report").Mount("relative/dir", "tmpfs", "tmpfs")));
        Assert.Equal("tmpfs", new Seen(r.Out).Mount("/relative/dir").FsType);
        Assert.Contains("oci-run: warning: mounts[6].destination: \"relative/dir\" is not an absolute path", r.Err,
            StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void Missing_bind_source_is_named() =>
        Refused(NewBundle("exit", "0").Mount("/work", "bind", "/no/such/source", "bind"), "mounts[6]", "/no/such/source");

    [Fact]
    public void All_problems_are_reported_together()
    {
        var b = NewBundle("exit", "0");
        b.Process["cwd"] = "relative";
        b.Process["rlimits"]![0]!["type"] = "RLIMIT_COFFEE";
        b.Linux["rootfsPropagation"] = "sideways";
        b.Linux["sysctl"] = new JsonObject { ["vm.swappiness"] = "1" };
        b.Hook("poststop", "relative");
        Refused(b, "process.cwd", "RLIMIT_COFFEE", "linux.rootfsPropagation", "vm.swappiness", "hooks.poststop[0].path");
    }

    [Fact]
    public void Of_very_many_problems_the_first_are_reported()
    {
        var b = NewBundle("exit", "0");
        for (var i = 0; i < 5000; i++)
        {
            b.Mount("/mnt", "tmpfs", "tmpfs", "idmap");
        }
        var r = Refused(b, "5000 problems in config.json", "mounts[6].options", "mounts[105].options", "and 4900 more");
        Assert.DoesNotContain("mounts[106]", r.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void Planning_problems_have_no_side_effect()
    {
        var b = NewBundle("exit", "0").Hook("createRuntime", "/usr/bin/touch", ["touch", Temp + "/touched"]);
        b.Process["cwd"] = "relative";
        Refused(b, "process.cwd");
        Assert.False(File.Exists(Temp + "/touched"));
    }

    [Fact]
    public void Rootfs_that_is_a_file()
    {
        var b = NewBundle("exit", "0");
        File.WriteAllText(Path.Combine(b.Dir, "plain"), "");
        b.Config["root"]!["path"] = "plain";
        Refused(b, "root.path");
    }

    [Fact]
    public void Rootfs_that_is_a_symbolic_link()
    {
        var b = NewBundle("exit", "0");
        File.CreateSymbolicLink(Path.Combine(b.Dir, "link"), "rootfs");
        b.Config["root"]!["path"] = "link";
        Refused(b, "root.path", "symlink");
        Assert.Contains("is a symlink", Fails(Oci("check", "--bundle", b.Dir), 1).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Error_is_a_line_that_starts_with_the_programs_name()
    {
        var b = NewBundle("exit", "0");
        b.Process["cwd"] = "relative";
        var r = CreateRaw(b);
        Assert.Equal(1, r.Code);
        Assert.StartsWith("oci-run: error:", r.Err, StringComparison.Ordinal);
        Assert.Contains("process.cwd", r.Err.Split('\n')[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Failed_create_writes_one_JSON_object_to_the_log()
    {
        var log = Path.Combine(Temp, "log.json");
        var b = NewBundle();
        b.Process["args"] = Bundle.Strings("nosuch");
        b.Save();
        Fails(Command.Run(Host.Runtime, ["--root", Root, "--log", log, "--log-format", "json", "create", "--bundle", b.Dir,
            NewId()], env: ChildEnvironment), 1, "nosuch");
        var o = JsonNode.Parse(File.ReadAllText(log))!.AsObject();
        Assert.Equal("error", (string?)o["level"]);
        Assert.Contains("executable file not found in $PATH", (string?)o["msg"], StringComparison.Ordinal);
        Assert.True(DateTimeOffset.TryParse((string?)o["time"], out _));
        Assert.Single(File.ReadAllLines(log));
    }

    [Fact]
    public void Failed_create_writes_a_text_line_to_the_log()
    {
        var log = Path.Combine(Temp, "log.txt");
        var b = NewBundle("exit", "0");
        b.Process["cwd"] = "relative";
        b.Save();
        Fails(Command.Run(Host.Runtime, ["--root", Root, "--log", log, "create", "--bundle", b.Dir, NewId()],
            env: ChildEnvironment), 1, "process.cwd");
        Assert.Contains("level=error", File.ReadAllText(log), StringComparison.Ordinal);
        Assert.Contains("process.cwd", File.ReadAllText(log), StringComparison.Ordinal);
    }

    [Fact]
    public void Same_id_works_after_a_failed_create()
    {
        var b = NewBundle("exit", "0").Hook("createRuntime", "/bin/false").Save();
        var id = NewId();
        Fails(Oci("run", "--bundle", b.Dir, id), 1);
        b.Config.Remove("hooks");
        b.Save();
        Ok(Oci("run", "--bundle", b.Dir, id));
    }

    [Fact]
    public void Config_of_ten_megabytes_works()
    {
        var b = NewBundle("exit", "0");
        b.Config["annotations"] = new JsonObject { ["big"] = new string('x', 10_000_000) };
        Ok(RunRaw(b));
    }

    [Fact]
    public void Variable_of_128_KiB_is_refused_by_name()
    {
        var b = NewBundle("exit", "0");
        b.Process["env"]!.AsArray().Add("HUGE=" + new string('x', 131072));
        var r = Fails(CreateRaw(b), 1, "process.env[2]");
        Assert.DoesNotContain(new string('x', 1000), r.Err, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void Tiny_state_root_without_space_fails_cleanly()
    {
        Ok(Command.Run("mount", ["-t", "tmpfs", "-o", "nr_inodes=2,mode=700", "none", Root]));
        try
        {
            var r = CreateRaw(NewBundle("exit", "0"));
            Assert.True(r.Code == 1, r.ToString());
            Assert.Contains("ENOSPC", r.Err, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(Root));
        }
        finally
        {
            Ok(Command.Run("umount", ["-l", Root]));
        }
    }

    [Fact]
    public void Twenty_descriptors_are_enough_or_the_error_is_clear()
    {
        var b = NewBundle("exit", "0").Save();
        var r = OciWith(["run", "--bundle", b.Dir, NewId()], shell: "ulimit -S -n 20;");
        Assert.True(r.Code == 0 || r.Err.Contains("EMFILE", StringComparison.Ordinal), r.ToString());
        AssertNothingLeft();
    }

    static void Set(JsonNode node, string path, JsonNode? value)
    {
        var parts = path.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        for (var i = 0; i < parts.Length; i++)
        {
            var last = i == parts.Length - 1;
            if (parts[i][0] == '[')
            {
                var index = int.Parse(parts[i][1..^1], System.Globalization.CultureInfo.InvariantCulture);
                if (last)
                {
                    node[index] = value;
                    return;
                }
                node = node[index]!;
            }
            else
            {
                if (last)
                {
                    node[parts[i]] = value;
                    return;
                }
                node = node[parts[i]]!;
            }
        }
    }
}
