using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Every member of config.json's process, seen from inside.</summary>
public sealed class ProcessTests : ContainerTest
{
    const ulong DefaultCaps = 1UL << 29 | 1UL << 5 | 1UL << 10;

    /// <summary>A second thread could be the one that a signal goes to, and keeps the process from joining a user
    /// namespace.</summary>
    [Fact]
    public void Runtime_has_one_thread()
    {
        var b = NewBundle("sleep", "60");
        b.Save();
        var id = NewId();
        var run = OciStart(["run", "--bundle", b.Dir, id]);
        Assert.True(Host.Eventually(() => Oci("state", id).Out.Contains("\"running\"", StringComparison.Ordinal)));
        Assert.Single(Directory.GetDirectories($"/proc/{run.Pid}/task"));
        Ok(Oci("kill", id, "KILL"));
        Assert.Equal(137, run.Wait().Code);
    }

    [Fact]
    public void Args_reach_the_process_unchanged()
    {
        var b = NewBundle();
        b.Process["args"] = Bundle.Strings("/probe", "report", "--", "print", "a b", "--", "print", "", "--", "print", "ü*$HOME");
        Assert.Equal(["/probe", "report", "--", "print", "a b", "--", "print", "", "--", "print", "ü*$HOME"], Run(b).Args);
    }

    [Fact]
    public void Args0_without_slash_is_looked_up_in_the_containers_PATH()
    {
        var b = NewBundle();
        b.Process["args"] = Bundle.Strings("probe", "report");
        var seen = Run(b);
        Assert.Equal("probe", seen["arg.0"]);
        Assert.Equal("/probe", seen["exe"]);
    }

    [Fact]
    public void PATH_lookup_skips_directories_and_what_is_not_executable()
    {
        var b = NewBundle();
        Directory.CreateDirectory(b.InRootfs("one/tool"));
        Directory.CreateDirectory(b.InRootfs("two"));
        File.WriteAllText(b.InRootfs("two/tool"), "not executable");
        Directory.CreateDirectory(b.InRootfs("three"));
        File.CreateSymbolicLink(b.InRootfs("three/tool"), "../probe");
        b.Process["env"]!.AsArray()[0] = "PATH=/none:/one:/two:/three";
        b.Process["args"] = Bundle.Strings("tool", "exit", "21");
        Assert.Equal(21, RunRaw(b).Code);
    }

    [Theory]
    [InlineData("nosuch", "executable file not found in $PATH")]
    [InlineData("/nosuch", "no such file or directory")]
    [InlineData("/etc/passwd", "permission denied")]
    [InlineData("/etc", "permission denied")]
    public void Command_that_cannot_run_is_found_out_at_create(string command, string phrase)
    {
        var b = NewBundle();
        b.Process["args"] = Bundle.Strings(command);
        var r = CreateRaw(b);
        Assert.True(r.Code == 1, r.ToString());
        Assert.Contains(phrase, r.Err, StringComparison.Ordinal);
        Assert.Contains(command, r.Err, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void Env_is_exactly_the_configs_plus_HOME()
    {
        var b = NewBundle("report");
        b.Process["env"] = Bundle.Strings("A=1", "B=two words", "C=", "D=a=b", "OCI_TEST=" + Tag);
        Assert.Equal(["A=1", "B=two words", "C=", "D=a=b", "HOME=/root", "OCI_TEST=" + Tag],
            Run(b).Environment.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(0, null, "HOME=/root")]
    [InlineData(1000, null, "HOME=/home/user")]
    [InlineData(4242, null, "HOME=/")]
    [InlineData(1000, "HOME=/given", "HOME=/given")]
    [InlineData(1000, "HOME=", "HOME=/home/user")]
    public void HOME_comes_from_the_containers_passwd_unless_given(int uid, string? given, string expected)
    {
        var b = NewBundle("report");
        b.Process["user"]!["uid"] = uid;
        if (given != null)
        {
            b.Process["env"]!.AsArray().Add(given);
        }
        Assert.Equal([expected], Run(b).Environment.Where(e => e.StartsWith("HOME=", StringComparison.Ordinal)));
    }

    [Fact]
    public void Last_of_duplicate_variables_wins()
    {
        var b = NewBundle("report");
        b.Process["env"] = Bundle.Strings("X=1", "Y=y", "X=2", "OCI_TEST=" + Tag);
        Assert.Equal(["X=2"], Run(b).Environment.Where(e => e.StartsWith("X=", StringComparison.Ordinal)));
    }

    [Fact]
    public void Runtimes_own_environment_does_not_leak_in()
    {
        var b = NewBundle("report").Save();
        var r =
            Ok(OciWith(["run", "--bundle", b.Dir, NewId()],
            env: new System.Collections.Generic.Dictionary<string, string?> { ["LEAKED"] = "yes" }));
        Assert.DoesNotContain("LEAKED", r.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Five_thousand_variables_work()
    {
        var b = NewBundle("report");
        for (var i = 0; i < 5000; i++)
        {
            b.Process["env"]!.AsArray().Add($"VARIABLE_{i}={i}");
        }
        Assert.Equal("5003", Run(b)["env#"]);
    }

    [Fact]
    public void Cwd_is_entered()
    {
        var b = NewBundle("report");
        b.Process["cwd"] = "/work";
        Assert.Equal("/work", Run(b)["cwd"]);
    }

    [Fact]
    public void Missing_cwd_is_made_with_0755()
    {
        var b = NewBundle("report", "--", "stat", "/made/for/me");
        b.Process["cwd"] = "/made/for/me";
        b.Config["root"]!["readonly"] = false;
        var seen = Run(b);
        Assert.Equal("/made/for/me", seen["cwd"]);
        Assert.Equal("0755", seen.Stat("/made/for/me").Mode);
    }

    [Fact]
    public void Cwd_may_be_one_that_only_the_user_can_enter()
    {
        var b = NewBundle("report");
        Directory.CreateDirectory(b.InRootfs("home"));
        Host.Chown(b.InRootfs("home"), 1000, 1000);
        Host.Chmod(b.InRootfs("home"), 0x1c0);
        b.Process["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1000 };
        b.Process["cwd"] = "/home";
        Assert.Equal("/home", Run(b)["cwd"]);
    }

    [Fact]
    public void User_and_groups_are_set_exactly()
    {
        var b = NewBundle("report");
        b.Process["user"] = new JsonObject
        {
            ["uid"] = 1000,
            ["gid"] = 2000,
            ["additionalGids"] = new JsonArray(7, 8, 2000000000)
        };
        var seen = Run(b);
        Assert.Equal("1000,1000,1000,1000", seen["uids"]);
        Assert.Equal("2000,2000,2000,2000", seen["gids"]);
        Assert.Equal("7,8,2000000000", seen["groups"]);
    }

    [Fact]
    public void Supplementary_groups_of_the_caller_are_dropped()
    {
        var b = NewBundle("report").Save();
        var r =
            Ok(Command.Run("/usr/bin/setpriv", ["--groups", "4242", Host.Runtime, "--root", Root, "run", "--bundle", b.Dir,
            NewId()], env: ChildEnvironment));
        Assert.Equal("", new Seen(r.Out)["groups"]);
    }

    [Theory]
    [InlineData(null, "0022")]
    [InlineData(23, "0027")]
    [InlineData(0, "0000")]
    public void Umask_is_the_configs_or_0022(int? umask, string expected)
    {
        var b = NewBundle("report").Save();
        if (umask != null)
        {
            b.Process["user"]!["umask"] = umask;
        }
        b.Save();
        var r = Ok(OciWith(["run", "--bundle", b.Dir, NewId()], shell: "umask 077;"));
        Assert.Equal(expected, new Seen(r.Out)["umask"]);
    }

    [Fact]
    public void Five_capability_sets_are_set_each_by_its_list()
    {
        var b = NewBundle("report");
        b.Process["capabilities"] = new JsonObject
        {
            ["bounding"] = Bundle.Strings("CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW", "CAP_SYS_CHROOT"),
            ["permitted"] = Bundle.Strings("CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"),
            ["effective"] = Bundle.Strings("CAP_CHOWN", "CAP_KILL"),
            ["inheritable"] = Bundle.Strings("CAP_KILL", "CAP_NET_RAW"),
            ["ambient"] = Bundle.Strings("CAP_KILL"),
        };
        b.Process["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1000 };
        var seen = Run(b);
        Assert.Equal(1UL | 1UL << 5 | 1UL << 13 | 1UL << 18, seen.Mask("CapBnd"));
        Assert.Equal(1UL << 5 | 1UL << 13, seen.Mask("CapInh"));
        Assert.Equal(1UL << 5, seen.Mask("CapAmb"));
        // execve as a plain user keeps only the ambient ones.
        Assert.Equal(1UL << 5, seen.Mask("CapPrm"));
        Assert.Equal(1UL << 5, seen.Mask("CapEff"));
    }

    [Fact]
    public void Root_gets_the_bounding_set_and_nothing_inheritable_or_ambient()
    {
        var seen = Run(NewBundle("report"));
        Assert.Equal(DefaultCaps, seen.Mask("CapBnd"));
        Assert.Equal(DefaultCaps, seen.Mask("CapPrm"));
        Assert.Equal(DefaultCaps, seen.Mask("CapEff"));
        Assert.Equal(0UL, seen.Mask("CapInh"));
        Assert.Equal(0UL, seen.Mask("CapAmb"));
        Assert.Equal("0", seen["securebits"]);
    }

    [Fact]
    public void Without_capabilities_there_are_none()
    {
        var b = NewBundle("report");
        b.Process.Remove("capabilities");
        var seen = Run(b);
        Assert.All((string[])["CapBnd", "CapPrm", "CapEff", "CapInh", "CapAmb"], k => Assert.Equal(0UL, seen.Mask(k)));
    }

    [Fact]
    public void Unknown_capability_is_a_warning_that_names_it()
    {
        var b = NewBundle("report");
        b.Process["capabilities"]!["bounding"]!.AsArray().Add("CAP_FLY");
        var r = Ok(RunRaw(b));
        Assert.Contains("CAP_FLY", r.Err, StringComparison.Ordinal);
        Assert.Equal(DefaultCaps, new Seen(r.Out).Mask("CapBnd"));
    }

    [Fact]
    public void Rlimits_are_set()
    {
        var b = NewBundle("report");
        b.Process["rlimits"] = new JsonArray(Limit("RLIMIT_NOFILE", 300, 400), Limit("RLIMIT_CORE", 0, 1024),
            Limit("RLIMIT_CPU", 1000UL, ulong.MaxValue),
            Limit("RLIMIT_FSIZE", 1 << 20, 1 << 21), Limit("RLIMIT_STACK", 4 << 20, 8 << 20), Limit("RLIMIT_NPROC", 50, 60),
            Limit("RLIMIT_MSGQUEUE", 1000, 2000),
            Limit("RLIMIT_SIGPENDING", 100, 200), Limit("RLIMIT_RTTIME", 5000, 6000), Limit("RLIMIT_DATA", 1 << 28, 1 << 29),
            Limit("RLIMIT_RSS", 1, 2),
            Limit("RLIMIT_LOCKS", 3, 4), Limit("RLIMIT_MEMLOCK", 65536, 65536), Limit("RLIMIT_NICE", 0, 0),
            Limit("RLIMIT_RTPRIO", 0, 0));
        var seen = Run(b);
        foreach (var l in b.Process["rlimits"]!.AsArray())
        {
            Assert.Equal($"{(ulong)l!["soft"]!}:{(ulong)l["hard"]!}", seen[(string)l["type"]!]);
        }
    }

    [Fact]
    public void Address_space_limit_hits_the_process_and_not_the_runtime()
    {
        var b = NewBundle("report", "--", "alloc", "64");
        b.Process["rlimits"] = new JsonArray(Limit("RLIMIT_AS", 32 << 20, 32 << 20));
        var seen = Run(b);
        Assert.Equal($"{32 << 20}:{32 << 20}", seen["RLIMIT_AS"]);
        Assert.Equal("ENOMEM", seen["alloc:mmap"]);
    }

    [Fact]
    public void Without_rlimits_the_callers_are_kept()
    {
        var b = NewBundle("report");
        b.Process.Remove("rlimits");
        b.Save();
        var r = Ok(OciWith(["run", "--bundle", b.Dir, NewId()], shell: "ulimit -S -n 777; ulimit -H -n 999;"));
        Assert.Equal("777:999", new Seen(r.Out)["RLIMIT_NOFILE"]);
    }

    [Theory]
    [InlineData(true, "1")]
    [InlineData(false, "0")]
    public void No_new_privileges_is_as_configured(bool value, string expected)
    {
        var b = NewBundle("report");
        b.Process["noNewPrivileges"] = value;
        Assert.Equal(expected, Run(b)["NoNewPrivs"]);
    }

    [Fact]
    public void Oom_score_is_set()
    {
        var b = NewBundle("report");
        b.Process["oomScoreAdj"] = 321;
        Assert.Equal("321", Run(b)["oom_score_adj"]);
    }

    [Fact]
    public void Oom_score_is_the_callers_when_not_given() =>
        Assert.Equal(File.ReadAllText("/proc/self/oom_score_adj").Trim(), Run(NewBundle("report"))["oom_score_adj"]);

    [Fact]
    public void Process_leads_its_session_and_has_one_thread()
    {
        var seen = Run(NewBundle("report"));
        Assert.Equal("1", seen["sid"]);
        Assert.Equal("1", seen["pgid"]);
        Assert.Equal("1", seen["Threads"]);
        Assert.Equal("0", seen["ppid"]);
        Assert.Equal("0", seen["pdeathsig"]);
        Assert.Equal("0", seen["subreaper"]);
        Assert.Equal("1", seen["dumpable"]);
        Assert.Equal("probe", seen["comm"]);
    }

    [Fact]
    public void Username_and_unknown_members_are_ignored()
    {
        var b = NewBundle("report");
        b.Process["user"]!["username"] = "ContainerUser";
        b.Process["commandLine"] = "cmd.exe";
        b.Process["brandNew"] = new JsonObject { ["x"] = 1 };
        b.Config["windows"] = new JsonObject { ["layerFolders"] = new JsonArray() };
        b.Config["somethingElse"] = new JsonArray(1, 2);
        Assert.Equal("0,0,0,0", Run(b)["uids"]);
    }

    [Fact]
    public void Null_lists_and_objects_count_as_absent()
    {
        var b = NewBundle("report");
        b.Process["rlimits"] = null;
        b.Process["user"]!["additionalGids"] = null;
        b.Process["capabilities"] = null;
        b.Process["consoleSize"] = null;
        b.Config["hooks"] = null;
        b.Config["annotations"] = null;
        b.Linux["maskedPaths"] = null;
        b.Linux["readonlyPaths"] = null;
        b.Linux["devices"] = null;
        b.Linux["sysctl"] = null;
        b.Linux["resources"] = null;
        b.Linux["seccomp"] = null;
        b.Linux["uidMappings"] = null;
        b.Linux["intelRdt"] = null;
        b.Mounts[0]!["options"] = null;
        Assert.Equal("1", Run(b)["pid"]);
    }

    [Fact]
    public void Interpreter_that_is_missing_is_reported()
    {
        var b = NewBundle();
        File.WriteAllText(b.InRootfs("script"), "#!/no/interpreter\n");
        Host.Chmod(b.InRootfs("script"), 0x1ed);
        b.Process["args"] = Bundle.Strings("/script");
        var r = RunRaw(b);
        Assert.NotEqual(0, r.Code);
        Assert.Contains("no such file or directory", r.Err, StringComparison.OrdinalIgnoreCase);
        AssertNothingLeft();
    }

    static JsonNode Limit(string type, ulong soft, ulong hard) => new JsonObject
    {
        ["type"] = type,
        ["soft"] = soft,
        ["hard"] = hard
    };

    static JsonNode Limit(string type, long soft, long hard) => Limit(type, (ulong)soft, (ulong)hard);
}
