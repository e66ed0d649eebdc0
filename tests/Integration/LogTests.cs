using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>--log to the host's own logs, and what is refused because it cannot be done.</summary>
public sealed class LogTests : ContainerTest
{
    [Fact]
    public void Errors_go_to_the_journal()
    {
        var got = Received("run/systemd/journal/socket", "/run", "--log", "journald:box", "--log-format", "json", "state",
            "nosuch");
        Assert.Equal("PRIORITY=3\nSYSLOG_IDENTIFIER=box\nMESSAGE=state nosuch: container does not exist\n", got);
    }

    [Fact]
    public void Errors_go_to_syslog()
    {
        var got = Received("dev/log", "/dev", "--log=syslog:box", "state", "nosuch");
        Assert.Matches(@"^<11>[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d box: state nosuch: container does not exist$", got);
    }

    [Fact]
    public void Errors_go_to_a_file_with_a_prefix()
    {
        var file = Path.Combine(Temp, "log");
        Fails(Oci("--log", "file:" + file, "state", "nosuch"), 1, "does not exist");
        Assert.Contains("does not exist", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("journald:", "needs an identifier")]
    [InlineData("syslog:", "needs an identifier")]
    public void Targets_need_a_name(string target, string text) => Fails(Oci("--log", target, "list"), 1, "--log", text);

    [Theory]
    [InlineData("journald:box", "/run", "/run/systemd/journal/socket")]
    [InlineData("syslog:box", "/dev", "/dev/log")]
    public void Log_that_is_not_there_is_named(string target, string directory, string socket)
    {
        var empty = NewDirectory("empty");
        var r = InMountNamespace($"mknod {empty}/null c 1 3; mknod {empty}/urandom c 1 9; mount --bind {empty} {directory}",
            "--log", target, "list");
        Fails(r, 1, $"--log: connect(\"{socket}\")", "ENOENT");
    }

    [Theory]
    [InlineData("checkpoint", "--help")]
    [InlineData("restore", "--help")]
    [InlineData("checkpoint", "--image-path", "/tmp/i", "--work-path", "/tmp/w", "web")]
    [InlineData("restore", "--image-path", "/tmp/i", "-no-subreaper", "--bundle", "/tmp/b", "web")]
    public void Checkpoint_and_restore_say_that_there_are_none(string command, params string[] rest)
    {
        var log = Path.Combine(Temp, "log");
        var r = Fails(Oci(["--log", log, "--log-format", "json", command, .. rest]), 1, command + " is not supported");
        Assert.Equal("", r.Out);
        Assert.Contains("\"level\":\"error\",\"msg\":\"" + command + " is not supported", File.ReadAllText(log),
            StringComparison.Ordinal);
    }

    /// <summary>What comes to a socket at <paramref name="name"/> below Temp, with Temp's first directory in place of the
    /// host's.</summary>
    string Received(string name, string directory, params string[] args)
    {
        var path = Path.Combine(Temp, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.ReceiveTimeout = 5000;
        var below = Temp + directory;
        Fails(InMountNamespace($"mknod {below}/null c 1 3; mknod {below}/urandom c 1 9; mount --bind {below} {directory}", args),
            1, "oci-run: error: state nosuch");
        var buffer = new byte[8192];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }

    Result InMountNamespace(string setup, params string[] args) =>
        Command.Run("/usr/bin/unshare", ["--mount", "--propagation", "private", "/bin/sh", "-c", setup + "; exec \"$0\" \"$@\"",
        Host.Runtime, "--root", Root, .. args],
            env: ChildEnvironment);
}
