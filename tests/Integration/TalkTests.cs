using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>People at a terminal, with busybox in the container: shells, keys, full-screen programs, much output, and the
/// terminal as it was before.</summary>
public sealed class TalkTests : ContainerTest
{
    const string Busybox = "/usr/bin/busybox";

    [Fact]
    public void Shell_with_keys_jobs_and_sizes()
    {
        var seen = Talk(Shell().Dir,
            "expect # ", "send echo $((40+2))\\r", "expect 42",
            "send sleep 100\\r", "nap 300", "send \\x03", "expect # ", "send echo rc=$?\\r", "expect rc=130",
            "send sleep 101\\r", "nap 300", "send \\x1a", "expect Stopped", "send fg\\r", "expect sleep 101", "nap 300",
            "send \\x03", "expect # ",
            "size 33x99", "nap 300", "send stty size\\r", "expect 33 99",
            "send exit 8\\r");
        Assert.Equal(("", "8", "1"), (seen["missed"], seen["code"], seen["restored"]));
    }

    [Fact]
    public void Shell_of_exec()
    {
        var id = Start(Shell("sleep", "60"));
        var seen = new Seen("missed=\n" + Ok(Command.Run(Host.Probe, ["talk", Lines(
            "expect # ", "send tty; stty size\\r", "expect /dev/pts/", "expect 24 80",
            "send sleep 100\\r", "nap 300", "send \\x03", "expect # ",
            "send sleep 101\\r", "nap 300", "send \\x1a", "expect Stopped", "send kill -9 %1\\r", "expect # ",
            "size 33x99", "nap 300", "send stty size\\r", "expect 33 99", "send exit 9\\r"),
            Host.Runtime, "--root", Root, "exec", "-t", id, "/bin/busybox", "sh"], env: ChildEnvironment, timeoutSeconds: 60))
            .Out);
        Assert.Equal(("", "9", "1"), (seen["missed"], seen["code"], seen["restored"]));
    }

    [Fact]
    public void Full_screen_editor_saves_what_was_typed()
    {
        var seen = Talk(Shell().Dir,
            "expect # ", "send vi /dev/shm/text\\r", "expect ~", "nap 300", "send ifirst line\\rsecond\\e", "nap 300",
            "send :wq\\r", "expect # ", "send cat /dev/shm/text\\r", "expect first line", "expect second",
            "send exit 6\\r");
        Assert.Equal(("", "6", "1"), (seen["missed"], seen["code"], seen["restored"]));
    }

    [Fact]
    public void Full_screen_program_that_repeats()
    {
        var seen = Talk(Shell("top", "-d", "1").Dir, "expect CPU", "expect PID", "expect CPU", "send q");
        Assert.Equal(("", "0", "1"), (seen["missed"], seen["code"], seen["restored"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("piped")]
    public void Hundred_megabytes_arrive_with_the_last_line(string how)
    {
        var b = Terminal(NewBundle("emit", "104857600", "--", "print", "THE END")).Save();
        var seen = Talk(b.Dir, how);
        Assert.Equal(("", "0", "104857600", "1"), (seen["missed"], seen["code"], seen["xs"], seen["restored"]));
        Assert.EndsWith("THE END", seen["tail"].Replace("\\n", "", StringComparison.Ordinal).TrimEnd('\r', '\n'),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("piped")]
    public void Slow_reader_costs_no_processor_time(string how)
    {
        var b = Terminal(NewBundle("print", "begin", "--", "emit", "3000000", "--", "print", "THE END")).Save();
        var seen = Talk(b.Dir, how, "expect begin", "nap 3000");
        Assert.Equal(("0", "3000000"), (seen["code"], seen["xs"]));
        Assert.InRange(int.Parse(seen["napcpu"], CultureInfo.InvariantCulture), 0, 100);
    }

    [Fact]
    public void Quiet_payload_costs_no_processor_time_and_may_reopen_its_terminal()
    {
        // It closes every descriptor of its terminal, is silent for a while, and opens it again: as an init system does between
        // two services.
        var b = Shell("sh", "-c",
            "exec <&- >&- 2>&-; sleep 2; exec </dev/console >/dev/console 2>&1; echo back again; read a; echo got $a");
        var seen = Talk(b.Dir, "nap 1500", "expect back again", "send word\\r", "expect got word");
        Assert.Equal(("", "0"), (seen["missed"], seen["code"]));
        Assert.InRange(int.Parse(seen["napcpu"], CultureInfo.InvariantCulture), 0, 100);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(15)]
    public void Settings_come_back_after_a_signal(int signal)
    {
        var b = Terminal(NewBundle("print", "ready", "--", "sleep", "60").Without("pid")).Save();
        var seen = Talk(b.Dir, "expect ready", $"kill {signal}");
        Assert.Equal(("", (128 + signal).ToString(CultureInfo.InvariantCulture), "1"),
            (seen["missed"], seen["code"], seen["restored"]));
    }

    [Fact]
    public void Settings_come_back_after_a_failure()
    {
        var b = Terminal(NewBundle());
        b.Process["args"] = Bundle.Strings("/no/such/program");
        var seen = Talk(b.Save().Dir);
        Assert.Equal(("1", "1"), (seen["code"], seen["restored"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("piped")]
    public void Signal_ends_a_container_whose_output_nobody_reads(string how)
    {
        var b = Terminal(NewBundle("print", "begin", "--", "emit", "3000000", "--", "sleep", "60").Without("pid")).Save();
        var start = DateTime.UtcNow;
        var seen = Talk(b.Dir, how, "expect begin", "nap 1000", "kill 15", "nap 500", "kill 15", "nap 1500");
        Assert.Equal("143", seen["code"]);
        // Less than all came out: the runtime was at its end when the reader slept.
        Assert.InRange(int.Parse(seen["xs"], CultureInfo.InvariantCulture), 0, 2999999);
        Assert.InRange((DateTime.UtcNow - start).TotalSeconds, 0, 10);
    }

    [Fact]
    public void Hangup_of_the_terminal_ends_the_container()
    {
        var b = Terminal(NewBundle("print", "ready", "--", "sleep", "60").Without("pid")).Save();
        var seen = Talk(b.Dir, "expect ready", "kill 1", "hangup");
        Assert.Equal(("", "129"), (seen["missed"], seen["code"]));
    }

    [Fact]
    public void Job_in_the_background_leaves_the_terminal_alone_until_it_is_in_front()
    {
        var b = Shell("sh", "-c", "echo begin; read a; echo got $a");
        var seen = Talk(b.Dir, "background", "expect begin", "send word\\r", "nap 1000", "foreground", "expect got word");
        Assert.Equal(("", "0", "1"), (seen["missed"], seen["code"], seen["restored"]));
        Assert.InRange(int.Parse(seen["napcpu"], CultureInfo.InvariantCulture), 0, 100);
    }

    [Fact]
    public void Console_socket_of_exec_needs_a_terminal_and_detach()
    {
        var id = StartSleeper();
        Fails(Oci("exec", "-t", "-d", id, "/probe", "exit", "0"), 255, "console socket");
        Fails(Oci("exec", "-t", "--console-socket", Temp + "/s", id, "/probe", "exit", "0"), 255, "console socket");
        Fails(Oci("exec", "-d", "--console-socket", Temp + "/s", id, "/probe", "exit", "0"), 255, "console socket");
        Fails(Oci("exec", "-t", "-d", "--console-socket", Temp + "/s", id, "/probe", "exit", "0"), 255, Temp + "/s");
    }

    /// <summary>A bundle with busybox, on a terminal.</summary>
    Bundle Shell(params string[] args)
    {
        var b = NewBundle();
        var bin = Directory.CreateDirectory(Path.Combine(b.Dir, "rootfs", "bin")).FullName;
        File.Copy(Busybox, Path.Combine(bin, "busybox"), overwrite: true);
        foreach (var applet in (string[])["sh", "sleep", "stty", "tty", "vi", "top", "cat", "head"])
        {
            File.Delete(Path.Combine(bin, applet));
            File.CreateSymbolicLink(Path.Combine(bin, applet), "busybox");
        }
        b.Process["args"] = args.Length == 0 ? Bundle.Strings("sh") : Bundle.Strings(args);
        b.Process["env"] = Bundle.Strings("PATH=/bin", "TERM=xterm", "OCI_TEST=" + Tag);
        return args is ["sleep", ..] ? b : Terminal(b).Save();
    }

    static Bundle Terminal(Bundle b)
    {
        b.Process["terminal"] = true;
        return b;
    }

    static string Lines(params string[] lines) => string.Join('\n', lines.Where(l => l.Length > 0)) + "\n";

    Seen Talk(string bundle, params string[] lines) =>
        new("missed=\n" +
        Ok(Command.Run(Host.Probe, ["talk", Lines(lines), Host.Runtime, "--root", Root, "run", "--bundle", bundle, NewId()],
            env: ChildEnvironment, timeoutSeconds: 60)).Out);
}
