using System;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Filters of linux.seccomp at work in the kernel; FieldTests has the plain cases.</summary>
public sealed class SeccompTests : ContainerTest
{
    const int Killed = 128 + 31;

    static JsonObject Profile(string json) => JsonNode.Parse(json)!.AsObject();

    Bundle With(string profile, params string[] commands)
    {
        Bundle b = NewBundle(commands);
        b.Linux["seccomp"] = Profile(profile);
        return b;
    }

    [Fact]
    public void Trap_sends_SIGSYS_with_the_call()
    {
        var seen = Run(With("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getppid"],"action":"SCMP_ACT_TRAP"}]}""", "trapped", "110"));
        Assert.Equal("31 code 1 errno 0 syscall 110 arch c000003e", seen["sigsys"]);
    }

    [Theory]
    [InlineData("SCMP_ACT_TRAP")]
    [InlineData("SCMP_ACT_KILL")]
    [InlineData("SCMP_ACT_KILL_THREAD")]
    [InlineData("SCMP_ACT_KILL_PROCESS")]
    public void A_forbidden_call_ends_the_process_with_SIGSYS(string action)
    {
        var r = RunRaw(With($$"""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getppid"],"action":"{{action}}"}]}""",
            "syscall", "110", "--", "print", "survived"));
        Assert.True(r.Code == Killed, r.ToString());
        Assert.DoesNotContain("survived", r.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Log_lets_the_call_pass()
    {
        var seen = Run(With("""
            {"defaultAction":"SCMP_ACT_LOG","flags":["SECCOMP_FILTER_FLAG_LOG"],
            "syscalls":[{"names":["getppid"],"action":"SCMP_ACT_ERRNO","errnoRet":99}]}
            """, "syscall", "39", "--", "syscall", "110"));
        Assert.Equal("1", seen["syscall:39"]);
        Assert.Equal("EADDRNOTAVAIL", seen["syscall:110"]);
    }

    [Fact]
    public void Trace_tells_a_tracer_and_fails_without_one()
    {
        const string filter = """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getppid"],"action":"SCMP_ACT_TRACE","errnoRet":4711}]}""";
        var seen = Run(With(filter, "syscall", "110", "--", "traced", "110"));
        Assert.Equal("ENOSYS", seen["syscall:110"]);
        Assert.Equal("4711", seen["traced:110"]);
        Assert.Equal("21", seen["traced.exit"]);
    }

    [Fact]
    public void Calls_of_a_listed_architecture_follow_the_rules_by_its_own_numbers()
    {
        // getppid is 110 on x86_64 and 64 on x86; x86's 110 is iopl.
        const string filter = """
            {"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"],
            "syscalls":[{"names":["getppid"],"action":"SCMP_ACT_ERRNO","errnoRet":99}]}
            """;
        var seen = Run(With(filter, "syscall", "110", "--", "int80", "64", "--", "x32", "110"));
        Assert.Equal("EADDRNOTAVAIL", seen["syscall:110"]);
        Assert.Equal("EADDRNOTAVAIL", seen["int80:64"]);
        Assert.Equal("EADDRNOTAVAIL", seen["x32:110"]);
    }

    [Theory]
    [InlineData("int80", "64")]
    [InlineData("x32", "110")]
    public void Calls_of_an_architecture_that_is_not_listed_kill(string how, string number)
    {
        var r = RunRaw(With("""{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"]}""", how, number, "--", "print", "survived"));
        Assert.True(r.Code == Killed, r.ToString());
        Assert.DoesNotContain("survived", r.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_newer_than_the_profile_do_not_exist_on_any_of_its_architectures()
    {
        // clone3 is 435 everywhere; the newest call that the profile mentions is x86's clock_gettime64, 403.
        var seen = Run(With("""
            {"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"],"syscalls":[{"names":["execve",
            "brk","arch_prctl","set_tid_address","set_robust_list","rseq","prlimit64","readlink","readlinkat","getrandom","mprotect","fstat",
            "newfstatat","write","exit_group","statx","clock_gettime64"],"action":"SCMP_ACT_ALLOW"}]}
            """, "syscall", "435", "--", "int80", "435", "--", "x32", "435", "--", "syscall", "153"));
        Assert.Equal("ENOSYS", seen["syscall:435"]);
        Assert.Equal("ENOSYS", seen["int80:435"]);
        Assert.Equal("ENOSYS", seen["x32:435"]);
        Assert.Equal("EPERM", seen["syscall:153"]);
    }

    /// <summary>What a static program needs to print a line, and nothing of what a runtime does to start it.</summary>
    const string Minimal = """
        {"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[{"names":["execve","brk","arch_prctl","set_tid_address","set_robust_list","rseq",
        "prlimit64","readlink","readlinkat","getrandom","mprotect","fstat","newfstatat","write","writev","exit_group"],"action":"SCMP_ACT_ALLOW"}]}
        """;

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void A_profile_that_allows_only_what_the_payload_needs_is_enough(bool noNewPrivileges, bool user)
    {
        Bundle b = With(Minimal, "print", "works");
        b.Process["noNewPrivileges"] = noNewPrivileges;
        b.Process["user"]!["uid"] = user ? 1000 : 0;
        Assert.Equal("works\n", Ok(RunRaw(b)).Out);
        var id = Create(b);
        Ok(Oci("start", id));
        WaitStatus(id, "stopped");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Exec_needs_no_more_calls_than_its_payload(bool noNewPrivileges)
    {
        const string withSleep = """
            {"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[{"names":["execve","brk","arch_prctl","set_tid_address","set_robust_list","rseq",
            "prlimit64","readlink","readlinkat","getrandom","mprotect","fstat","newfstatat","write","exit_group","nanosleep","clock_nanosleep"],
            "action":"SCMP_ACT_ALLOW"}]}
            """;
        Bundle b = With(withSleep, "sleep", "60");
        b.Process["noNewPrivileges"] = noNewPrivileges;
        var id = Start(b);
        var r = Ok(Oci("exec", id, "/probe", "print", "works"));
        Assert.Equal("works\n", r.Out);
        r = Oci("exec", id, "/probe", "syscall", "110");
        Assert.True(r.Code == Killed, r.ToString());
    }

    [Theory]
    [InlineData("docker-default")]
    [InlineData("podman-default")]
    public void An_engines_profile_lets_an_ordinary_program_run(string name)
    {
        Bundle b = With(File.ReadAllText(Path.Combine(Host.Repository, "spec-fixtures", "seccomp", name + ".json")),
            "report", "--", "syscall", "169", "--", "syscall", "135", "0xffffffff", "--", "syscall", "56", "0x10000000");
        var seen = Run(b);
        Assert.Equal("2", seen["Seccomp"]);
        Assert.Equal("EPERM", seen["syscall:169"]);
        Assert.Equal("0", seen["syscall:135"]);
    }

    Command Agent(string path, int connections, int errno, int delayMilliseconds)
    {
        Command agent = StartOutside(Host.Probe, "agent", path, connections.ToString(CultureInfo.InvariantCulture),
            errno.ToString(CultureInfo.InvariantCulture), delayMilliseconds.ToString(CultureInfo.InvariantCulture));
        Assert.True(Host.Eventually(() => agent.OutSoFar.Contains("ready=agent", StringComparison.Ordinal)), agent.ErrSoFar);
        return agent;
    }

    string NotifyProfile(string path, string more = "") => $$"""
        {"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"{{path}}","listenerMetadata":"about us"{{more}},
        "syscalls":[{"names":["getppid"],"action":"SCMP_ACT_NOTIFY"}]}
        """;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Notify_asks_the_agent(bool noNewPrivileges)
    {
        string path = Path.Combine(Temp, "agent");
        using Command agent = Agent(path, 1, 98, 0);
        Bundle b = With(NotifyProfile(path), "syscall", "110");
        b.Process["noNewPrivileges"] = noNewPrivileges;
        var id = Create(b);
        int pid = Pid(id);
        Ok(Oci("start", id));
        WaitStatus(id, "stopped");
        var heard = new Seen(agent.Wait().Out);
        Assert.Equal("1", heard["agent.0.fds"]);
        Assert.Equal("0", heard["agent.0.more"]);
        Assert.Equal("110", heard["agent.0.nr"]);
        Assert.Equal("0", heard["agent.0.sent"]);
        JsonObject message = Profile(heard["agent.0.message"]);
        Assert.Equal("seccompFd", (string?)message["fds"]![0]);
        Assert.Equal("about us", (string?)message["metadata"]);
        Assert.Equal(pid, (int)message["pid"]!);
        Assert.Equal(pid, (int)message["state"]!["pid"]!);
        Assert.Equal(id, (string?)message["state"]!["id"]);
        Assert.Equal("creating", (string?)message["state"]!["status"]);
    }

    /// <summary>A listener that the runtime kept would leave calls waiting for ever once the agent is gone: the kernel answers
    /// ENOSYS only when the last descriptor is closed (seccomp_unotify(2)).</summary>
    [Fact]
    public void The_runtime_keeps_no_listener()
    {
        string path = Path.Combine(Temp, "agent");
        using Command agent = Agent(path, 1, 98, 0);
        Bundle b = With(NotifyProfile(path), "syscall", "110", "--", "sleep", "60").Save();
        string id = NewId();
        Command run = OciStart(["run", "--bundle", b.Dir, id]);
        agent.Wait();
        Assert.True(Host.Eventually(() => run.OutSoFar.Contains("syscall:110", StringComparison.Ordinal)), run.ErrSoFar);
        Assert.DoesNotContain(Directory.GetFiles($"/proc/{run.Pid}/fd"), fd => new FileInfo(fd).LinkTarget is { } target &&
            target.Contains("seccomp", StringComparison.Ordinal));
        Ok(Oci("kill", id, "KILL"));
        run.Wait();
    }

    [Fact]
    public void The_agents_answer_is_the_calls_result()
    {
        string path = Path.Combine(Temp, "agent");
        using Command agent = Agent(path, 1, 98, 0);
        Assert.Equal("EADDRINUSE", Run(With(NotifyProfile(path), "syscall", "110"))["syscall:110"]);
        agent.Wait();
    }

    [Fact]
    public void An_agent_can_let_a_call_go_on()
    {
        string path = Path.Combine(Temp, "agent");
        using Command agent = Agent(path, 1, 0, 0);
        Assert.Equal("0", Run(With(NotifyProfile(path), "syscall", "110"))["syscall:110"]);
        agent.Wait();
    }

    [Fact]
    public void Exec_brings_the_agent_a_listener_of_its_own()
    {
        string path = Path.Combine(Temp, "agent");
        using Command agent = Agent(path, 2, 98, 0);
        // The agent turns to the second listener when the first process has made its call.
        var id = Start(With(NotifyProfile(path), "syscall", "110", "--", "sleep", "60"));
        var seen = Exec(id, [], "syscall", "110");
        Assert.Equal("EADDRINUSE", seen["syscall:110"]);
        JsonObject message = Profile(new Seen(agent.Wait().Out)["agent.1.message"]);
        Assert.Equal("running", (string?)message["state"]!["status"]);
        Assert.NotEqual((int)message["state"]!["pid"]!, (int)message["pid"]!);
        Assert.Equal(Pid(id), (int)message["state"]!["pid"]!);
    }

    [Theory]
    [InlineData("", "EINTR")]
    [InlineData(",\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]", "EADDRINUSE")]
    public void WAIT_KILLABLE_RECV_keeps_signals_from_interrupting_a_call(string flags, string expected)
    {
        string path = Path.Combine(Temp, "agent");
        using Command agent = Agent(path, 1, 98, 600);
        Assert.Equal(expected, Run(With(NotifyProfile(path, flags), "interrupted", "110", "200"))["interrupted:110"]);
    }

    [Fact]
    public void A_listener_that_is_not_there_is_refused()
    {
        string path = Path.Combine(Temp, "nobody");
        Refused(With(NotifyProfile(path), "syscall", "110"), "linux.seccomp.listenerPath", path, "ENOENT");
    }

    [Fact]
    public void A_listener_path_without_notify_means_nothing()
    {
        Ok(RunRaw(With($$"""{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"{{Temp}}/nobody"}""", "print", "x")));
    }

    [Theory]
    [InlineData("""{"defaultAction":"SCMP_ACT_X"}""", "linux.seccomp.defaultAction", "SCMP_ACT_X")]
    [InlineData("""{"defaultAction":"SCMP_ACT_NOTIFY"}""", "linux.seccomp.defaultAction", "SCMP_ACT_NOTIFY")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","architectures":["X"]}""", "linux.seccomp.architectures[0]", "\"X\"")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","flags":["X"]}""", "linux.seccomp.flags[0]", "\"X\"")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_KILL","args":[{"index":6,"op":"SCMP_CMP_EQ"}]}]}""",
        "linux.seccomp.syscalls[0].args[0].index", "6")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_KILL","args":[{"index":0,"op":"SCMP_CMP_X"}]}]}""",
        "linux.seccomp.syscalls[0].args[0].op", "SCMP_CMP_X")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_NOTIFY"}]}""",
        "linux.seccomp.listenerPath", "SCMP_ACT_NOTIFY")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_KILL","errnoRet":1}]}""",
        "linux.seccomp.syscalls[0].errnoRet", "SCMP_ACT_KILL")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":1}""", "linux.seccomp.defaultErrnoRet", "SCMP_ACT_ALLOW")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_KILL"}]}""", "linux.seccomp.syscalls[0].names", "name")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}""", "linux.seccomp.flags", "SCMP_ACT_NOTIFY")]
    [InlineData("""{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/x","syscalls":[{"names":["write"],"action":"SCMP_ACT_NOTIFY"}]}""",
        "linux.seccomp.syscalls[0].names", "write")]
    public void A_profile_that_means_nothing_is_refused(string profile, string path, string text) =>
        Refused(With(profile, "print", "x"), path, text);

    [Fact]
    public void Explain_shows_the_filter_as_a_table_and_as_instructions()
    {
        Bundle b = With("""
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["personality"],"action":"SCMP_ACT_ERRNO",
            "args":[{"index":0,"value":8,"op":"SCMP_CMP_EQ"}]}]}
            """, "print", "x").Save();
        string text = Ok(Oci("explain", "--bundle", b.Dir)).Out;
        Assert.Matches(
            @"\nSeccomp filter\ndefault ALLOW; .*\nSCMP_ARCH_X86_64 (.|\n)*\n +135 +personality +" +
            @"if a0 == 0x8: ERRNO\(1\); ALLOW\n", text);
        string[] lines = Ok(Oci("explain", "--seccomp-bpf", "--bundle", b.Dir)).Out.TrimEnd('\n').Split('\n');
        Assert.Matches("^ *ld +arch$", lines[0]);
        Assert.Contains(lines, l => l.EndsWith("ret  ERRNO(1)", StringComparison.Ordinal));
        b.Linux.Remove("seccomp");
        b.Save();
        Assert.Equal("", Ok(Oci("explain", "--seccomp-bpf", "--bundle", b.Dir)).Out);
        Assert.DoesNotContain("Seccomp", Ok(Oci("explain", "--bundle", b.Dir)).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_calls_are_left_out_with_a_debug_line()
    {
        Bundle b = With("""
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["no_such_call","getppid"],"action":"SCMP_ACT_ERRNO","errnoRet":99}]}
            """, "syscall", "110").Save();
        var r = Ok(Oci("--debug", "run", "--bundle", b.Dir, NewId()));
        Assert.Contains("syscall:110=EADDRNOTAVAIL", r.Out, StringComparison.Ordinal);
        Assert.Contains("no_such_call", r.Err, StringComparison.Ordinal);
        Assert.DoesNotContain("no_such_call", Ok(RunRaw(b)).Err, StringComparison.Ordinal);
    }

    static Bundle Annotated(Bundle b, string key, string value)
    {
        b.Config["annotations"] ??= new JsonObject();
        b.Config["annotations"]![key] = value;
        return b.Save();
    }

    [Fact]
    public void Exec_of_a_process_file_gets_the_filter()
    {
        Bundle b = With("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getppid"],"action":"SCMP_ACT_ERRNO","errnoRet":99}]}""", "sleep", "60");
        var id = Start(b);
        foreach (bool noNewPrivileges in (ReadOnlySpan<bool>)[true, false])
        {
            JsonObject process = b.Process.DeepClone().AsObject();
            process["args"] = Bundle.Strings("/probe", "syscall", "110", "--", "report");
            process["noNewPrivileges"] = noNewPrivileges;
            string file = Path.Combine(Temp, "process.json");
            File.WriteAllText(file, process.ToJsonString());
            var seen = new Seen(Ok(Oci("exec", "--process", file, id)).Out);
            Assert.Equal("EADDRNOTAVAIL", seen["syscall:110"]);
            Assert.Equal("2", seen["Seccomp"]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_agent_can_be_named_beside_the_profile(bool annotation)
    {
        string path = Path.Combine(Temp, "agent");
        using Command agent = Agent(path, 2, 98, 0);
        Bundle b = With(NotifyProfile("").Replace("about us", "", StringComparison.Ordinal), "syscall", "110", "--", "sleep",
            "60");
        var env = new System.Collections.Generic.Dictionary<string, string?>
        {
            ["RUN_OCI_SECCOMP_RECEIVER"] = annotation ? null
            : path
        };
        if (annotation)
        {
            Annotated(b, "run.oci.seccomp.receiver", path);
        }
        b.Save();
        var id = NewId();
        Ok(OciWith(["run", "--detach", "--bundle", b.Dir, id], env: env));
        WillDelete(id);
        // The container remembers it.
        Assert.Equal("EADDRINUSE", Exec(id, [], "syscall", "110")["syscall:110"]);
        agent.Wait();
    }

    [Fact]
    public void An_agent_of_the_annotation_that_is_not_there_is_refused()
    {
        string path = Path.Combine(Temp, "nobody");
        Refused(Annotated(With(NotifyProfile(""), "syscall", "110"), "run.oci.seccomp.receiver", path),
            "annotations[run.oci.seccomp.receiver]", path, "ENOENT");
    }

    [Fact]
    public void A_ready_made_program_is_loaded_instead_of_the_profile()
    {
        // ld nr; jeq getppid: ERRNO(99), else ALLOW
        byte[] program =
        [
            0x20, 0, 0, 0, 0, 0, 0, 0, 0x15, 0, 0, 1, 110, 0, 0, 0, 0x06, 0, 0, 0, 99, 0, 5, 0, 0x06, 0, 0, 0, 0, 0, 0xff, 0x7f,
        ];
        Bundle b = Annotated(NewBundle("syscall", "110", "--", "report"), "run.oci.seccomp_bpf_data",
            Convert.ToBase64String(program));
        b.Linux.Remove("seccomp");
        var seen = Run(b);
        Assert.Equal("EADDRNOTAVAIL", seen["syscall:110"]);
        Assert.Equal("2", seen["Seccomp"]);
        Assert.Contains("annotations[run.oci.seccomp_bpf_data]", Ok(Oci("explain", "--bundle", b.Dir)).Out,
            StringComparison.Ordinal);
        Assert.Equal(4, Ok(Oci("explain", "--seccomp-bpf", "--bundle", b.Dir)).Out.TrimEnd('\n').Split('\n').Length);
        Refused(Annotated(b, "run.oci.seccomp_bpf_data", Convert.ToBase64String(program[..^2])),
            "annotations[run.oci.seccomp_bpf_data]", "30 bytes");
        program[24] = 0x77;
        Fails(RunRaw(Annotated(b, "run.oci.seccomp_bpf_data", Convert.ToBase64String(program))), 1,
            "annotations[run.oci.seccomp_bpf_data]", "seccomp", "EINVAL");
    }

    [Fact]
    public void A_filter_that_cannot_fit_is_refused()
    {
        var rules = new JsonArray();
        string[] names = ["read", "write", "getppid", "getuid", "dup", "pause", "sync", "umask", "uname", "chdir", "rmdir",
            "fork"];
        for (int i = 0; i < 3000; i++)
        {
            rules.Add(new JsonObject
            {
                ["names"] = Bundle.Strings(names[i % names.Length]),
                ["action"] = "SCMP_ACT_ERRNO",
                ["errnoRet"] = (i % 100) + 1,
                ["args"] = new JsonArray(new JsonObject { ["index"] = i % 6, ["op"] = "SCMP_CMP_EQ", ["value"] = (long)i << 16 }),
            });
        }
        Bundle b = NewBundle("print", "x");
        b.Linux["seccomp"] = new JsonObject { ["defaultAction"] = "SCMP_ACT_ALLOW", ["syscalls"] = rules };
        Refused(b, "linux.seccomp: the filter needs", "4096");
    }
}
