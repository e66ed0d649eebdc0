using System;
using System.IO;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Files that the caller names: written where others may have put a link or a FIFO before, read where one may stand.
/// Nothing is followed that is not the caller's, and nothing waits for ever.</summary>
public sealed class CallerFileTests : ContainerTest
{
    string Fifo(string name)
    {
        var path = Path.Combine(Temp, name);
        Host.MakeFifo(path);
        return path;
    }

    string LinkOfOthers(string to)
    {
        var link = Path.Combine(Temp, "link");
        File.CreateSymbolicLink(link, to);
        Ok(Command.Run("chown", ["-h", "1000", link]));
        return link;
    }

    /// <summary>The temporary name was the pid file's with a dot before it.</summary>
    [Fact]
    public void A_FIFO_or_link_beside_the_pid_file_is_no_obstacle()
    {
        Fifo(".pid");
        var id = Create(NewBundle("sleep", "60"), "--pid-file", Path.Combine(Temp, "pid"));
        Assert.Equal(Pid(id).ToString(System.Globalization.CultureInfo.InvariantCulture),
            File.ReadAllText(Path.Combine(Temp, "pid")));
        Assert.True(File.Exists(Path.Combine(Temp, ".pid")));
    }

    [Theory]
    [InlineData("--log")]
    [InlineData("--timings")]
    public void A_FIFO_that_nobody_reads_is_an_error_at_once(string option) =>
        Fails(Oci(option, Fifo("fifo"), "state", "x"), 1, option + ": open");

    [Theory]
    [InlineData("--log")]
    [InlineData("--timings")]
    public void Links_of_others_are_not_followed(string option)
    {
        var victim = Path.Combine(Temp, "victim");
        File.WriteAllText(victim, "precious");
        Fails(Oci(option, LinkOfOthers(victim), "state", "x"), 1, option + ": open");
        Assert.Equal("precious", File.ReadAllText(victim));
    }

    [Fact]
    public void Own_links_devices_and_pipes_can_be_logged_to()
    {
        var file = Path.Combine(Temp, "file");
        var link = Path.Combine(Temp, "link");
        File.CreateSymbolicLink(link, file);
        Fails(Oci("--log", link, "state", "x"), 1, "does not exist");
        Assert.Contains("does not exist", File.ReadAllText(file), StringComparison.Ordinal);
        foreach (var target in (string[])["/dev/null", "/dev/stderr", "/proc/self/fd/2", "/dev/fd/2"])
        {
            Fails(Oci("--log", target, "state", "x"), 1, "does not exist");
        }
        var piped = Command.Run("/bin/sh", ["-c", $"{Host.Runtime} --root {Root} --log /dev/stdout state x 2>/dev/null | cat"]);
        Assert.Contains("does not exist", piped.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create", "--bundle", "DIR", "ID")]
    [InlineData("run", "--bundle", "DIR", "ID")]
    [InlineData("check", "--bundle", "DIR")]
    [InlineData("check", "--spec", "--bundle", "DIR")]
    [InlineData("explain", "--bundle", "DIR")]
    public void A_FIFO_as_config_is_an_error_at_once(params string[] command)
    {
        var b = NewBundle("exit", "0");
        Host.MakeFifo(Path.Combine(b.Dir, "config.json"));
        Fails(Oci([.. Array.ConvertAll(command, word => word == "DIR" ? b.Dir : word == "ID" ? NewId() : word)]), 1,
            "config.json");
    }

    [Fact]
    public void Resources_are_read_with_a_bound()
    {
        var id = StartSleeper();
        Fails(Oci("update", "--resources", Fifo("fifo"), id), 1, "--resources: open");
        Fails(OciWith(["update", "--resources", "-", id], redirect: "</dev/zero", timeoutSeconds: 60), 1, "--resources: read");
        Fails(Oci("update", "--resources", "/dev/zero", id), 1, "--resources: read");
    }

    [Fact]
    public void Config_of_unbounded_length_is_an_error_of_check_too()
    {
        var b = NewBundle("exit", "0");
        File.CreateSymbolicLink(Path.Combine(b.Dir, "config.json"), "/dev/zero");
        Fails(Oci("check", "--bundle", b.Dir), 1, "config.json");
    }

    [Fact]
    public void A_process_can_be_read_from_a_pipe_of_the_shell()
    {
        var id = StartSleeper();
        const string process = """{"args":["/probe","exit","7"],"cwd":"/","user":{"uid":0,"gid":0}}""";
        var r = Command.Run("/bin/bash",
            ["-c", $"{Host.Runtime} --root {Root} exec --process <(sleep 0.2; echo '{process}') {id}"]);
        Assert.True(r.Code == 7, r.ToString());
    }

    [Fact]
    public void Start_socket_does_not_depend_on_the_umask()
    {
        var b = NewBundle("exit", "0").Save();
        var id = NewId();
        WillDelete(id);
        Ok(OciWith(["create", "--bundle", b.Dir, id], shell: "umask 0;"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Root, id, "start.sock")));
    }

    /// <summary>A node of the test's own for /dev/zero: the host's must not change hands, whatever is tested.</summary>
    [Fact]
    public void Devices_as_standard_streams_keep_their_owner()
    {
        var node = "/dev/" + Tag + "zero";
        Ok(Command.Run("mknod", [node, "c", "1", "5"]));
        try
        {
            var b = NewBundle("exit", "0").Save();
            b.Process["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1000 };
            b.Save();
            Ok(OciWith(["run", "--bundle", b.Dir, NewId()], redirect: $"<{node}"));
            Assert.Equal("0", Ok(Command.Run("stat", ["-c", "%u", node])).Out.Trim());
        }
        finally
        {
            File.Delete(node);
        }
    }

    [Fact]
    public void An_empty_user_is_an_error()
    {
        var id = StartSleeper();
        Fails(Oci("exec", "--user", "", id, "/probe", "exit", "0"), 255, "--user: \"\" is not an id");
    }

    [Fact]
    public void Inheritable_capabilities_outside_of_bounding_are_the_hint()
    {
        var b = NewBundle("exit", "0");
        b.Process["capabilities"] = JsonNode.Parse("""{"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],"effective":["CAP_KILL"],"inheritable":["CAP_CHOWN"]}""");
        Fails(RunRaw(b), 1, "capset", "hint: capabilities.inheritable has one that is not in capabilities.bounding");
    }
}
