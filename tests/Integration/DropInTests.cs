using System;
using System.IO;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>What scripts written for runc and crun rely on, seen by running those beside this runtime.</summary>
public sealed class DropInTests : ContainerTest
{
    [Fact]
    public void Signal_0_asks_whether_init_is_there()
    {
        var id = Create(NewBundle("sleep", "60"));
        Ok(Oci("kill", id, "0"));
        Ok(Oci("start", id));
        Ok(Oci("kill", id, "0"));
        Assert.Equal("running", Status(id));
        Ok(Oci("kill", id, "KILL"));
        WaitStatus(id, "stopped");
        Fails(Oci("kill", id, "0"), 1, "container not running");
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("RTMIN+3")]
    public void Signal_that_ends_processes_ends_a_created_container(string signal)
    {
        var id = Create(NewBundle("sleep", "60"));
        Ok(Oci("kill", id, signal));
        WaitStatus(id, "stopped");
        Fails(Oci("start", id), 1, "cannot start a container that has stopped");
        Ok(Oci("delete", id));
    }

    [Theory]
    [InlineData("WINCH")]
    [InlineData("CHLD")]
    [InlineData("CONT")]
    public void Signal_that_does_nothing_leaves_a_created_container(string signal)
    {
        var id = Create(NewBundle("sleep", "60"));
        Ok(Oci("kill", id, signal));
        Ok(Oci("start", id));
        Assert.Equal("running", Status(id));
    }

    [Fact]
    public void Created_container_that_is_paused_says_so_and_does_not_start()
    {
        var id = Create(NewBundle("sleep", "60"));
        Ok(Oci("pause", id));
        Assert.Equal("paused", Status(id));
        Fails(Oci("start", id), 1, "cannot start a container in the paused state");
        Fails(Oci("delete", id), 1, "that is not stopped: paused");
        Ok(Oci("resume", id));
        Assert.Equal("created", Status(id));
        Ok(Oci("start", id));
        Assert.Equal("running", Status(id));
    }

    [Fact]
    public void Unknown_capability_of_exec_is_a_warning()
    {
        var id = StartSleeper();
        var r = Ok(Oci("exec", "--cap", "CAP_NOSUCH", "--cap", "CAP_CHOWN", id, "/probe", "exit", "0"));
        Assert.Contains("warning", r.Err, StringComparison.Ordinal);
        Assert.Contains("CAP_NOSUCH", r.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void Option_with_an_empty_value_is_like_none()
    {
        var b = NewBundle("sleep", "60").Save();
        var id = NewId();
        WillDelete(id);
        Ok(OciWith(["run", "--detach", "--bundle", "", "--pid-file", "", "--console-socket", "", id], cwd: b.Dir));
        Ok(Oci("exec", "--cwd", "", id, "/probe", "exit", "0"));
    }

    [Fact]
    public void Processes_of_a_stopped_container_are_null_in_json()
    {
        var id = Start(NewBundle("exit", "0"));
        WaitStatus(id, "stopped");
        Assert.Equal("null\n", Ok(Oci("ps", "--format", "json", id)).Out);
    }

    [Fact]
    public void Bundle_behind_a_link_is_named_itself()
    {
        var b = NewBundle("sleep", "60").Save();
        var link = Path.Combine(Temp, "link");
        File.CreateSymbolicLink(link, b.Dir);
        var id = NewId();
        WillDelete(id);
        Ok(Oci("create", "--bundle", link, id));
        File.Delete(link);
        Assert.Equal(b.Dir, (string?)State(id)["bundle"]);
        Assert.Equal(b.Rootfs, (string?)State(id)["rootfs"]);
        Ok(Oci("start", id));
    }

    [Theory]
    [InlineData("state")]
    [InlineData("kill")]
    [InlineData("start")]
    [InlineData("delete")]
    public void Half_made_container_does_not_exist(string command)
    {
        var id = NewId();
        Directory.CreateDirectory(Path.Combine(Root, id));
        Fails(Oci(command, id), 1, "container does not exist");
        Ok(Oci("delete", "--force", id));
        Assert.False(Directory.Exists(Path.Combine(Root, id)));
    }

    [Fact]
    public void Empty_program_name_is_one_that_is_not_found()
    {
        const string words = "exec: \"\": executable file not found in $PATH";
        var b = NewBundle();
        b.Process["args"] = Bundle.Strings("");
        Refused(b, words);
        Fails(Oci("exec", StartSleeper(), ""), 255, words);
    }

    [Theory]
    [InlineData("text", "level=debug msg=")]
    [InlineData("json", "\"level\":\"debug\"")]
    public void Debug_lines_go_to_the_log(string format, string words)
    {
        var log = Path.Combine(Temp, "log");
        var b = NewBundle("exit", "0").Save();
        Ok(Oci("--debug", "--log", log, "--log-format", format, "run", "--bundle", b.Dir, NewId()));
        var lines = File.ReadAllLines(log);
        Assert.All(lines, l => Assert.Contains(words, l, StringComparison.Ordinal));
        // The steps of the plan, and what came of them.
        Assert.Contains(lines, l => l.Contains("find the program /probe", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("init is ready", StringComparison.Ordinal));
    }

    [Fact]
    public void Debug_lines_go_to_stderr_without_a_log()
    {
        var r = Fails(Oci("--debug", "state", NewId()), 1, "oci-run: error: ", "does not exist");
        Assert.Matches("(?m)^time=\"[^\"]+\" level=debug msg=\".+\"$", r.Err);
    }

    [Fact]
    public void Kernel_errors_are_written_in_lower_case()
    {
        var b = NewBundle("exit", "0").Mount("/probe/x", "tmpfs", "tmpfs");
        Refused(b, "not a directory (ENOTDIR)");
        Fails(Oci("run", "--bundle", "/no/such/bundle", NewId()), 1, "no such file or directory (ENOENT)");
    }

    [Fact]
    public void Kill_and_delete_take_a_regular_expression()
    {
        var first = StartSleeper();
        var second = StartSleeper();
        var other = Create(NewBundle("sleep", "60"));
        var both = $"^({first}|{second})$";
        Fails(Oci("delete", "--regex", both), 1, first, second, "is not stopped");
        Ok(Oci("kill", "--regex", both, "KILL"));
        WaitStatus(first, "stopped");
        WaitStatus(second, "stopped");
        Ok(Oci("delete", "-r", both));
        Assert.Equal([other], Ok(Oci("list", "-q")).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Ok(Oci("delete", "--force", "--regex", "^no-such-"));
        Ok(Oci("delete", "--force", "--regex", "."));
        Assert.Equal("", Ok(Oci("list", "-q")).Out);
        Fails(Oci("delete", "--regex", "("), 1, "--regex");
    }

    [Fact]
    public void Signals_to_the_runtime_do_not_spoil_a_creation()
    {
        // The kernel's verifier of device filters gives up when a signal is pending.
        var b = NewBundle("exit", "0").Save();
        const string script = "\"$@\" & pid=$!; while kill -WINCH $pid 2>/dev/null; do :; done; wait $pid";
        for (int i = 0; i < 8; i++)
        {
            Ok(Command.Run("sh", ["-c", script, "sh", Host.Runtime, "--root", Root, "run", "--bundle", b.Dir, NewId()],
                env: ChildEnvironment));
        }
    }

    [Fact]
    public void Exec_as_another_user_keeps_the_groups_of_the_config()
    {
        var id = StartSleeper(b =>
        {
            b.Process["user"] = new JsonObject { ["uid"] = 0, ["gid"] = 0, ["additionalGids"] = new JsonArray(10, 11) };
            Bundle.Link(Host.Busybox, b.InRootfs("bin/busybox"));
        });
        Assert.Equal("7 0 10 11", Ids("--user", "7"));
        Assert.Equal("7 8 9 10 11", Ids("--user", "7:8", "--additional-gids", "9"));

        string Ids(params string[] options) =>
            Ok(Oci(["exec", .. options, id, "/bin/busybox", "sh", "-c", "echo $(/bin/busybox id -u) $(/bin/busybox id -G)"]))
            .Out.Trim();
    }

    [Fact]
    public void Exec_looks_for_the_container_before_the_command()
    {
        Fails(Oci("exec", NewId()), 255, "container does not exist");
        Fails(Oci("exec", StartSleeper()), 255, "args cannot be empty");
    }

    [Fact]
    public void Statistics_count_processes_without_the_controller()
    {
        var data = JsonNode.Parse(Ok(Oci("events", "--stats", StartSleeper())).Out)!["data"]!;
        Assert.Equal(1, (int)data["pids"]!["current"]!);
    }
}
