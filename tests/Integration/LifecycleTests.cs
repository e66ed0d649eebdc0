using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>create, start, run, state, kill, delete: runtime.md "Lifecycle" and "Operations".</summary>
public sealed class LifecycleTests : ContainerTest
{
    [Fact]
    public void Create_state_start_state_kill_delete_walks_the_state_machine()
    {
        var id = Create(NewBundle("sleep", "60"));
        Assert.Equal("created", Status(id));
        Ok(Oci("start", id));
        Assert.Equal("running", Status(id));
        Ok(Oci("kill", id, "KILL"));
        WaitStatus(id, "stopped");
        Ok(Oci("delete", id));
        Fails(Oci("state", id), 1, "does not exist");
        var again = Oci("delete", "--force", id);
        Assert.Equal(0, again.Code);
    }

    [Fact]
    public void Create_does_not_run_the_process_and_start_does()
    {
        var b = NewBundle("append", "/tmp/ran", "x", "--", "sleep", "60");
        b.Config["root"]!["readonly"] = false;
        var id = Create(b);
        Assert.False(File.Exists(b.InRootfs("tmp/ran")));
        Ok(Oci("start", id));
        Assert.True(Host.Eventually(() => File.Exists(b.InRootfs("tmp/ran"))));
    }

    [Fact]
    public void Init_is_alive_and_reparented_when_create_returns()
    {
        var id = Create(NewBundle("sleep", "60"));
        var pid = Pid(id);
        Assert.True(Host.IsAlive(pid));
        Assert.NotEqual("1", Host.StatFields(pid)[0]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(255)]
    public void Run_exits_with_the_status_of_the_process(int code)
    {
        Assert.Equal(code, RunRaw(NewBundle("exit", code.ToString(CultureInfo.InvariantCulture))).Code);
        AssertNothingLeft();
    }

    [Fact]
    public void Run_exits_with_128_plus_the_signal_that_killed_the_process()
    {
        // Not in a pid namespace of its own: there a default disposition would ignore the signal.
        var r = RunRaw(NewBundle("raise", "6").Without("pid"));
        Assert.True(r.Code == 134, r.ToString());
        AssertNothingLeft();
    }

    [Fact]
    public void Run_deletes_the_container_when_it_ends()
    {
        var b = NewBundle("exit", "0").Save();
        Ok(Oci("run", "--bundle", b.Dir, "gone" + Tag));
        Fails(Oci("state", "gone" + Tag), 1, "does not exist");
        AssertNothingLeft();
    }

    [Fact]
    public void Run_keep_leaves_a_stopped_container()
    {
        var b = NewBundle("exit", "3").Save();
        var id = NewId();
        WillDelete(id);
        Assert.Equal(3, Oci("run", "--keep", "--bundle", b.Dir, id).Code);
        Assert.Equal("stopped", Status(id));
        Assert.Equal(0, Pid(id));
        Ok(Oci("delete", id));
        Fails(Oci("state", id), 1, "does not exist");
    }

    [Theory]
    [InlineData("-d")]
    [InlineData("--detach")]
    [InlineData("-detach")]
    public void Run_detached_returns_while_the_container_runs(string flag)
    {
        var b = NewBundle("sleep", "60").Save();
        var id = NewId();
        WillDelete(id);
        Ok(Oci("run", flag, "--bundle", b.Dir, id));
        Assert.Equal("running", Status(id));
    }

    [Fact]
    public void No_pivot_runs_in_the_rootfs_all_the_same()
    {
        var seen = Run(NewBundle("ls", "/", "--", "report"), "--no-pivot");
        Assert.Contains("probe", seen["ls:/"], StringComparison.Ordinal);
        Assert.DoesNotContain("usr", seen["ls:/"], StringComparison.Ordinal);
        Assert.Equal("1", seen["pid"]);
    }

    [Fact]
    public void Bundle_defaults_to_the_current_directory()
    {
        var b = NewBundle("exit", "5").Save();
        Assert.Equal(5, OciWith(["run", NewId()], cwd: b.Dir).Code);
    }

    [Fact]
    public void Bundle_may_be_relative_and_have_a_short_flag()
    {
        var b = NewBundle("exit", "6").Save();
        Assert.Equal(6, OciWith(["run", "-b", Path.GetFileName(b.Dir), NewId()], cwd: Temp).Code);
    }

    [Fact]
    public void Options_may_follow_the_id()
    {
        var b = NewBundle("exit", "4").Save();
        Assert.Equal(4, Oci("run", NewId(), "--bundle=" + b.Dir).Code);
    }

    [Fact]
    public void Pid_file_holds_the_host_pid_as_digits_only()
    {
        var file = Path.Combine(Temp, "pid");
        var id = Create(NewBundle("sleep", "60"), "--pid-file", file);
        Assert.Equal(Pid(id).ToString(CultureInfo.InvariantCulture), File.ReadAllText(file));
        Assert.Equal(["pid"], Directory.GetFiles(Temp).Select(Path.GetFileName));
    }

    [Fact]
    public void Pid_file_is_relative_to_the_callers_directory_not_the_bundle()
    {
        var b = NewBundle("exit", "0").Save();
        Ok(OciWith(["run", "--pid-file", "my.pid", "--bundle", b.Dir, NewId()], cwd: Temp));
        Assert.True(File.Exists(Path.Combine(Temp, "my.pid")));
        Assert.False(File.Exists(Path.Combine(b.Dir, "my.pid")));
    }

    [Fact]
    public void Pid_file_that_cannot_be_written_fails_the_create_and_leaves_nothing()
    {
        var b = NewBundle("sleep", "60").Save();
        Fails(Oci("create", "--pid-file", "/nonexistent/dir/pid", "--bundle", b.Dir, NewId()), 1, "/nonexistent/dir");
        AssertNothingLeft();
    }

    [Fact]
    public void Start_of_a_running_container_is_refused()
    {
        var id = StartSleeper();
        Fails(Oci("start", id), 1, "cannot start an already running container");
        Assert.Equal("running", Status(id));
    }

    [Fact]
    public void Start_of_a_stopped_container_is_refused()
    {
        var id = Start(NewBundle("exit", "0"));
        WaitStatus(id, "stopped");
        Fails(Oci("start", id), 1, "cannot start a container that has stopped");
    }

    [Theory]
    [InlineData("start")]
    [InlineData("state")]
    [InlineData("kill")]
    [InlineData("delete")]
    [InlineData("ps")]
    public void Unknown_container_does_not_exist(string command)
    {
        string[] tail = command == "kill" ? ["KILL"] : [];
        Fails(Oci([command, NewId(), .. tail]), 1, "does not exist");
    }

    [Fact]
    public void Exec_in_an_unknown_container_fails_with_255() => Fails(Oci("exec", NewId(), "/probe", "exit", "0"), 255,
        "does not exist");

    [Fact]
    public void Id_in_use_is_refused_and_the_first_container_lives_on()
    {
        var b = NewBundle("sleep", "60");
        var id = Start(b);
        Fails(Oci("create", "--bundle", b.Dir, id), 1, "already exists");
        Fails(Oci("run", "--bundle", b.Dir, id), 1, "already exists");
        Assert.Equal("running", Status(id));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a b")]
    [InlineData("näme")]
    [InlineData("a\nb")]
    public void Bad_id_is_refused(string id)
    {
        var b = NewBundle("exit", "0").Save();
        Fails(Oci("create", "--bundle", b.Dir, id), 1, "invalid container ID format");
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("a+b_c.d-e")]
    [InlineData("A.B")]
    [InlineData("0")]
    public void Odd_but_legal_id_works(string suffix)
    {
        var b = NewBundle("exit", "9").Save();
        Assert.Equal(9, Oci("run", "--bundle", b.Dir, NewId() + suffix).Code);
    }

    [Fact]
    public void Id_of_200_characters_works()
    {
        var b = NewBundle("exit", "9").Save();
        Assert.Equal(9, Oci("run", "--bundle", b.Dir, NewId().PadRight(200, 'x')).Code);
    }

    [Fact]
    public void Delete_of_a_running_container_is_refused()
    {
        var id = StartSleeper();
        Fails(Oci("delete", id), 1, "not stopped");
        Assert.Equal("running", Status(id));
    }

    [Fact]
    public void Delete_force_kills_a_running_container()
    {
        var id = Start(NewBundle("sleep", "60"));
        var pid = Pid(id);
        Ok(Oci("delete", "--force", id));
        Assert.False(Host.IsAlive(pid));
        AssertNothingLeft();
    }

    [Fact]
    public void Delete_of_a_created_container_kills_its_init()
    {
        var id = Create(NewBundle("sleep", "60"));
        var pid = Pid(id);
        Ok(Oci("delete", id));
        Assert.False(Host.IsAlive(pid));
        AssertNothingLeft();
    }

    [Fact]
    public void Delete_force_of_an_unknown_container_succeeds() => Ok(Oci("delete", "-f", NewId()));

    [Fact]
    public void Delete_kills_processes_that_outlived_init_in_a_shared_pid_namespace()
    {
        var id = Start(NewBundle("fork", "3", "60", "--", "exit", "0").Without("pid"));
        WaitStatus(id, "stopped");
        Ok(Oci("delete", id));
        AssertNothingLeft();
    }

    [Theory]
    [InlineData(null, 15)]
    [InlineData("15", 15)]
    [InlineData("TERM", 15)]
    [InlineData("SIGTERM", 15)]
    [InlineData("sigusr1", 10)]
    [InlineData("hup", 1)]
    [InlineData("1", 1)]
    [InlineData("37", 37)]
    [InlineData("64", 64)]
    [InlineData("WINCH", 28)]
    public void Kill_takes_names_and_numbers_and_sends_TERM_by_default(string? signal, int number)
    {
        var b = NewBundle("waitsig", "20", "--", "exit", "0").Save();
        var id = NewId();
        using var run = OciStart(["run", "--bundle", b.Dir, id]);
        Assert.True(Host.Eventually(() => run.OutSoFar.Contains("ready", StringComparison.Ordinal)), run.ErrSoFar);
        Ok(signal == null ? Oci("kill", id) : Oci("kill", id, signal));
        var r = Ok(run.Wait());
        Assert.Equal(number.ToString(CultureInfo.InvariantCulture), new Seen(r.Out)["signal"]);
    }

    [Theory]
    [InlineData("BLAH")]
    [InlineData("65")]
    [InlineData("SIG")]
    public void Unknown_signal_is_refused_and_nothing_sent(string signal)
    {
        var id = StartSleeper();
        var r = Oci("kill", id, signal);
        Assert.True(r.Code == 1, r.ToString());
        Assert.Contains("signal", r.Err, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("running", Status(id));
    }

    [Fact]
    public void Kill_of_a_stopped_container_says_not_running_and_changes_nothing()
    {
        var id = Start(NewBundle("exit", "0"));
        WaitStatus(id, "stopped");
        var before = Oci("state", id).Out;
        Fails(Oci("kill", id, "KILL"), 1, "container not running");
        Assert.Equal(before, Oci("state", id).Out);
    }

    [Fact]
    public void Kill_all_of_a_stopped_container_succeeds()
    {
        var id = Start(NewBundle("exit", "0"));
        WaitStatus(id, "stopped");
        Ok(Oci("kill", "--all", id, "KILL"));
        Ok(Oci("kill", "-a", id, "9"));
    }

    /// <summary>Processes of a container that manages cgroups itself are in cgroups below its own.</summary>
    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public void Kill_all_reaches_processes_in_cgroups_below(string signal)
    {
        var id = StartSleeper();
        var pidFile = Path.Combine(Temp, "pid");
        Ok(Oci("exec", "--detach", "--pid-file", pidFile, id, "/probe", "sleep", "60"));
        var pid = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
        var below = Directory.CreateDirectory(Host.Cgroup2 + Host.CgroupOf(pid) + "/a/b").FullName;
        File.WriteAllText(Path.Combine(below, "cgroup.procs"), pid.ToString(CultureInfo.InvariantCulture));
        Ok(Oci("kill", "--all", id, signal));
        Assert.True(Host.Eventually(() => !Host.IsAlive(pid)), "the process is alive");
    }

    /// <summary>Whoever holds the lock of a container has it to itself: what changes it waits.</summary>
    [Theory]
    [InlineData("start")]
    [InlineData("delete")]
    public void Command_waits_for_the_one_that_holds_the_container(string command)
    {
        var id = Create(NewBundle("sleep", "60"));
        using var holder = StartOutside("flock", "--no-fork", Path.Combine(Root, id), "sh", "-c", "echo held; exec sleep 60");
        Assert.True(Host.Eventually(() => holder.OutSoFar.Contains("held", StringComparison.Ordinal)), holder.ErrSoFar);
        using var waiting = OciStart([command, id]);
        Assert.False(Host.Eventually(() => waiting.HasExited, 0.4), command + " did not wait");
        Assert.Equal("created", Status(id));
        holder.Dispose();
        Ok(waiting.Wait());
        Assert.Equal(command == "delete", !Directory.Exists(Path.Combine(Root, id)));
    }

    /// <summary>The runtime in the foreground is the parent of what the container's processes leave behind where init is none
    /// (prctl(2), PR_SET_CHILD_SUBREAPER).</summary>
    [Fact]
    public void Foreground_run_reaps_orphans()
    {
        var b = NewBundle("orphans", "3", "--", "sleep", "60").Without("pid").Save();
        var run = OciStart(["run", "--bundle", b.Dir, NewId()]);
        Assert.True(Host.Eventually(() => run.OutSoFar.Contains("orphaned=3", StringComparison.Ordinal)), run.ErrSoFar);
        var orphans = new Seen(run.OutSoFar)["orphans"].Split(' ').Select(o => int.Parse(o, CultureInfo.InvariantCulture));
        Assert.All(orphans, o => Assert.True(Host.Eventually(() => !Directory.Exists($"/proc/{o}"), 3), $"{o} is not reaped"));
        Host.Kill(run.Pid, 15);
        run.Wait();
    }

    [Fact]
    public void Kill_KILL_takes_all_processes_when_the_pid_namespace_is_shared()
    {
        var id = Start(NewBundle("fork", "3", "60", "--", "sleep", "60").Without("pid"));
        Assert.True(Host.Eventually(() => Pids(id).Count == 4));
        var pids = Pids(id);
        Ok(Oci("kill", id, "KILL"));
        Assert.True(Host.Eventually(() => !pids.Exists(Host.IsAlive)), "alive: " + string.Join(' ', pids.Where(Host.IsAlive)));
    }

    [Fact]
    public void Kill_of_a_created_container_stops_it_and_start_does_not_hang()
    {
        var id = Create(NewBundle("sleep", "60"));
        Ok(Oci("kill", id, "KILL"));
        WaitStatus(id, "stopped");
        Fails(Oci("start", id), 1, "stopped");
    }

    [Fact]
    public void Start_does_not_hang_when_init_was_killed_behind_our_back()
    {
        var id = Create(NewBundle("sleep", "60"));
        Host.Kill(Pid(id), 9);
        var r = Oci("start", id);
        Assert.True(r.Code == 1, r.ToString());
        Assert.True(r.Seconds < 5);
    }

    [Fact]
    public void State_start_kill_and_delete_need_no_bundle_and_no_environment()
    {
        var b = NewBundle("sleep", "60");
        var id = Create(b);
        Directory.Move(b.Dir, b.Dir + ".moved");
        foreach (string[] command in (string[][])[["state", id], ["start", id], ["kill", id, "KILL"]])
        {
            Ok(Command.Run("/usr/bin/env", ["-i", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", Host.Runtime, "--root", Root,
                .. command]));
        }
        WaitStatus(id, "stopped");
        Ok(Command.Run("/usr/bin/env", ["-i", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", Host.Runtime, "--root", Root, "delete", id]));
        AssertNothingLeft();
    }

    [Fact]
    public void Config_changed_after_create_has_no_effect()
    {
        var b = NewBundle("exit", "0");
        b.Process["args"] = Bundle.Strings("/probe", "waitsig", "60");
        var id = Create(b);
        File.WriteAllText(Path.Combine(b.Dir, "config.json"), "{ not json");
        Ok(Oci("start", id));
        Assert.Equal("running", Status(id));
        Ok(Oci("kill", id, "KILL"));
        WaitStatus(id, "stopped");
        Ok(Oci("delete", id));
    }

    [Fact]
    public void Creator_killed_at_any_moment_leaves_what_delete_force_removes()
    {
        var b = NewBundle("sleep", "60").Save();
        for (var ms = 1; ms <= 16; ms += 1)
        {
            var id = NewId();
            using (var c = OciStart(["create", "--bundle", b.Dir, id]))
            {
                System.Threading.Thread.Sleep(ms);
                Host.Kill(c.Pid, 9);
                c.Wait();
            }
            Ok(Oci("delete", "--force", id));
            AssertNothingLeft();
        }
    }

    [Fact]
    public void Half_made_state_directory_is_removed_by_delete_force()
    {
        var id = NewId();
        Directory.CreateDirectory(Path.Combine(Root, id));
        Ok(Oci("delete", "--force", id));
        Assert.False(Directory.Exists(Path.Combine(Root, id)));
    }

    [Fact]
    public void Parallel_creates_of_one_id_let_exactly_one_win()
    {
        var b = NewBundle("sleep", "60").Save();
        var id = NewId();
        WillDelete(id);
        var all = Enumerable.Range(0, 6).Select(_ => OciStart(["create", "--bundle", b.Dir, id])).ToList();
        var results = all.Select(c => c.Wait()).ToList();
        all.ForEach(c => c.Dispose());
        Assert.True(results.Count(r => r.Code == 0) == 1, string.Join("\n", results));
        Assert.All(results.Where(r => r.Code != 0), r => Assert.Contains("already exists", r.Err, StringComparison.Ordinal));
        Assert.Equal("created", Status(id));
    }

    [Fact]
    public void Parallel_starts_of_one_container_let_exactly_one_win()
    {
        var id = Create(NewBundle("sleep", "60"));
        var all = Enumerable.Range(0, 5).Select(_ => OciStart(["start", id])).ToList();
        var results = all.Select(c => c.Wait()).ToList();
        all.ForEach(c => c.Dispose());
        Assert.True(results.Count(r => r.Code == 0) == 1, string.Join("\n", results));
    }

    [Fact]
    public void State_is_never_half_written_while_others_work()
    {
        var b = NewBundle("sleep", "60").Save();
        var id = NewId();
        WillDelete(id);
        using var c = OciStart(["create", "--bundle", b.Dir, id]);
        while (!c.HasExited)
        {
            var r = Oci("state", id);
            Assert.True(r.Code == 0 ? JsonNode.Parse(r.Out) != null : r.Err.Contains("does not exist", StringComparison.Ordinal),
                r.ToString());
        }
        Ok(c.Wait());
    }

    [Fact]
    public void Many_containers_at_once_leave_nothing()
    {
        var b = NewBundle("exit", "0").Save();
        var all = Enumerable.Range(0, 24).Select(_ => OciStart(["run", "--bundle", b.Dir, NewId()])).ToList();
        var results = all.Select(c => c.Wait(60)).ToList();
        all.ForEach(c => c.Dispose());
        Assert.All(results, r => Assert.True(r.Code == 0, r.ToString()));
        AssertNothingLeft();
    }

    [Fact]
    public void Reused_pid_is_not_taken_for_the_container()
    {
        var id = StartSleeper();
        Host.Kill(Pid(id), 9);
        WaitStatus(id, "stopped");
        // What a reused pid looks like: a live process with another start time. The state file is ours, so its pid can be pointed
        // at one.
        var file = Directory.GetFiles(Path.Combine(Root, id), "state.json").Single();
        var state = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        var other = StartOutside("/bin/sleep", "60");
        var key = state.ContainsKey("pid") ? "pid" : "init_process_pid";
        state[key] = other.Pid;
        File.WriteAllText(file, state.ToJsonString());
        Assert.Equal("stopped", Status(id));
        Fails(Oci("kill", id, "KILL"), 1, "container not running");
        Assert.True(Host.IsAlive(other.Pid));
    }

    [Fact]
    public void State_file_with_unknown_members_is_read()
    {
        var id = StartSleeper();
        var file = Path.Combine(Root, id, "state.json");
        var state = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        state["somethingNew"] = new JsonObject { ["a"] = 1 };
        File.WriteAllText(file, state.ToJsonString());
        Assert.Equal("running", Status(id));
    }

    List<int> Pids(string id)
    {
        var r = Ok(Oci("ps", "--format", "json", id));
        return [.. (JsonNode.Parse(r.Out)?.AsArray() ?? []).Select(n => (int)n!)];
    }
}
