using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>The six kinds of hooks: when, where, with what, and what a failure does.</summary>
public sealed class HookTests : ContainerTest
{
    static readonly string[] Kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    [Fact]
    public void Hooks_run_in_the_specs_order_each_at_its_operation()
    {
        var b = WithAllHooks(NewBundle("sleep", "60"), out var log);
        var id = Create(b);
        Assert.Equal(["prestart", "createRuntime", "createContainer"], Labels(log));
        Ok(Oci("start", id));
        Assert.Equal(["prestart", "createRuntime", "createContainer", "startContainer", "poststart"], Labels(log));
        Ok(Oci("kill", id, "KILL"));
        WaitStatus(id, "stopped");
        Assert.Equal(5, Labels(log).Length);
        Ok(Oci("delete", id));
        Assert.Equal(Kinds, Labels(log));
    }

    [Fact]
    public void Run_runs_all_hooks()
    {
        var b = WithAllHooks(NewBundle("exit", "0"), out var log);
        Ok(RunRaw(b));
        Assert.Equal(Kinds, Labels(log));
    }

    [Fact]
    public void Hooks_of_one_kind_run_in_their_order()
    {
        var b = NewBundle("exit", "0");
        var log = Path.Combine(Temp, "log");
        for (var i = 0; i < 4; i++)
        {
            b.Hook("createRuntime", Host.Probe, ["probe", "hook", log, $"n{i}"]);
        }
        Ok(RunRaw(b));
        Assert.Equal(["n0", "n1", "n2", "n3"], Labels(log));
    }

    [Fact]
    public void State_is_on_stdin_with_the_status_of_the_moment()
    {
        var b = WithAllHooks(NewBundle("sleep", "60"), out var log);
        b.Config["annotations"] = new JsonObject { ["k"] = "v" };
        var id = Start(b);
        var pid = Pid(id);
        Ok(Oci("kill", id, "KILL"));
        WaitStatus(id, "stopped");
        Ok(Oci("delete", id));
        string[] expected = ["creating", "creating", "creating", "created", "running", "stopped"];
        var records = Records(log);
        for (var i = 0; i < 6; i++)
        {
            var s = JsonNode.Parse(records[i]["stdin"])!.AsObject();
            Assert.Equal(expected[i], (string?)s["status"]);
            Assert.Equal(id, (string?)s["id"]);
            Assert.Equal(b.Dir, (string?)s["bundle"]);
            Assert.Equal("v", (string?)s["annotations"]!["k"]);
            Assert.NotNull((string?)s["ociVersion"]);
        }
        Assert.All((int[])[0, 1, 4], i => Assert.Equal(pid, (int)JsonNode.Parse(records[i]["stdin"])!["pid"]!));
        Assert.Equal(1, (int)JsonNode.Parse(records[3]["stdin"])!["pid"]!);
    }

    [Fact]
    public void Runtime_hooks_run_in_the_runtimes_namespaces()
    {
        var b = WithAllHooks(NewBundle("exit", "0"), out var log);
        Ok(RunRaw(b));
        foreach (var i in (int[])[0, 1, 4, 5])
        {
            var r = Records(log)[i];
            Assert.All((string[])["net", "pid", "uts", "ipc", "user"], n => Assert.Equal(Host.Namespace(n), r["ns." + n]));
            Assert.Equal(File.ReadAllText("/proc/sys/kernel/hostname").Trim(), r["hostname"]);
        }
    }

    [Fact]
    public void Container_hooks_run_in_the_containers_namespaces()
    {
        var b = WithAllHooks(NewBundle("sleep", "60"), out var log);
        var id = Start(b);
        var pid = Pid(id).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var records = Records(log);
        Assert.All((string[])["net", "uts", "ipc", "mnt"], n => Assert.Equal(Host.Namespace(n, pid), records[2]["ns." + n]));
        Assert.All((string[])["net", "uts", "ipc", "mnt", "pid"],
            n => Assert.Equal(Host.Namespace(n, pid), records[3]["ns." + n]));
        Assert.NotEqual(records[2]["root.ino"], records[3]["root.ino"]);
    }

    [Fact]
    public void Hook_gets_exactly_its_arguments_and_environment()
    {
        var log = Path.Combine(Temp, "log");
        foreach (var kind in (string[])["createRuntime", "createContainer", "poststart", "poststop"])
        {
            File.Delete(log);
            var b = NewBundle("exit", "0").Hook(kind, Host.Probe, ["my-argv0", "hook", log, "a b"],
                ["ONE=1", "TWO=x=y", "OCI_TEST=" + Tag]);
            Ok(RunRaw(b));
            var r = Assert.Single(Records(log));
            Assert.Equal(["my-argv0", "hook", log, "a b"], r.Args());
            Assert.Equal(["OCI_TEST=" + Tag, "ONE=1", "TWO=x=y"], r.Environment.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Hooks_inherit_no_file_descriptors_but_stdio()
    {
        var b = WithAllHooks(NewBundle("exit", "0"), out var log).Save();
        Ok(OciWith(["run", "--bundle", b.Dir, NewId()], redirect: "5</etc/passwd 9</etc/passwd"));
        // 3 and up are the probe's own: the log file and a duplicate of stdout.
        Assert.All(Records(log), r => Assert.Equal("0,1,2,3,4", r["openfds"]));
    }

    [Fact]
    public void Working_directories_are_runcs()
    {
        var b = WithAllHooks(NewBundle("exit", "0"), out var log);
        b.Process["cwd"] = "/work";
        Ok(RunRaw(b));
        var records = Records(log);
        Assert.Equal(b.Dir, records[0]["cwd"]);
        Assert.Equal(b.Dir, records[1]["cwd"]);
        Assert.Equal(b.Rootfs, records[2]["cwd"]);
        Assert.Equal("/work", records[3]["cwd"]);
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    public void Failing_hook_fails_the_create_with_its_output_and_leaves_nothing(string kind)
    {
        var b = NewBundle("exit", "0").Hook(kind, Shell(), ["sh", "-c", "echo the reason >&2; exit 3"]);
        var r = Refused(b, kind, "the reason");
        Assert.Contains("3", r.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void Failing_startContainer_hook_stops_the_container()
    {
        var b = NewBundle("sleep", "60").Hook("startContainer", "/probe", ["probe", "exit", "3"]);
        var id = Create(b);
        Oci("start", id);
        WaitStatus(id, "stopped");
    }

    [Fact]
    public void Failing_startContainer_hook_fails_run()
    {
        var b = NewBundle("print", "must not run").Hook("startContainer", "/probe", ["probe", "exit", "3"]);
        var r = RunRaw(b);
        Assert.NotEqual(0, r.Code);
        Assert.DoesNotContain("must not run", r.Out, StringComparison.Ordinal);
        Assert.Contains("startContainer", r.Err, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public void Failing_poststart_hook_fails_the_start_and_stops_the_container()
    {
        var id = Create(NewBundle("sleep", "60").Hook("poststart", Shell(), ["sh", "-c", "exit 5"]));
        Fails(Oci("start", id), 1, "poststart");
        WaitStatus(id, "stopped");
    }

    [Fact]
    public void Failing_poststop_hook_is_a_warning_and_the_others_run()
    {
        var log = Path.Combine(Temp, "log");
        var b = NewBundle("exit", "0").Hook("poststop", Shell(), ["sh", "-c", "echo why >&2; exit 5"])
            .Hook("poststop", Host.Probe, ["probe", "hook", log, "second"]);
        var id = Start(b);
        WaitStatus(id, "stopped");
        var r = Ok(Oci("delete", id));
        Assert.Contains("poststop", r.Err, StringComparison.Ordinal);
        Assert.Equal(["second"], Labels(log));
        AssertNothingLeft();
    }

    [Fact]
    public void Failed_create_runs_the_poststop_hooks()
    {
        var log = Path.Combine(Temp, "log");
        var b = NewBundle("exit", "0").Hook("createRuntime", Shell(), ["sh", "-c", "exit 1"]).Hook("poststop", Host.Probe,
            ["probe", "hook", log, "after"]);
        Refused(b);
        Assert.Equal(["after"], Labels(log));
    }

    [Fact]
    public void Later_hooks_do_not_run_after_a_failure()
    {
        var log = Path.Combine(Temp, "log");
        Refused(NewBundle("exit", "0").Hook("createRuntime", Shell(), ["sh", "-c", "exit 1"]).Hook("createRuntime", Host.Probe,
            ["probe", "hook", log, "no"]).Hook("createContainer", Host.Probe, ["probe", "hook", log, "no"]));
        Assert.False(File.Exists(log));
    }

    [Theory]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    public void Hook_that_hangs_is_killed_after_its_timeout(string kind)
    {
        var b = NewBundle("exit", "0").Hook(kind, Shell(), ["sh", "-c", "sleep 50"], ["OCI_TEST=" + Tag, "PATH=/bin:/usr/bin"],
            timeout: 1);
        var r = Refused(b, kind);
        Assert.InRange(r.Seconds, 0.9, 6);
    }

    [Fact]
    public void Hook_that_does_not_read_its_stdin_is_fine()
    {
        var b = NewBundle("exit", "0");
        for (var i = 0; i < 10; i++)
        {
            b.Hook("createRuntime", "/bin/true");
        }
        b.Config["annotations"] = new JsonObject { ["big"] = new string('x', 200_000) };
        Ok(RunRaw(b));
    }

    [Fact]
    public void Hook_with_much_output_does_not_hang()
    {
        Ok(RunRaw(NewBundle("exit", "0").Hook("createRuntime", Shell(), ["sh", "-c", "i=0; while [ $i -lt 3000 ]; do echo a " +
            "line of output that goes nowhere in particular $i; i=$((i+1)); done; exit 0"])));
    }

    [Fact]
    public void Missing_hook_program_is_an_error_naming_it() =>
        Refused(NewBundle("exit", "0").Hook("createRuntime", "/no/such/hook"), "/no/such/hook", "createRuntime");

    [Fact]
    public void Relative_hook_path_is_an_error() => Refused(NewBundle("exit", "0").Hook("createRuntime", "bin/true"),
        "hooks.createRuntime[0].path", "bin/true");

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Hook_timeout_must_be_positive(int timeout) =>
        Refused(NewBundle("exit", "0").Hook("poststop", "/bin/true", timeout: timeout), "hooks.poststop[0].timeout");

    [Fact]
    public void CreateContainer_hook_can_change_the_containers_mounts()
    {
        var b = NewBundle("cat", "/work/f").Hook("createContainer", Shell(),
            ["sh", "-c", $"mount -t tmpfs none {Temp}/bundle1/rootfs/work && echo injected > {Temp}/bundle1/rootfs/work/f"],
            ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]);
        Assert.Equal("injected", Run(b)["cat:/work/f"]);
    }

    [Fact]
    public void CreateRuntime_hook_finds_the_network_namespace_by_the_pid_on_its_stdin()
    {
        var script = "pid=$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/' | tr -dc 0-9); nsenter -t $pid -n sh -c 'echo 1 > " +
            "/proc/sys/net/ipv4/ip_forward'";
        var b = NewBundle("cat", "/proc/sys/net/ipv4/ip_forward").Hook("createRuntime", Shell(), ["sh", "-c", script],
            ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]);
        Assert.Equal("1", Run(b)["cat:/proc/sys/net/ipv4/ip_forward"]);
    }

    [Fact]
    public void Environment_of_a_startContainer_hook_is_the_hooks_own()
    {
        var b = NewBundle("exit", "0");
        Bundle.Link(Host.Busybox, b.InRootfs("bin/busybox"));
        b.Hook("startContainer", "/bin/busybox", ["sh", "-c", "/bin/busybox env; exit 3"], ["PATH=/bin", "A=1"]);
        // What a failing hook writes is part of the error.
        var r = Fails(RunRaw(b), 1, "exit status 3", "A=1");
        Assert.DoesNotContain("HOME=", r.Err, StringComparison.Ordinal);
    }

    /// <summary>config.md: startContainer hooks run in the container, before the program: with no more rights than it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void StartContainer_hook_has_the_payloads_noNewPrivileges(bool noNewPrivileges)
    {
        var b = NewBundle("report");
        b.Process["noNewPrivileges"] = noNewPrivileges;
        Bundle.Link(Host.Busybox, b.InRootfs("bin/busybox"));
        b.Hook("startContainer", "/bin/busybox", ["sh", "-c", "/bin/busybox grep NoNewPrivs /proc/self/status; exit 3"],
            ["PATH=/bin"]);
        Fails(RunRaw(b), 1, "exit status 3", noNewPrivileges ? "NoNewPrivs:\t1" : "NoNewPrivs:\t0");
    }

    [Fact]
    public void Delete_by_force_runs_the_poststop_hooks()
    {
        var id = Start(WithAllHooks(NewBundle("sleep", "60"), out var log));
        Ok(Oci("delete", "--force", id));
        Assert.Equal(Kinds, Labels(log));
    }

    Bundle WithAllHooks(Bundle b, out string log)
    {
        log = Path.Combine(NewDirectory("hooks"), "log");
        var dir = Path.GetDirectoryName(log)!;
        b.Mount("/hooks", "bind", dir, "bind");
        foreach (var kind in Kinds)
        {
            var inside = kind == "startContainer";
            b.Hook(kind, inside ? "/probe" : Host.Probe, ["probe", "hook", inside ? "/hooks/log" : log, kind],
                ["OCI_TEST=" + Tag]);
        }
        return b;
    }

    static string Shell() => "/bin/sh";

    static List<Seen> Records(string log) => [.. File.ReadAllText(log).Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Select(t => new Seen(t))];

    static string[] Labels(string log) => [.. Records(log).Select(r => r["hook"])];
}

static class HookRecord
{
    public static IEnumerable<string> Args(this Seen seen) => Enumerable.Range(0, 100).Select(i => $"arg.{i}").TakeWhile(seen.Has)
        .Select(k => seen[k]);
}
