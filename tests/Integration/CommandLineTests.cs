using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Flags, help, version, spec, features, explain: what people and engines type.</summary>
public sealed class CommandLineTests : ContainerTest
{
    static readonly string[] Commands = ["create", "start", "run", "state", "kill", "delete", "list", "ps", "exec", "spec",
        "explain", "features"];

    [Theory]
    [InlineData("--version")]
    [InlineData("-v")]
    [InlineData("-version")]
    public void Version_starts_with_name_version_commit_and_spec(string flag)
    {
        var lines = Ok(Bare(flag)).Out.Split('\n');
        Assert.Matches("^oci-run version [0-9]+\\.[0-9]+\\.[0-9]+", lines[0]);
        Assert.StartsWith("commit: ", lines[1], StringComparison.Ordinal);
        Assert.Matches("^spec: 1\\.[0-9]+\\.[0-9]+", lines[2]);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public void Help_lists_every_command(string flag)
    {
        var text = Ok(Bare(flag)).Out;
        Assert.All(Commands, c => Assert.Contains(c, text, StringComparison.Ordinal));
        Assert.All((string[])["--root", "--log", "--log-format", "--debug", "--systemd-cgroup"],
            c => Assert.Contains(c, text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_command_has_help()
    {
        foreach (var c in Commands)
        {
            var r = Ok(Bare(c, "--help"));
            Assert.Contains(c, r.Out, StringComparison.Ordinal);
            Assert.Equal("", r.Err);
        }
    }

    [Fact]
    public void No_command_prints_help() => Assert.Contains("create", Ok(Bare()).Out, StringComparison.Ordinal);

    [Fact]
    public void Unknown_command_and_flag_are_errors()
    {
        var r = Bare("dance");
        Assert.NotEqual(0, r.Code);
        Assert.Contains("dance", r.Err, StringComparison.Ordinal);
        r = Bare("state", "--dance", "x");
        Assert.NotEqual(0, r.Code);
        Assert.Contains("dance", r.Err, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("start")]
    [InlineData("run")]
    [InlineData("state")]
    [InlineData("delete")]
    public void Commands_need_exactly_one_id(string command)
    {
        Fails(Oci(command), 1, "requires exactly 1 argument");
        Fails(Oci(command, "a", "b"), 1, "requires exactly 1 argument");
    }

    [Fact]
    public void Obsolete_and_hidden_flags_parse()
    {
        var b = NewBundle("exit", "7").Save();
        Assert.Equal(7, Command.Run(Host.Runtime, ["--root", Root, "--debug=false", "--rootless", "auto", "--criu", "criu", "run",
            "-no-subreaper", "--no-new-keyring", "--bundle", b.Dir, NewId()], env: ChildEnvironment).Code);
        Assert.Equal(7,
            Command.Run(Host.Runtime, ["-root", Root, "--rootless=false", "--log-format=text", "run", "-no-pivot=false",
            "-bundle", b.Dir, NewId()], env: ChildEnvironment).Code);
    }

    [Fact]
    public void Unknown_log_format_is_an_error() => Fails(Bare("--log-format", "xml", "list"), 1, "log-format");

    [Fact]
    public void Root_may_not_be_the_file_systems_root() => Fails(Bare("--root", "/", "list"), 1, "root");

    [Fact]
    public void Systemd_cgroup_without_systemd_is_a_clear_error()
    {
        if (Directory.Exists("/run/systemd/system"))
        {
            // systemd runs: the container must work with it.
            var ok = NewBundle("exit", "0");
            ok.Linux["cgroupsPath"] = "system.slice:oci:" + Tag + "x";
            ok.Save();
            Ok(Command.Run(Host.Runtime, ["--systemd-cgroup", "--root", Root, "run", "--bundle", ok.Dir, NewId()],
                env: ChildEnvironment));
            return;
        }
        var b = NewBundle("exit", "0");
        b.Linux["cgroupsPath"] = "system.slice:oci:" + Tag + "x";
        b.Save();
        Fails(Command.Run(Host.Runtime, ["--systemd-cgroup", "--root", Root, "create", "--bundle", b.Dir, NewId()],
            env: ChildEnvironment), 1, "systemd");
        AssertNothingLeft();
    }

    [Fact]
    public void Debug_writes_debug_lines_to_the_log()
    {
        var log = Path.Combine(Temp, "log");
        var b = NewBundle("exit", "0").Save();
        Ok(Command.Run(Host.Runtime, ["--debug", "--root", Root, "--log", log, "--log-format", "json", "run", "--bundle", b.Dir,
            NewId()], env: ChildEnvironment));
        var lines = File.ReadAllLines(log).Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Contains(lines, l => (string?)l["level"] == "debug");
        Assert.DoesNotContain(lines, l => (string?)l["level"] == "error");
    }

    [Fact]
    public void Successful_run_writes_nothing_to_the_log()
    {
        var log = Path.Combine(Temp, "log");
        var b = NewBundle("exit", "0").Save();
        Ok(Command.Run(Host.Runtime, ["--root", Root, "--log", log, "--log-format", "json", "run", "--bundle", b.Dir, NewId()],
            env: ChildEnvironment));
        Assert.True(!File.Exists(log) || File.ReadAllText(log).Length == 0, File.Exists(log) ? File.ReadAllText(log) : "");
    }

    [Fact]
    public void Spec_writes_a_config_that_runs()
    {
        var b = NewBundle();
        Ok(Command.Run(Host.Runtime, ["spec"], cwd: b.Dir));
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(b.Dir, "config.json")))!.AsObject();
        Assert.Equal("sh", (string?)config["process"]!["args"]![0]);
        Assert.True((bool)config["root"]!["readonly"]!);
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = Bundle.Strings("/probe", "report");
        config["process"]!["env"]!.AsArray().Add("OCI_TEST=" + Tag);
        File.WriteAllText(Path.Combine(b.Dir, "config.json"), config.ToJsonString());
        var seen = new Seen(Ok(Oci("run", "--bundle", b.Dir, NewId())).Out);
        Assert.Equal("1", seen["pid"]);
        Assert.Equal((string?)config["hostname"], seen["hostname"]);
    }

    [Fact]
    public void Spec_refuses_to_overwrite()
    {
        var dir = NewDirectory("s");
        File.WriteAllText(Path.Combine(dir, "config.json"), "mine");
        Fails(Bare("spec", "--bundle", dir), 1, "config.json exists");
        Assert.Equal("mine", File.ReadAllText(Path.Combine(dir, "config.json")));
    }

    [Fact]
    public void Spec_rootless_has_a_user_namespace()
    {
        var dir = NewDirectory("s");
        Ok(Bare("spec", "--rootless", "-b", dir));
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(dir, "config.json")))!;
        Assert.Contains(config["linux"]!["namespaces"]!.AsArray(), n => (string?)n!["type"] == "user");
        Assert.NotEmpty(config["linux"]!["uidMappings"]!.AsArray());
    }

    [Fact]
    public void Features_is_JSON_that_engines_accept_and_needs_no_privileges()
    {
        var text =
            Ok(Command.Run("/usr/bin/setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", CopyForOthers(),
            "features"])).Out;
        var f = JsonNode.Parse(text)!;
        Assert.Equal("1.0.0", (string?)f["ociVersionMin"]);
        Assert.StartsWith("1.", (string?)f["ociVersionMax"], StringComparison.Ordinal);
        Assert.Contains(f["mountOptions"]!.AsArray(), o => (string?)o == "rro");
        Assert.Equal(8, f["linux"]!["namespaces"]!.AsArray().Count);
        Assert.Equal(41, f["linux"]!["capabilities"]!.AsArray().Count);
        Assert.True((bool)f["linux"]!["cgroup"]!["v2"]!);
        Assert.Equal(6, f["hooks"]!.AsArray().Count);
        Assert.True((bool)f["linux"]!["seccomp"]!["enabled"]!);
    }

    [Fact]
    public void Explain_prints_steps_with_config_paths_and_does_nothing()
    {
        var b = NewBundle("exit", "0").Mount("/work", "tmpfs", "tmpfs", "size=1m").Hook("createRuntime", "/usr/bin/touch",
            ["touch", Temp + "/touched"]).Save();
        var r = Ok(Oci("explain", "--bundle", b.Dir));
        Assert.All((string[])["mounts[6]", "/work", "linux.maskedPaths", "hooks.createRuntime[0]", "process.args"],
            t => Assert.Contains(t, r.Out, StringComparison.Ordinal));
        Assert.False(File.Exists(Temp + "/touched"));
        AssertNothingLeft();
    }

    [Fact]
    public void Explain_is_JSON_on_request()
    {
        var b = NewBundle("exit", "0").Save();
        var json = JsonNode.Parse(Ok(Oci("explain", "--format", "json", "--bundle", b.Dir)).Out);
        Assert.Contains("mounts[0]", json!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_lists_the_operations_of_both_stages()
    {
        var b = NewBundle("exit", "0").Mount("/work", "tmpfs", "tmpfs", "size=1m").Save();
        string text = Ok(Oci("explain", "--ops", "--bundle", b.Dir)).Out;
        int init = text.IndexOf("\nthe sealed init program\n", StringComparison.Ordinal);
        Assert.StartsWith("the cloned process, in the runtime's image", text, StringComparison.Ordinal);
        Assert.InRange(text.IndexOf(" Mount source \"tmpfs\" on \"/work\"", StringComparison.Ordinal), 0, init);
        Assert.InRange(text.IndexOf(" execve(program, [", StringComparison.Ordinal), init, text.Length);
        Assert.Matches(@"\n +\d+  report = accept4\(start-socket, ", text[init..]);
        AssertNothingLeft();
    }

    [Fact]
    public void Explain_names_the_problems_of_a_bad_bundle()
    {
        var b = NewBundle("exit", "0");
        b.Process["cwd"] = "relative";
        b.Save();
        Fails(Oci("explain", "--bundle", b.Dir), 1, "process.cwd");
    }

    [Fact]
    public void Explain_refuses_an_unknown_format()
    {
        var b = NewBundle("exit", "0").Save();
        Fails(Oci("explain", "--format", "yaml", "--bundle", b.Dir), 1, "format");
    }

    [Fact]
    public void Closed_stdout_is_no_crash()
    {
        var r = OciWith(["list"], redirect: ">&-");
        Assert.DoesNotContain("Unhandled", r.Err, StringComparison.Ordinal);
        Assert.True(r.Code is 0 or 1, r.ToString());
    }

    [Fact]
    public void Binary_is_static()
    {
        var r = Command.Run("/usr/bin/ldd", [Host.Runtime]);
        Assert.Contains("not a dynamic executable", r.Out + r.Err, StringComparison.Ordinal);
    }

    static Result Bare(params string[] args) => Command.Run(Host.Runtime, args);

    string CopyForOthers()
    {
        // The clone may be below a directory that only root may enter.
        var copy = Path.Combine(Temp, "oci-run");
        File.Copy(Host.Runtime, copy);
        Host.Chmod(Temp, 0x1ed);
        return copy;
    }
}
