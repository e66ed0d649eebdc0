using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>stdio and signals between the caller, the runtime and the container.</summary>
public sealed class StdioTests : ContainerTest
{
    [Fact]
    public void Run_passes_stdin_stdout_and_stderr()
    {
        var b = NewBundle("echo", "--", "stderr", "to stderr").Save();
        var r = Ok(OciWith(["run", "--bundle", b.Dir, NewId()], stdin: "line one\nline two"));
        Assert.Equal("line one\nline two", r.Out);
        Assert.Equal("to stderr\n", r.Err);
    }

    [Fact]
    public void Create_leaves_stdio_exactly_as_inherited()
    {
        var output = Path.Combine(Temp, "container-output");
        var b = NewBundle("print", "hello").Save();
        var id = NewId();
        WillDelete(id);
        Ok(OciWith(["create", "--bundle", b.Dir, id], redirect: $">{output}"));
        Ok(Oci("start", id));
        WaitStatus(id, "stopped");
        Assert.Equal("hello\n", File.ReadAllText(output));
    }

    [Fact]
    public void Detached_container_does_not_hold_the_callers_pipe_open_beyond_stdio()
    {
        var b = NewBundle("sleep", "30").Save();
        var id = NewId();
        WillDelete(id);
        // The pipe's write end is descriptor 3 of the runtime: cat ends only when nobody holds it any more.
        var r = Command.Run("/bin/sh", ["-c", "{ \"$0\" \"$@\" 3>&1 >/dev/null 2>/dev/null </dev/null; } | cat", Host.Runtime,
            "--root", Root, "create", "--bundle", b.Dir, id], env: ChildEnvironment, timeoutSeconds: 8);
        Assert.Equal(0, r.Code);
        Assert.Equal("created", Status(id));
    }

    [Fact]
    public void Fifty_megabytes_of_output_arrive()
    {
        var b = NewBundle("emit", "52428800").Save();
        var r = Ok(Command.Run("/bin/sh", ["-c", "\"$0\" \"$@\" | wc -c", Host.Runtime, "--root", Root, "run", "--bundle", b.Dir,
            NewId()], env: ChildEnvironment, timeoutSeconds: 60));
        Assert.Equal("52428800", r.Out.Trim());
    }

    [Fact]
    public void Reader_that_goes_away_ends_the_container_with_SIGPIPE()
    {
        var b = NewBundle("emit", "52428800", "--", "exit", "0").Without("pid").Save();
        var r =
            Ok(Command.Run("/bin/bash", ["-c", "\"$0\" \"$@\" | head -c 10 | wc -c; echo ${PIPESTATUS[0]}", Host.Runtime,
            "--root", Root, "run", "--bundle", b.Dir, NewId()], env: ChildEnvironment));
        Assert.Equal("10\n141", r.Out.Trim());
    }

    [Fact]
    public void Closed_stdin_works()
    {
        var b = NewBundle("exit", "12").Save();
        Assert.Equal(12, OciWith(["run", "--bundle", b.Dir, NewId()], redirect: "<&-").Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(15)]
    [InlineData(18)]
    [InlineData(28)]
    [InlineData(40)]
    public void Run_forwards_signals_to_the_process(int signal)
    {
        var b = NewBundle("waitsig", "20", "--", "exit", "44").Save();
        using var c = OciStart(["run", "--bundle", b.Dir, NewId()]);
        Assert.True(Host.Eventually(() => c.OutSoFar.Contains("ready", StringComparison.Ordinal)), c.ErrSoFar);
        Host.Kill(c.Pid, signal);
        var r = c.Wait();
        Assert.True(r.Code == 44, r.ToString());
        Assert.Equal(signal.ToString(CultureInfo.InvariantCulture), new Seen(r.Out)["signal"]);
    }

    [Fact]
    public void Process_starts_with_default_dispositions_and_an_empty_mask()
    {
        var seen = Run(NewBundle("report"));
        Assert.Equal(0UL, seen.Mask("SigIgn"));
        Assert.Equal(0UL, seen.Mask("SigBlk"));
        Assert.Equal(0UL, seen.Mask("SigCgt"));
        Assert.Equal(0UL, seen.Mask("ShdPnd"));
    }

    [Fact]
    public void Signals_that_the_caller_ignores_have_their_default_dispositions_again()
    {
        var b = NewBundle("sleep", "60").Save();
        var id = NewId();
        WillDelete(id);
        // create: the foreground of run takes all signals for itself before it clones.
        Ok(Command.Run("bash", ["-c", "trap '' HUP USR1 RTMIN RTMAX; exec \"$@\"", "bash", Host.Runtime, "--root", Root,
            "create", "--bundle", b.Dir, id], env: ChildEnvironment));
        var ignored = File.ReadLines($"/proc/{Pid(id)}/status").Single(l => l.StartsWith("SigIgn:", StringComparison.Ordinal));
        Assert.Equal(0UL, Convert.ToUInt64(ignored[7..].Trim(), 16));
    }

    [Fact]
    public void Exec_starts_with_default_dispositions_and_an_empty_mask()
    {
        var seen = Exec(StartSleeper(), [], "report");
        Assert.Equal(0UL, seen.Mask("SigIgn"));
        Assert.Equal(0UL, seen.Mask("SigBlk"));
    }

    [Fact]
    public void Callers_blocked_signals_reach_the_process_blocked()
    {
        // As runc does: the mask is the caller's.
        var b = NewBundle("report").Save();
        var r =
            Ok(Command.Run(Host.Probe, ["blocksig", "10", "--", "exec", Host.Runtime, "--root", Root, "run", "--bundle", b.Dir,
            NewId()], env: ChildEnvironment));
        Assert.True(new Seen(r.Out).Mask("SigBlk") is 0 or 1UL << 9, r.Out);
    }

    [Fact]
    public void Stdio_files_belong_to_the_processs_user()
    {
        var output = Path.Combine(Temp, "out");
        var b = NewBundle("print", "x", "--", "append", "/dev/stdout", "reopened");
        b.Process["user"] = new System.Text.Json.Nodes.JsonObject { ["uid"] = 1000, ["gid"] = 1000 };
        b.Save();
        Ok(OciWith(["run", "--bundle", b.Dir, NewId()], redirect: $">{output}"));
        Assert.Equal("1000", Command.Run("/usr/bin/stat", ["-c", "%u", output]).Out.Trim());
    }

    [Fact]
    public void Orphans_of_the_container_are_reaped_by_run()
    {
        var b = NewBundle("fork", "5", "0.2", "--", "exit", "3").Without("pid");
        var r = RunRaw(b);
        Assert.Equal(3, r.Code);
        AssertNothingLeft();
    }

    [Fact]
    public void Terminal_without_console_socket_is_refused_when_detached()
    {
        var b = NewBundle("exit", "0");
        b.Process["terminal"] = true;
        var r = CreateRaw(b);
        Assert.True(r.Code == 1, r.ToString());
        AssertNothingLeft();
    }

    [Fact]
    public void Console_socket_without_terminal_is_refused()
    {
        var b = NewBundle("exit", "0").Save();
        Fails(Oci("create", "--console-socket", Temp + "/sock", "--bundle", b.Dir, NewId()), 1, "console socket");
        AssertNothingLeft();
    }
}
