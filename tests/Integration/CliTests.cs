using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>The command line as engines and people see it: output, exit codes, the log file, the state root.</summary>
public sealed class CliTests : ContainerTest
{
    string LogFile => Path.Combine(Temp, "log.json");

    [Fact]
    public void Without_a_command_help_goes_to_stdout()
    {
        Result r = Ok(Oci());
        Assert.Contains("USAGE", r.Out, StringComparison.Ordinal);
        Assert.Empty(r.Err);
    }

    [Fact]
    public void An_unknown_command_is_no_help_topic_and_exits_with_3()
    {
        Result r = Fails(Oci("frobnicate"), 3, "No help topic for 'frobnicate'");
        Assert.Empty(r.Out);
    }

    [Theory]
    [InlineData("create", "exactly 1")]
    [InlineData("start", "exactly 1")]
    [InlineData("run", "exactly 1")]
    [InlineData("state", "exactly 1")]
    [InlineData("delete", "exactly 1")]
    [InlineData("kill", "a minimum of 1")]
    [InlineData("exec", "a minimum of 1")]
    [InlineData("ps", "a minimum of 1")]
    public void A_wrong_number_of_arguments_shows_help_and_says_how_many(string command, string bound)
    {
        Result r = Fails(Oci(command), 1, $"\"{command}\" requires {bound} argument(s)");
        Assert.StartsWith("Incorrect Usage.\n", r.Out, StringComparison.Ordinal);
        Assert.Contains($"oci-run {command}", r.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_arguments_are_refused() => Fails(Oci("state", "a", "b"), 1, "\"state\" requires exactly 1 argument(s)");

    [Theory]
    [InlineData("create")]
    [InlineData("run")]
    [InlineData("start")]
    [InlineData("state")]
    [InlineData("delete")]
    [InlineData("kill")]
    [InlineData("ps")]
    public void A_bad_id_is_refused_by_every_command(string command)
    {
        foreach (string id in (string[])["a/b", "..", ".", "", "a b"])
        {
            Fails(Oci(command, id), 1, "invalid container ID format");
        }
    }

    [Fact]
    public void A_bad_id_is_refused_by_exec_with_255() => Fails(Oci("exec", "../a", "true"), 255, "invalid container ID format");

    [Fact]
    public void Version_has_the_lines_that_engines_read()
    {
        string[] lines = Ok(Oci("--version")).Out.Split('\n');
        Assert.Matches("^oci-run version [0-9]", lines[0]);
        Assert.StartsWith("commit: ", lines[1], StringComparison.Ordinal);
        Assert.Matches("^spec: 1\\.[0-9]+\\.[0-9]+$", lines[2]);
        Assert.Contains("+CAP", lines[3], StringComparison.Ordinal);
        Assert.Equal(Ok(Oci("--version")).Out, Ok(Oci("-v")).Out);
    }

    [Fact]
    public void Errors_go_to_stderr_and_as_one_json_object_to_the_log()
    {
        Result r = Fails(Oci("--log", LogFile, "--log-format", "json", "state", "no\"such"), 1, "oci-run: error: ",
            "invalid container ID format");
        JsonObject entry = JsonNode.Parse(File.ReadAllText(LogFile))!.AsObject();
        Assert.Equal(["level", "msg", "time"], Keys(entry));
        Assert.Equal("error", (string?)entry["level"]);
        Assert.Contains($"oci-run: error: {entry["msg"]}\n", r.Err, StringComparison.Ordinal);
        Assert.True(DateTimeOffset.TryParse((string?)entry["time"], out _));
    }

    [Fact]
    public void Errors_of_usage_are_logged_too()
    {
        Oci("--log", LogFile, "--log-format=json", "create", "--bundle");
        Assert.Contains("flag needs an argument", (string?)JsonNode.Parse(File.ReadAllText(LogFile))!["msg"],
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_is_appended_to_a_line_for_each_error()
    {
        File.WriteAllText(LogFile, "before\n");
        Oci("--log", LogFile, "state", "nosuch");
        Oci("-log=" + LogFile, "state", "nosuch");
        string[] lines = File.ReadAllLines(LogFile);
        Assert.Equal(3, lines.Length);
        Assert.Equal("before", lines[0]);
        Assert.Matches("^time=\"[0-9TZ:.-]+\" level=error msg=\".*does not exist.*\"$", lines[2]);
    }

    [Fact]
    public void The_hint_for_people_is_not_in_the_log()
    {
        Result r = Fails(Oci("--log", LogFile, "state", "a b"), 1, "oci-run: hint: ");
        Assert.Equal(2, r.Err.TrimEnd('\n').Split('\n').Length);
        Assert.DoesNotContain("hint", File.ReadAllText(LogFile), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_log_file_can_be_read_by_all()
    {
        Oci("--log", LogFile, "list");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            File.GetUnixFileMode(LogFile));
        Assert.Empty(File.ReadAllText(LogFile));
    }

    [Theory]
    [InlineData("--log-format", "xml", "invalid log-format: xml")]
    [InlineData("--log-level", "loud", "invalid log-level: loud")]
    [InlineData("--cgroup-manager", "none", "--cgroup-manager")]
    [InlineData("--rootless", "maybe", "--rootless")]
    [InlineData("--root", "/", "Option --root argument should not be set to /")]
    [InlineData("--root", "/tmp/..", "Option --root argument should not be set to /")]
    [InlineData("--log", "/no/such/dir/log", "--log: open(\"/no/such/dir/log\"): no such file or directory (ENOENT)")]
    public void A_bad_global_option_is_named(string option, string value, string message) =>
        Fails(Oci(option, value, "list"), 1, message);

    [Theory]
    [InlineData("--bundle")]
    [InlineData("--pid-file")]
    public void A_missing_value_is_named(string option) => Fails(Oci("create", "web", option), 1, "flag needs an argument: " +
        option);

    [Fact]
    public void Old_and_hidden_options_are_accepted()
    {
        Ok(Oci("--criu", "/bin/criu", "--rootless=auto", "--rootless", "false", "--debug=false", "list"));
        Fails(Oci("create", "-no-subreaper", "--bundle", "/no/such/bundle", NewId()), 1, "/no/such/bundle");
    }

    [Fact]
    public void An_unknown_option_is_named() => Fails(Oci("create", "--frobnicate", "web"), 1,
        "flag provided but not defined: -frobnicate");

    [Fact]
    public void Help_of_checkpoint_fails_while_it_is_not_built() => Assert.NotEqual(0, Oci("checkpoint", "--help").Code);

    [Fact]
    public void List_prints_a_header_or_null_when_there_is_nothing()
    {
        Assert.Equal("ID          PID         STATUS      BUNDLE      CREATED     OWNER\n", Ok(Oci("list")).Out);
        Assert.Equal("null\n", Ok(Oci("list", "--format", "json")).Out);
        Assert.Equal("", Ok(Oci("list", "-q")).Out);
        Fails(Oci("list", "--format", "yaml"), 1, "invalid format option");
    }

    [Fact]
    public void An_explicit_root_must_exist_for_list() => Fails(Oci("--root", Temp + "/nosuch", "list"), 1, "ENOENT");

    [Fact]
    public void A_relative_root_is_taken_from_the_working_directory() =>
        Ok(Command.Run(Host.Runtime, ["--root", "state", "list"], cwd: Temp));

    [Fact]
    public void A_full_disk_under_stdout_is_an_error() =>
        Fails(OciWith(["list"], redirect: ">/dev/full"), 1, "ENOSPC");

    [Fact]
    public void Spec_writes_a_config_once()
    {
        string bundle = NewDirectory("spec");
        Ok(Oci("spec", "--bundle", bundle));
        string config = File.ReadAllText(Path.Combine(bundle, "config.json"));
        Assert.StartsWith("{\n\t\"ociVersion\": \"1.", config, StringComparison.Ordinal);
        Fails(Oci("spec", "-b", bundle), 1, "File config.json exists. Remove it first");
        Assert.Equal(config, File.ReadAllText(Path.Combine(bundle, "config.json")));
        Fails(Oci("spec", "-b", Temp + "/nosuch"), 1, "ENOENT");
    }

    [Fact]
    public void Check_reports_every_problem_with_its_place()
    {
        string bundle = NewDirectory("check");
        File.WriteAllText(Path.Combine(bundle, "config.json"),
            """{"ociVersion":"1.0.2","root":{"path":7},"process":{"args":["x"],"cwd":"relative","user":{"uid":0,"gid":0}},"mounts":[{"destination":"here"}]}""");
        string report = Fails(Oci("check", "--bundle", bundle), 1).Out;
        Assert.Contains("root.path", report, StringComparison.Ordinal);
        Assert.Contains("process.cwd", report, StringComparison.Ordinal);
        Assert.Contains("mounts[0].destination", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_is_printed_for_every_command_that_help_lists()
    {
        MatchCollection commands = Regex.Matches(Ok(Oci("--help")).Out, "^   ([a-z]+) +[A-Z]", RegexOptions.Multiline);
        Assert.True(commands.Count >= 12, $"{commands.Count} commands");
        foreach (Match command in commands)
        {
            string name = command.Groups[1].Value;
            Assert.Contains($"oci-run {name}", Ok(Oci(name, "--help")).Out, StringComparison.Ordinal);
            Assert.Equal(Ok(Oci(name, "-h")).Out, Ok(Oci("help", name)).Out);
        }
    }

    static IEnumerable<string> Keys(JsonObject entry)
    {
        foreach (KeyValuePair<string, JsonNode?> member in entry)
        {
            yield return member.Key;
        }
    }
}
