using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>process.terminal: console sockets, the foreground terminal, sizes, signals by keys.</summary>
public sealed class TerminalTests : ContainerTest
{
    [Fact]
    public void Console_socket_gets_one_message_with_the_master()
    {
        var b = Terminal(NewBundle("report", "--", "stat", "/dev/console", "--", "sleep", "0.3"));
        b.Process["consoleSize"] = new JsonObject { ["height"] = 33, ["width"] = 99 };
        var socket = Path.Combine(Temp, "console.sock");
        using var server = ConsoleServer(socket, "");
        var id = Create(b, "--console-socket", socket);
        Ok(Oci("start", id));
        var seen = new Seen(server.Wait().Out.Replace("\r\n", "\n", StringComparison.Ordinal));
        Assert.Equal("1", seen["fds"]);
        Assert.Equal("1", seen["isatty"]);
        Assert.Equal("0", seen["more"]);
        Assert.Equal("33x99", seen["winsize"]);
        Assert.Equal(["1", "1", "1"], ((string[])["tty.0", "tty.1", "tty.2"]).Select(k => seen[k]));
        Assert.Equal("c", seen.Stat("/dev/console").Type);
        Assert.StartsWith("136:", seen.Stat("/dev/console").Rdev, StringComparison.Ordinal);
        Assert.Equal("devpts", seen.Mount("/dev/console").FsType);
        Assert.StartsWith("/dev/pts/", seen["fd.0"], StringComparison.Ordinal);
        Assert.Equal("0,1,2", seen["openfds"]);
    }

    [Fact]
    public void Typed_input_reaches_a_detached_container()
    {
        var socket = Path.Combine(Temp, "console.sock");
        using var server = ConsoleServer(socket, "typed\n");
        var b = Terminal(NewBundle("readline")).Save();
        var id = NewId();
        WillDelete(id);
        Ok(Oci("run", "-d", "--console-socket", socket, "--bundle", b.Dir, id));
        Assert.Contains("line=typed", server.Wait().Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Terminal_belongs_to_the_processs_user()
    {
        var socket = Path.Combine(Temp, "console.sock");
        using var server = ConsoleServer(socket, "");
        var b = Terminal(NewBundle("stat", "/dev/pts/0", "--", "report"));
        b.Process["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1000 };
        var id = Create(b, "--console-socket", socket);
        Ok(Oci("start", id));
        var seen = new Seen(server.Wait().Out.Replace("\r\n", "\n", StringComparison.Ordinal));
        Assert.Equal("1000", seen.Stat("/dev/pts/0").Uid);
    }

    [Fact]
    public void Create_with_terminal_needs_a_console_socket()
    {
        Fails(CreateRaw(Terminal(NewBundle("exit", "0"))), 1, "console socket");
        AssertNothingLeft();
    }

    [Fact]
    public void Console_socket_that_does_not_exist_fails_cleanly()
    {
        Fails(CreateRaw(Terminal(NewBundle("exit", "0")), "--console-socket", Temp + "/none.sock"), 1, "none.sock");
        AssertNothingLeft();
    }

    [Fact]
    public void Foreground_run_is_on_a_terminal_of_the_callers_size()
    {
        var r = Pty("41x123", "", "run", "--bundle", Terminal(NewBundle("report")).Save().Dir, NewId());
        Assert.True(r.Code == 0, r.ToString());
        var seen = Parse(r);
        Assert.Equal("41x123", seen["winsize"]);
        Assert.Equal("1", seen["tty.0"]);
        Assert.Equal("1", seen["sid"]);
    }

    [Fact]
    public void Foreground_run_passes_what_is_typed()
    {
        var r = Pty("24x80", "a typed line\r", "run", "--bundle", Terminal(NewBundle("readline", "--", "exit", "17")).Save().Dir,
            NewId());
        Assert.Equal(17, r.Code);
        Assert.Contains("line=a typed line", r.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Control_C_is_a_key_for_the_containers_terminal()
    {
        var r = Pty("24x80", "\u0003", "run", "--bundle",
            Terminal(NewBundle("print", "ready", "--", "sleep", "30").Without("pid")).Save().Dir, NewId());
        Assert.True(r.Code == 130, r.ToString());
    }

    [Fact]
    public void Resize_reaches_the_container()
    {
        var r = Pty("24x80", "RESIZE", "run", "--bundle", Terminal(NewBundle("resized")).Save().Dir, NewId());
        var seen = Parse(r);
        Assert.Equal("28", seen["signal"]);
        Assert.Equal("11x22", seen["winsize"]);
    }

    [Fact]
    public void Exec_with_a_terminal()
    {
        var id = StartSleeper();
        var r = Pty("30x90", "line two\r", "exec", "-t", id, "/probe", "report", "--", "readline", "--", "exit", "5");
        Assert.True(r.Code == 5, r.ToString());
        Assert.Equal("1", Parse(r)["tty.0"]);
        Assert.Contains("line=line two", r.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Exec_detached_with_a_console_socket()
    {
        var id = StartSleeper();
        var socket = Path.Combine(Temp, "console.sock");
        using var server = ConsoleServer(socket, "");
        Ok(Oci("exec", "-d", "-t", "--console-socket", socket, id, "/probe", "print", "from exec"));
        Assert.Contains("from exec", server.Wait().Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_lost_at_the_end_of_much_output()
    {
        var b = Terminal(NewBundle("emit", "5000000", "--", "print", "THE END")).Save();
        var r = Pty("24x80", "", "run", "--bundle", b.Dir, NewId());
        Assert.Equal(0, r.Code);
        Assert.Equal(5000000, r.Out.Count(c => c == 'x'));
        Assert.EndsWith("THE END", r.Out.TrimEnd(), StringComparison.Ordinal);
    }

    static Bundle Terminal(Bundle b)
    {
        b.Process["terminal"] = true;
        return b;
    }

    Command ConsoleServer(string socket, string text)
    {
        var c = StartOutside(Host.Probe, "console-server", socket, text);
        Assert.True(Host.Eventually(() => c.OutSoFar.Contains("ready", StringComparison.Ordinal)));
        return c;
    }

    Result Pty(string size, string text, params string[] args) =>
        Command.Run(Host.Probe, ["pty", size, text, Host.Runtime, "--root", Root, .. args], env: ChildEnvironment);

    static Seen Parse(Result r) => new(r.Out.Replace("\r\n", "\n", StringComparison.Ordinal));
}
