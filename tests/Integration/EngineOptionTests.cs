using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Options and annotations that engines rely on beside the specification: cgroups of exec, sockets for pidfds, crun's
/// annotations.</summary>
public sealed class EngineOptionTests : ContainerTest
{
    [Theory]
    [InlineData("sub")]
    [InlineData("/sub")]
    [InlineData("sub/./deep/")]
    [InlineData("cpu:sub")]
    public void Exec_in_a_sub_cgroup(string path)
    {
        var id = StartSleeper();
        var own = Host.CgroupOf(Pid(id));
        Directory.CreateDirectory(Host.Cgroup2 + own + "/sub/deep");
        var file = Path.Combine(Temp, "exec.pid");
        Ok(Oci("exec", "-d", "--pid-file", file, "--cgroup", path, id, "/probe", "sleep", "60"));
        Assert.Equal(own + (path.Contains("deep", StringComparison.Ordinal) ? "/sub/deep" : "/sub"), Host.CgroupOf(PidIn(file)));
        // ps and delete --force find it there.
        Assert.Equal(2, JsonNode.Parse(Ok(Oci("ps", "-f", "json", id)).Out)!.AsArray().Count);
    }

    [Theory]
    [InlineData("../")]
    [InlineData("..")]
    [InlineData("sub/../../x")]
    [InlineData("nosuch")]
    public void Exec_cgroup_cannot_escape(string path)
    {
        var id = StartSleeper();
        Directory.CreateDirectory(Host.Cgroup2 + Host.CgroupOf(Pid(id)) + "/sub");
        var r = Fails(Oci("exec", "--cgroup", path, id, "/probe", "print", "inside"), 255, "--cgroup");
        Assert.Equal("", r.Out);
    }

    [Fact]
    public void Exec_goes_where_init_has_moved_itself_if_there_is_no_room_in_its_cgroup()
    {
        var id = StartSleeper();
        var pid = Pid(id);
        var own = Host.CgroupOf(pid);
        Directory.CreateDirectory(Host.Cgroup2 + own + "/init.scope");
        File.WriteAllText(Host.Cgroup2 + own + "/init.scope/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));
        var controller = File.ReadAllText(Host.Cgroup2 + own + "/cgroup.controllers")
            .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)[0];
        File.WriteAllText(Host.Cgroup2 + own + "/cgroup.subtree_control", "+" + controller);
        var file = Path.Combine(Temp, "exec.pid");
        Ok(Oci("exec", "-d", "--pid-file", file, id, "/probe", "sleep", "60"));
        Assert.Equal(own + "/init.scope", Host.CgroupOf(PidIn(file)));
    }

    [Fact]
    public void Exec_in_a_paused_container_is_refused_or_waits()
    {
        var id = StartSleeper();
        Ok(Oci("pause", id));
        Fails(Oci("exec", id, "/probe", "print", "inside"), 255,
            "cannot exec in a paused container (use --ignore-paused to override)");
        using var c = OciStart(["exec", "--ignore-paused", id, "/probe", "print", "inside"]);
        Assert.False(Host.Eventually(() => c.HasExited, 0.5));
        Ok(Oci("resume", id));
        var r = Ok(c.Wait());
        Assert.Equal("inside\n", r.Out);
    }

    [Fact]
    public void Pidfd_of_init_goes_to_a_socket()
    {
        var socket = Path.Combine(Temp, "pidfd.sock");
        using var server = Server(socket);
        var id = Create(NewBundle("sleep", "60"), "--pidfd-socket", socket);
        var seen = new Seen(server.Wait().Out);
        Assert.Equal(("1", "standard", "0"), (seen["fds"], seen["name"], seen["more"]));
        Assert.Equal(Pid(id).ToString(CultureInfo.InvariantCulture), seen["pidfd"]);
    }

    [Fact]
    public void Pidfd_of_exec_goes_to_a_socket()
    {
        var id = StartSleeper();
        var socket = Path.Combine(Temp, "pidfd.sock");
        using var server = Server(socket);
        var file = Path.Combine(Temp, "exec.pid");
        Ok(Oci("exec", "-d", "--pidfd-socket", socket, "--pid-file", file, id, "/probe", "sleep", "60"));
        var seen = new Seen(server.Wait().Out);
        Assert.Equal(("1", "setns", "0"), (seen["fds"], seen["name"], seen["more"]));
        Assert.Equal(File.ReadAllText(file), seen["pidfd"]);
    }

    [Fact]
    public void Pidfd_socket_that_is_not_there_undoes_create()
    {
        Fails(CreateRaw(NewBundle("exit", "0"), "--pidfd-socket", Temp + "/none.sock"), 1, "--pidfd-socket", "none.sock");
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("1", "7,8")]
    [InlineData("0", "")]
    public void Callers_groups_stay_with_an_annotation(string value, string groups)
    {
        var b = NewBundle("report");
        b.Process["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1000 };
        b.Config["annotations"] = new JsonObject { ["run.oci.keep_original_groups"] = value };
        var r =
            Ok(Command.Run("/usr/bin/setpriv", ["--groups", "7,8", Host.Runtime, "--root", Root, "run", "--bundle", b.Save().Dir,
            NewId()], env: ChildEnvironment));
        Assert.Equal(groups, new Seen(r.Out)["groups"]);
    }

    [Fact]
    public void Output_of_hooks_goes_to_files_with_annotations()
    {
        var b = NewBundle("exit", "0");
        string output = Path.Combine(Temp, "hooks.out"), error = Path.Combine(Temp, "hooks.err");
        File.WriteAllText(output, "before\n");
        b.Config["annotations"] = new JsonObject { ["run.oci.hooks.stdout"] = output, ["run.oci.hooks.stderr"] = error };
        JsonArray Hook(string name) => new(new JsonObject
        {
            ["path"] = "/bin/sh",
            ["args"] = Bundle.Strings("sh", "-c", $"echo {name} out; echo {name} err >&2"),
        });
        b.Config["hooks"] = new JsonObject
        {
            ["createRuntime"] = Hook("first"),
            ["poststart"] = Hook("second"),
            ["poststop"] = Hook("third")
        };
        Ok(RunRaw(b));
        Assert.Equal("before\nfirst out\nsecond out\nthird out\n", File.ReadAllText(output));
        Assert.Equal("first err\nsecond err\nthird err\n", File.ReadAllText(error));
    }

    [Fact]
    public void Container_without_cgroups()
    {
        var own = Host.CgroupOf(Environment.ProcessId);
        var b = NewBundle("sleep", "60").Without("cgroup").Save();
        var id = NewId();
        WillDelete(id);
        Ok(Oci("--cgroup-manager=disabled", "run", "-d", "--bundle", b.Dir, id));
        Assert.Equal(own, Host.CgroupOf(Pid(id)));
        // Later calls of engines do not repeat the option.
        Assert.Equal("inside\n", Ok(Oci("exec", id, "/probe", "print", "inside")).Out);
        var r = Oci("pause", id);
        Assert.True(r.Code == 1 && r.Err.Contains("cgroup", StringComparison.Ordinal), r.ToString());
        Assert.Equal("running", Status(id));
        Ok(Oci("kill", id, "KILL"));
        WaitStatus(id, "stopped");
        Ok(Oci("delete", id));
    }

    [Fact]
    public void Container_without_cgroups_sees_those_of_the_host()
    {
        // As podman run --cgroups=disabled asks for.
        var b = NewBundle("stat", "/sys/fs/cgroup", "--", "report").Mount("/sys/fs/cgroup", "cgroup", "cgroup", "rprivate",
            "nosuid", "noexec", "nodev", "ro");
        var r = Ok(Oci("--cgroup-manager", "disabled", "run", "--bundle", b.Save().Dir, NewId()));
        Assert.Equal("cgroup2", new Seen(r.Out).Mount("/sys/fs/cgroup").FsType);
    }

    [Theory]
    [InlineData("error", false, false)]
    [InlineData("warning", true, false)]
    [InlineData("debug", true, true)]
    public void Log_levels(string level, bool warns, bool debugs)
    {
        var b = NewBundle("exit", "0");
        b.Process["capabilities"]!["bounding"]!.AsArray().Add("CAP_NO_SUCH");
        var log = Path.Combine(Temp, "log");
        Ok(Oci("--log", log, "--log-format", "json", "--log-level", level, "run", "--bundle", b.Save().Dir, NewId()));
        var levels = File.ReadAllLines(log).Select(l => (string)JsonNode.Parse(l)!["level"]!).ToHashSet();
        Assert.Equal((warns, debugs, false), (levels.Contains("warning"), levels.Contains("debug"), levels.Contains("error")));
        Assert.All(File.ReadAllLines(log), l => Assert.Equal(["level", "msg", "time"],
            JsonNode.Parse(l)!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void Labels_of_exec()
    {
        var id = StartSleeper();
        // Without SELinux a label is nothing; a profile without AppArmor would be a promise that is not kept.
        if (!Directory.Exists("/sys/fs/selinux"))
        {
            Ok(Oci("exec", "--process-label", "system_u:system_r:container_t:s0", id, "/probe", "exit", "0"));
        }
        Fails(Oci("exec", "--apparmor", "no-such-profile", id, "/probe", "exit", "0"), 255, "apparmor");
    }

    static int PidIn(string file) => int.Parse(File.ReadAllText(file), NumberStyles.None, CultureInfo.InvariantCulture);

    Command Server(string socket)
    {
        var c = StartOutside(Host.Probe, "console-server", socket, "");
        Assert.True(Host.Eventually(() => c.OutSoFar.Contains("ready", StringComparison.Ordinal)));
        return c;
    }
}
