using System.Collections.Generic;
using System.CommandLine;
using OciRun.Cli;
using OciRun.Cli.Commands;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>The odd forms in which engines and people write options.</summary>
public class CliNormalizerTests
{
    static Normalizer Read(CliCommand command, params string[] args)
    {
        var words = new Normalizer(command.Definition, command.AfterFirst);
        words.Read(args, 0, stopAtOperand: false);
        return words;
    }

    static string Fails(CliCommand command, params string[] args) =>
        Assert.Throws<UsageException>(() => Read(command, args)).Message;

    [Theory]
    [InlineData("--bundle", "/b")]
    [InlineData("--bundle=/b")]
    [InlineData("-bundle", "/b")]
    [InlineData("-bundle=/b")]
    [InlineData("-b", "/b")]
    [InlineData("-b=/b")]
    [InlineData("-b/b")]
    public void A_value_may_be_joined_or_follow_behind_one_dash_or_two(params string[] option)
    {
        Normalizer words = Read(new CreateCommand(), [.. option, "web"]);
        Assert.Equal(["--bundle=/b"], words.Options);
        Assert.Equal(["web"], words.Operands);
    }

    [Fact]
    public void Options_may_follow_the_id()
    {
        Normalizer words = Read(new RunCommand(), "web", "--bundle", "/b", "-d", "--no-pivot");
        Assert.Equal(["--bundle=/b", "--detach=true", "--no-pivot=true"], words.Options);
        Assert.Equal(["web"], words.Operands);
    }

    [Fact]
    public void The_last_of_several_values_counts()
    {
        Normalizer words = Read(new RunCommand(), "--keep", "--bundle=/a", "--keep=false", "-b", "/c", "web");
        Assert.Equal(["--keep=false", "--bundle=/c"], words.Options);
    }

    [Fact]
    public void A_list_option_keeps_every_value_in_order_and_whole()
    {
        Normalizer words = Read(new ExecCommand(), "-e", "A=1,2", "--env=B=x=y", "-e", "", "web", "sh");
        Assert.Equal(["--env=A=1,2", "--env=B=x=y", "--env", ""], words.Options);
    }

    [Theory]
    [InlineData("--tty", "true")]
    [InlineData("--tty=true", "true")]
    [InlineData("-t=1", "true")]
    [InlineData("--tty=false", "false")]
    [InlineData("-tty=F", "false")]
    public void A_boolean_takes_the_words_of_go(string option, string value) =>
        Assert.Equal(["--tty=" + value], Read(new ExecCommand(), option, "web").Options);

    [Fact]
    public void A_boolean_takes_no_word_that_follows() =>
        Assert.Equal(["false"], Read(new ExecCommand(), "--tty", "false").Operands);

    [Fact]
    public void After_the_id_of_exec_everything_is_the_command()
    {
        Normalizer words = Read(new ExecCommand(), "--cwd", "/", "web", "ls", "-l", "--tty", "--", "--help");
        Assert.Equal(["--cwd=/"], words.Options);
        Assert.Equal(["web", "ls", "-l", "--tty", "--", "--help"], words.Operands);
        Assert.False(words.HelpWanted);
    }

    [Theory]
    [InlineData("-9")]
    [InlineData("-KILL")]
    public void A_signal_of_kill_may_have_a_dash(string signal)
    {
        Normalizer words = Read(new KillCommand(), "web", signal, "--all");
        Assert.Equal(["web", signal], words.Operands);
        Assert.Equal(["--all=true"], words.Options);
    }

    [Fact]
    public void Short_options_after_the_id_of_ps_are_those_of_ps_and_long_ones_ours()
    {
        Normalizer words = Read(new PsCommand(), "web", "-f", "-o", "pid", "--format", "json", "--sort=pid");
        Assert.Equal(["web", "-f", "-o", "pid", "--sort=pid"], words.Operands);
        Assert.Equal(["--format=json"], words.Options);
    }

    [Fact]
    public void One_letter_flags_may_be_bundled()
    {
        Normalizer words = Read(new ExecCommand(), "-tdu1000", "web", "id");
        Assert.Equal(["--tty=true", "--detach=true", "--user=1000"], words.Options);
    }

    [Fact]
    public void A_value_may_look_like_an_option() =>
        Assert.Equal(["--process=-"], Read(new ExecCommand(), "--process", "-", "web").Options);

    [Fact]
    public void Two_dashes_end_the_options() =>
        Assert.Equal(["--weird"], Read(new StateCommand(), "--", "--weird").Operands);

    [Fact]
    public void Two_dashes_before_the_id_are_no_word_of_the_command() =>
        Assert.Equal(["web", "--tty"], Read(new ExecCommand(), "--", "web", "--tty").Operands);

    [Fact]
    public void Hidden_options_parse() =>
        Assert.Equal(["--no-subreaper=true"], Read(new CreateCommand(), "-no-subreaper", "web").Options);

    [Fact]
    public void Global_options_stop_at_the_command()
    {
        var root = new RootOptions();
        var words = new Normalizer(root.Definition, root.AfterFirst);
        string[] args = ["--root", "/r", "-log-format=json", "--criu", "x", "--rootless=auto", "--systemd-cgroup", "spec",
            "--rootless"];
        Assert.Equal(7, words.Read(args, 0, stopAtOperand: true));
        Assert.Equal(["--root=/r", "--log-format=json", "--criu=x", "--rootless=auto", "--systemd-cgroup=true"], words.Options);
    }

    [Fact]
    public void A_missing_value_is_named_in_the_words_that_engines_look_for() =>
        Assert.Equal("flag needs an argument: --bundle", Fails(new CreateCommand(), "web", "--bundle"));

    [Fact]
    public void An_unknown_option_is_named() =>
        Assert.Equal("flag provided but not defined: -nosuch", Fails(new CreateCommand(), "--nosuch=1", "web"));

    [Fact]
    public void A_value_that_is_no_boolean_is_refused() =>
        Assert.Equal("invalid boolean value \"maybe\" for --tty", Fails(new ExecCommand(), "--tty=maybe", "web"));

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("-help")]
    public void Help_is_an_option_of_every_command(string option)
    {
        foreach (string name in CommandTable.Names)
        {
            Assert.True(Read(CommandTable.Create(name)!, option).HelpWanted, name);
        }
    }

    [Fact]
    public void What_comes_out_is_read_by_the_parser_as_it_was_meant()
    {
        var command = new ExecCommand();
        Normalizer words = Read(command, "--cwd=", "-e", "A=@file", "-e=", "-c", "CAP_KILL", "--tty=0", "web", "sh");
        List<string> line = [command.Name, .. words.Options];
        ParseResult result = command.Definition.Parse(line, new ParserConfiguration { ResponseFileTokenReplacer = null });
        Assert.Empty(result.Errors);
        Assert.Equal("", result.GetValue<string>("--cwd"));
        Assert.Equal(["A=@file", ""], result.GetValue<string[]>("--env")!);
        Assert.Equal(["CAP_KILL"], result.GetValue<string[]>("--cap")!);
        Assert.False(result.GetValue<bool>("--tty"));
        Assert.Null(result.GetValue<string>("--user"));
    }
}
