using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>exec: its flags, its exit codes, and that it gets what the container's own process has.</summary>
public sealed class ExecTests : ContainerTest
{
    const ulong DefaultCaps = 1UL << 29 | 1UL << 5 | 1UL << 10;

    [Fact]
    public void Exec_joins_every_namespace_of_the_container()
    {
        var id = StartSleeper();
        var pid = Pid(id).ToString(CultureInfo.InvariantCulture);
        var seen = Exec(id, [], "report");
        Assert.All((string[])["pid", "net", "ipc", "uts", "mnt", "cgroup", "user"],
            n => Assert.Equal(Host.Namespace(n, pid), seen["ns." + n]));
        Assert.NotEqual("1", seen["pid"]);
        Assert.Equal("inside", seen["hostname"]);
    }

    [Fact]
    public void Exec_is_in_the_containers_cgroup()
    {
        var id = StartSleeper();
        using var c = OciStart(["exec", id, "/probe", "print", "ready", "--", "sleep", "60"]);
        Assert.True(Host.Eventually(() => c.OutSoFar.Contains("ready", StringComparison.Ordinal)), c.ErrSoFar);
        var pids = JsonNode.Parse(Ok(Oci("ps", "-f", "json", id)).Out)!.AsArray().Select(n => (int)n!).ToList();
        Assert.Equal(2, pids.Count);
        Assert.Single(pids.Select(Host.CgroupOf).Distinct());
        Ok(Oci("delete", "-f", id));
        Assert.Equal(137, c.Wait().Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(42)]
    [InlineData(254)]
    public void Exec_exits_with_the_status_of_the_process(int code) =>
        Assert.Equal(code, Oci("exec", StartSleeper(), "/probe", "exit", code.ToString(CultureInfo.InvariantCulture)).Code);

    [Theory]
    [InlineData(9)]
    [InlineData(15)]
    [InlineData(6)]
    public void Exec_exits_with_128_plus_the_signal(int signal) =>
        Assert.Equal(128 + signal, Oci("exec", StartSleeper(), "/probe", "raise", signal.ToString(CultureInfo.InvariantCulture))
        .Code);

    [Theory]
    [InlineData("nosuch", "executable file not found in $PATH")]
    [InlineData("/no/such", "no such file or directory")]
    [InlineData("/etc/passwd", "permission denied")]
    public void Exec_of_what_cannot_run_fails_with_255(string command, string phrase) =>
        Fails(Oci("exec", StartSleeper(), command), 255, phrase, command);

    [Fact]
    public void Exec_without_command_fails_with_an_error()
    {
        var r = Oci("exec", StartSleeper());
        Assert.True(r.Code is 1 or 255, r.ToString());
        Assert.NotEqual("", r.Err);
    }

    [Fact]
    public void Exec_in_a_stopped_container_fails_with_255()
    {
        var id = Start(NewBundle("exit", "0"));
        WaitStatus(id, "stopped");
        Fails(Oci("exec", id, "/probe", "exit", "0"), 255, "cannot exec in a stopped container");
    }

    [Fact]
    public void Exec_works_in_a_created_container() =>
        Assert.Equal("inside", Exec(Create(NewBundle("sleep", "60")), [], "report")["hostname"]);

    [Fact]
    public void Exec_appends_to_the_configs_environment()
    {
        var id = StartSleeper(b => b.Process["env"]!.AsArray().Add("A=config"));
        var seen = Exec(id, ["-e", "B=1", "--env", "C=two words", "-e", "A=exec"], "report");
        Assert.Contains("B=1", seen.Environment);
        Assert.Contains("C=two words", seen.Environment);
        Assert.Equal(["A=exec"], seen.Environment.Where(e => e.StartsWith("A=", StringComparison.Ordinal)));
        Assert.Contains(seen.Environment, e => e.StartsWith("PATH=", StringComparison.Ordinal));
    }

    [Fact]
    public void Exec_cwd_is_the_configs_or_given()
    {
        var id = StartSleeper(b => b.Process["cwd"] = "/work");
        Assert.Equal("/work", Exec(id, [], "report")["cwd"]);
        Assert.Equal("/tmp", Exec(id, ["--cwd", "/tmp"], "report")["cwd"]);
    }

    [Theory]
    [InlineData("1000", "1000,1000,1000,1000", "0,0,0,0")]
    [InlineData("1000:2000", "1000,1000,1000,1000", "2000,2000,2000,2000")]
    [InlineData("10", "10,10,10,10", "0,0,0,0")]
    [InlineData("0:0", "0,0,0,0", "0,0,0,0")]
    public void Exec_user_is_numeric_and_never_a_name(string user, string uids, string gids)
    {
        var id = StartSleeper();
        foreach (var flag in (string[])["-u", "--user"])
        {
            var seen = Exec(id, [flag, user], "report");
            Assert.Equal(uids, seen["uids"]);
            Assert.Equal(gids, seen["gids"]);
        }
    }

    [Theory]
    [InlineData("user")]
    [InlineData("-1")]
    [InlineData("4294967295")]
    [InlineData("1:4294967295")]
    [InlineData("4294967296")]
    [InlineData("1a")]
    [InlineData("1:b")]
    [InlineData(":")]
    [InlineData("1:2:3")]
    public void Exec_refuses_a_bad_user(string user)
    {
        var r = Oci("exec", "--user=" + user, StartSleeper(), "/probe", "report");
        Assert.True(r.Code is 1 or 255, r.ToString());
        Assert.DoesNotContain("pid=", r.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_additional_groups_are_set()
    {
        var id = StartSleeper();
        Assert.Equal("7,8", Exec(id, ["-g", "7", "--additional-gids", "8"], "report")["groups"]);
    }

    [Fact]
    public void Exec_takes_the_containers_capabilities_limits_and_umask()
    {
        var id = StartSleeper(b => b.Process["user"]!["umask"] = 23);
        var seen = Exec(id, [], "report");
        Assert.Equal(DefaultCaps, seen.Mask("CapBnd"));
        Assert.Equal(DefaultCaps, seen.Mask("CapEff"));
        Assert.Equal(0UL, seen.Mask("CapInh"));
        Assert.Equal(0UL, seen.Mask("CapAmb"));
        Assert.Equal("1024:1024", seen["RLIMIT_NOFILE"]);
        Assert.Equal("1", seen["NoNewPrivs"]);
        Assert.Equal("0027", seen["umask"]);
    }

    [Fact]
    public void Exec_cap_adds_but_never_to_inheritable_or_ambient()
    {
        var seen = Exec(StartSleeper(), ["-c", "CAP_NET_RAW", "--cap", "CAP_CHOWN"], "report");
        var all = DefaultCaps | 1UL << 13 | 1UL;
        Assert.Equal(all, seen.Mask("CapBnd"));
        Assert.Equal(all, seen.Mask("CapEff"));
        Assert.Equal(all, seen.Mask("CapPrm"));
        Assert.Equal(0UL, seen.Mask("CapInh"));
        Assert.Equal(0UL, seen.Mask("CapAmb"));
    }

    [Fact]
    public void Exec_no_new_privs_is_set()
    {
        var id = StartSleeper(b => b.Process["noNewPrivileges"] = false);
        Assert.Equal("0", Exec(id, [], "report")["NoNewPrivs"]);
        Assert.Equal("1", Exec(id, ["--no-new-privs"], "report")["NoNewPrivs"]);
    }

    [Fact]
    public void Exec_detached_returns_at_once_with_a_pid_file()
    {
        var id = StartSleeper();
        var file = Path.Combine(Temp, "exec.pid");
        Ok(Oci("exec", "-d", "--pid-file", file, id, "/probe", "sleep", "60"));
        var pid = int.Parse(File.ReadAllText(file), NumberStyles.None, CultureInfo.InvariantCulture);
        Assert.True(Host.IsAlive(pid));
        Assert.NotEqual(Pid(id), pid);
        Assert.Equal(Host.CgroupOf(Pid(id)), Host.CgroupOf(pid));
        Assert.True(Host.Eventually(() => File.ReadAllText($"/proc/{pid}/cmdline") == "/probe\0sleep\060\0"));
    }

    [Fact]
    public void Exec_pid_file_is_written_in_the_foreground_too()
    {
        var file = Path.Combine(Temp, "exec.pid");
        Ok(Oci("exec", "--pid-file", file, StartSleeper(), "/probe", "exit", "0"));
        Assert.Matches("^[0-9]+$", File.ReadAllText(file));
    }

    [Fact]
    public void Exec_process_file_is_the_whole_process()
    {
        var id = StartSleeper();
        var file = Path.Combine(Temp, "process.json");
        File.WriteAllText(file, new JsonObject
        {
            ["args"] = Bundle.Strings("/probe", "report"),
            ["env"] = Bundle.Strings("ONLY=this"),
            ["cwd"] = "/tmp",
            ["user"] = new JsonObject { ["uid"] = 5, ["gid"] = 6, ["additionalGids"] = new JsonArray(9), ["umask"] = 7 },
            ["capabilities"] = new JsonObject { ["bounding"] = Bundle.Strings("CAP_CHOWN", "CAP_FOWNER") },
            ["rlimits"] = new JsonArray(new JsonObject { ["type"] = "RLIMIT_CORE", ["soft"] = 1, ["hard"] = 2 }),
            ["oomScoreAdj"] = 77,
        }.ToJsonString());
        foreach (var flag in (string[])["-p", "--process"])
        {
            var seen = new Seen(Ok(Oci("exec", flag, file, id)).Out);
            Assert.Equal(["HOME=/", "ONLY=this"], seen.Environment.Order(StringComparer.Ordinal));
            Assert.Equal("/tmp", seen["cwd"]);
            Assert.Equal("5,5,5,5", seen["uids"]);
            Assert.Equal("6,6,6,6", seen["gids"]);
            Assert.Equal("9", seen["groups"]);
            Assert.Equal("0007", seen["umask"]);
            Assert.Equal(1UL | 1UL << 3, seen.Mask("CapBnd"));
            Assert.Equal("1:2", seen["RLIMIT_CORE"]);
            Assert.Equal("77", seen["oom_score_adj"]);
            Assert.Equal("0", seen["NoNewPrivs"]);
        }
    }

    [Theory]
    [InlineData("{ \"args\": [\"/probe\", ", "process.json")]
    [InlineData("{ \"cwd\": \"/\" }", "args")]
    [InlineData("{ \"args\": [], \"cwd\": \"/\" }", "args")]
    [InlineData("{ \"args\": [\"/probe\"], \"cwd\": 5 }", "cwd")]
    public void Exec_refuses_a_bad_process_file(string text, string named)
    {
        var file = Path.Combine(Temp, "process.json");
        File.WriteAllText(file, text);
        Fails(Oci("exec", "-p", file, StartSleeper()), 255, named);
    }

    [Fact]
    public void Exec_of_a_missing_process_file_fails_with_255() =>
        Fails(Oci("exec", "-p", "/no/such/process.json", StartSleeper()), 255, "/no/such/process.json");

    [Fact]
    public void Flags_after_the_id_belong_to_the_command()
    {
        var r = Ok(Oci("exec", StartSleeper(), "/probe", "print", "-e", "--", "print", "--cwd"));
        Assert.Equal("-e\n--cwd\n", r.Out);
    }

    [Fact]
    public void Exec_passes_stdin_and_separates_stdout_from_stderr()
    {
        var id = StartSleeper();
        var r = Ok(OciWith(["exec", id, "/probe", "echo", "--", "stderr", "to the other"], stdin: "a line\nanother"));
        Assert.Equal("a line\nanother", r.Out);
        Assert.Equal("to the other\n", r.Err);
    }

    [Fact]
    public void Exec_leads_its_session()
    {
        var seen = Exec(StartSleeper(), [], "report");
        Assert.Equal(seen["pid"], seen["sid"]);
        Assert.Equal("0", seen["pdeathsig"]);
    }

    [Fact]
    public void Exec_inherits_no_file_descriptors()
    {
        var r = Ok(OciWith(["exec", StartSleeper(), "/probe", "report"], redirect: "5</etc/passwd 7</etc/passwd 19</etc/passwd"));
        Assert.Equal("0,1,2", new Seen(r.Out)["openfds"]);
    }

    [Fact]
    public void Exec_passes_preserved_descriptors()
    {
        var r = Ok(OciWith(["exec", "--preserve-fds", "2", StartSleeper(), "/probe", "report"],
            redirect: "3</etc/passwd 4</etc/group 5</etc/hosts"));
        Assert.Equal("0,1,2,3,4", new Seen(r.Out)["openfds"]);
    }

    [Fact]
    public void Exec_keeps_working_when_the_bundle_is_gone_and_a_process_file_is_given()
    {
        var b = NewBundle("sleep", "60");
        var id = Start(b);
        Directory.Move(b.Dir, b.Dir + ".moved");
        var file = Path.Combine(Temp, "process.json");
        File.WriteAllText(file, "{\"args\":[\"/probe\",\"exit\",\"11\"],\"cwd\":\"/\"}");
        Assert.Equal(11, Oci("exec", "-p", file, id).Code);
    }

    [Fact]
    public void Exec_forwards_signals()
    {
        using var c = OciStart(["exec", StartSleeper(), "/probe", "waitsig", "20", "--", "exit", "33"]);
        Assert.True(Host.Eventually(() => c.OutSoFar.Contains("ready", StringComparison.Ordinal)), c.ErrSoFar);
        Host.Kill(c.Pid, 15);
        var r = c.Wait();
        Assert.Equal(33, r.Code);
        Assert.Equal("15", new Seen(r.Out)["signal"]);
    }

    [Fact]
    public void Twenty_execs_at_once_leave_no_zombie()
    {
        var id = StartSleeper();
        var all = Enumerable.Range(0, 20).Select(_ => OciStart(["exec", id, "/probe", "exit", "3"])).ToList();
        Assert.All(all.Select(c => c.Wait(60)), r => Assert.True(r.Code == 3, r.ToString()));
        all.ForEach(c => c.Dispose());
        Assert.Single(JsonNode.Parse(Ok(Oci("ps", "-f", "json", id)).Out)!.AsArray());
        Assert.Equal("1,", Exec(id, [], "pids")["pids"][..2]);
    }

    [Fact]
    public void Exec_sees_the_containers_rootfs_and_not_the_hosts()
    {
        var seen = Exec(StartSleeper(), [], "ls", "/");
        Assert.Contains("probe", seen["ls:/"], StringComparison.Ordinal);
        Assert.DoesNotContain("usr", seen["ls:/"], StringComparison.Ordinal);
    }

    /// <summary>From its first step into the container on a process of exec is in reach of the container's processes: it is not
    /// dumpable before that, and nobody below may trace it (ptrace(2), CVE-2016-9962).</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Exec_is_not_dumpable_before_it_joins(bool limits)
    {
        var b = NewBundle("sleep", "60");
        if (limits)
        {
            b.Process["rlimits"] = new JsonArray(new JsonObject { ["type"] = "RLIMIT_NPROC", ["soft"] = 500, ["hard"] = 500 });
        }
        var id = Start(b);
        var prefix = Path.Combine(NewDirectory("trace"), "calls");
        Ok(Command.Run("strace", ["-ff", "-q", "-e", "trace=prctl,setns", "-o", prefix, Host.Runtime, "--root", Root, "exec", id,
            "/probe", "exit", "0"], env: ChildEnvironment));
        var joined = 0;
        foreach (var lines in Directory.GetFiles(Path.GetDirectoryName(prefix)!).Select(File.ReadAllLines))
        {
            var join = Array.FindIndex(lines, l => l.StartsWith("setns(", StringComparison.Ordinal));
            if (join >= 0)
            {
                joined++;
                var closed = Array.FindIndex(lines, l => l.StartsWith("prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE",
                    StringComparison.Ordinal));
                Assert.True(closed >= 0 && closed < join, string.Join('\n', lines));
            }
        }
        Assert.True(joined > 0, "nobody has joined");
    }

    [Fact]
    public void Exec_uses_the_containers_seccomp_filter()
    {
        var id = StartSleeper(b => b.Linux["seccomp"] = new JsonObject
        {
            ["defaultAction"] = "SCMP_ACT_ALLOW",
            ["syscalls"] = new JsonArray(new JsonObject
            {
                ["names"] = Bundle.Strings("mkdir", "mkdirat"),
                ["action"] = "SCMP_ACT_ERRNO",
                ["errnoRet"] = 99
            }),
        });
        var seen = Exec(id, [], "report", "--", "mkdir", "/dev/shm/x");
        Assert.Equal("2", seen["Seccomp"]);
        Assert.Equal("EADDRNOTAVAIL", seen["mkdir:/dev/shm/x"]);
    }
}
