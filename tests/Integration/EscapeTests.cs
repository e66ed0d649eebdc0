using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Ways out of a container, or into the runtime, that a review has tried.</summary>
public sealed class EscapeTests : ContainerTest
{
    [Fact]
    public void StartContainer_hook_has_no_more_rights_than_the_payload()
    {
        var b = NewBundle("sleep", "60").Hook("startContainer", "/probe", ["probe", "report", "--", "exit", "7"]);
        string id = Create(b);
        Result r = Oci("start", id);
        Assert.NotEqual(0, r.Code);
        // The output of a hook that fails is in the message.
        Assert.Contains("exit status 7", r.Err, System.StringComparison.Ordinal);
        Assert.DoesNotContain("000001ff", r.Err, System.StringComparison.Ordinal);
        Seen payload = Run(NewBundle("report"));
        Assert.Contains("CapEff=" + payload["CapEff"], r.Err.Replace(' ', '\n'), System.StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Working_directory_outside_is_refused_however_deep()
    {
        string deep = NewDirectory("deep");
        string link = deep;
        for (int i = 0; i < 16; i++)
        {
            link = Directory.CreateDirectory(Path.Combine(link, new string('d', 200))).FullName;
        }
        string id = StartSleeper();
        Result r = OciWith(["exec", "--preserve-fds", "1", "--cwd", "/proc/self/fd/3", id, "/probe", "report"], redirect: "3<" +
            Quote(link));
        Assert.NotEqual(0, r.Code);
        Assert.DoesNotContain("pid=", r.Out, System.StringComparison.Ordinal);
    }

    static string Quote(string text) => "'" + text + "'";

    [Fact]
    public void LISTEN_FDS_never_hands_the_runtimes_own_descriptors_over()
    {
        var b = NewBundle("report");
        b.Save();
        Result r = OciWith(["run", "--bundle", b.Dir, NewId()],
            env: new System.Collections.Generic.Dictionary<string, string?> { ["LISTEN_FDS"] = "30" });
        Fails(r, 1, "LISTEN_FDS");
    }

    [Fact]
    public void Exec_into_a_container_without_a_mount_namespace_sees_its_root()
    {
        var b = NewBundle("sleep", "60");
        b.Config.Remove("mounts");
        b.Linux["namespaces"] = new JsonArray(new JsonObject { ["type"] = "pid" });
        foreach (string key in (string[])["maskedPaths", "readonlyPaths", "sysctl", "rootfsPropagation"])
        {
            b.Linux.Remove(key);
        }
        b.Config.Remove("hostname");
        b.Config["root"]!["readonly"] = false;
        File.WriteAllText(b.InRootfs("/only-inside"), "");
        string id = Start(b);
        Seen seen = Exec(id, [], "stat", "/only-inside", "--", "stat", "/usr/bin");
        Assert.Equal("f", seen.Stat("/only-inside").Type);
        Assert.NotEqual("d", seen.Stat("/usr/bin").Type);
    }

    [Fact]
    public void Long_PATH_is_refused()
    {
        var b = NewBundle("report");
        b.Process["args"] = new JsonArray("nonesuch");
        b.Process["env"] = new JsonArray("PATH=" + string.Join(':', Enumerable.Repeat("/n", 9000)));
        Refused(b, "PATH");
    }

    [Fact]
    public void Waiting_init_is_not_open_to_its_neighbours()
    {
        string id = Create(NewBundle("sleep", "60"));
        // A process that is not dumpable belongs to root in /proc, whatever its user.
        string status = File.ReadAllText($"/proc/{Pid(id)}/status");
        Assert.Contains("oci-run:init", status, System.StringComparison.Ordinal);
        string id2 =
            Create(NewBundle("sleep", "60").Edit(b => b.Process["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1000 }));
        Assert.Equal("0", Command.Run("stat", ["-c", "%u", $"/proc/{Pid(id2)}/fd"]).Out.Trim());
    }

    [Fact]
    public void Foreground_run_can_be_deleted_by_force()
    {
        var b = NewBundle("sleep", "60");
        b.Save();
        string id = NewId();
        Command run = OciStart(["run", "--bundle", b.Dir, id]);
        Assert.True(Host.Eventually(() => Oci("state", id) is { Code: 0 } r
            && r.Out.Contains("running", System.StringComparison.Ordinal)));
        Ok(OciWith(["delete", "--force", id], timeoutSeconds: 10));
        run.Wait();
        Fails(Oci("state", id), 1, "does not exist");
    }

    [Fact]
    public void Masked_file_is_no_way_to_change_the_hosts_dev_null()
    {
        var b = NewBundle();
        Bundle.Link(Host.Busybox, b.InRootfs("bin/busybox"));
        b.Process["args"] = Bundle.Strings("/bin/busybox", "sh", "-c",
            "! chmod 0 /proc/keys && ! chown 7 /proc/keys && echo x >/proc/keys && cat /proc/keys");
        foreach (var set in (string[])["bounding", "effective", "permitted"])
        {
            b.Process["capabilities"]![set] = Bundle.Strings("CAP_FOWNER", "CAP_CHOWN", "CAP_DAC_OVERRIDE");
        }
        b.Linux["maskedPaths"] = Bundle.Strings("/proc/keys");
        var before = File.GetUnixFileMode("/dev/null");
        try
        {
            Ok(RunRaw(b));
            Assert.Equal(before, File.GetUnixFileMode("/dev/null"));
        }
        finally
        {
            File.SetUnixFileMode("/dev/null", before);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Processes_of_exec_lead_no_tracer_to_the_host(bool userNamespace)
    {
        // CVE-2016-9962 and CVE-2019-5736, with the capability that makes dumpable no hindrance.
        string marker = Path.Combine(NewDirectory("host"), "marker");
        File.WriteAllText(marker, "");
        var b = NewBundle("attack-processes", "4", marker);
        JsonArray capabilities = Bundle.Strings("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_KILL");
        foreach (string set in (string[])["bounding", "effective", "permitted"])
        {
            b.Process["capabilities"]![set] = capabilities.DeepClone();
        }
        if (userNamespace)
        {
            b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "user" });
            foreach (string map in (string[])["uidMappings", "gidMappings"])
            {
                b.Linux[map] = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 100000, ["size"] = 65536 });
            }
        }
        b.Save();
        string id = NewId();
        using Command run = OciStart(["run", "--bundle", b.Dir, id]);
        Assert.True(Host.Eventually(() => Oci("state", id) is { Code: 0 } r
            && r.Out.Contains("running", System.StringComparison.Ordinal)));
        int entered = 0;
        while (!run.HasExited)
        {
            entered += Oci("exec", id, "/probe", "exit", "0").Code == 0 ? 1 : 0;
        }
        Result result = Ok(run.Wait());
        var seen = new Seen(result.Out);
        Assert.True(entered > 20 && int.Parse(seen["attack.looked"], System.Globalization.CultureInfo.InvariantCulture) > 0,
            $"{entered}: {result}");
        Assert.Equal("0", seen["attack.host"]);
        Assert.Equal("0", seen["attack.binary"]);
        Assert.Equal("0", seen["attack.directories"]);
        if (userNamespace)
        {
            Assert.Equal("0", seen["attack.traced"]);
        }
    }

    /// <summary>A container whose process looks into whatever appears in its pid namespace, with the right to trace it, for some
    /// seconds.</summary>
    (string Id, Command Run) StartAttacker(int seconds, Action<Bundle>? edit = null)
    {
        string marker = Path.Combine(NewDirectory("host"), "marker");
        File.WriteAllText(marker, "");
        Bundle b = NewBundle("attack-processes", seconds.ToString(System.Globalization.CultureInfo.InvariantCulture), marker);
        JsonArray capabilities = Bundle.Strings("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_KILL");
        foreach (string set in (string[])["bounding", "effective", "permitted"])
        {
            b.Process["capabilities"]![set] = capabilities.DeepClone();
        }
        edit?.Invoke(b);
        b.Save();
        string id = NewId();
        Command run = OciStart(["run", "--bundle", b.Dir, id]);
        Assert.True(Host.Eventually(() => Oci("state", id) is { Code: 0 } r
            && r.Out.Contains("running", StringComparison.Ordinal)));
        return (id, run);
    }

    static void AssertNothingSeen(Command run, int rounds)
    {
        Result result = Ok(run.Wait());
        var seen = new Seen(result.Out);
        Assert.True(rounds > 5 && int.Parse(seen["attack.looked"], System.Globalization.CultureInfo.InvariantCulture) > 0,
            $"{rounds}: {result}");
        foreach (string found in (string[])["attack.host", "attack.binary", "attack.directories", "attack.rights"])
        {
            Assert.True(seen[found] == "0", $"{found} in {rounds} rounds: {result}");
        }
    }

    /// <summary>A pod: its containers share a pid namespace, and one of them may trace. The init that is being made for another
    /// must not be seen there before it has the payload's root and rights.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("network")]
    [InlineData("time")]
    public void Neighbour_that_traces_sees_nothing_of_the_host_while_a_container_is_created(string more)
    {
        (string id, Command run) = StartAttacker(4);
        using Command _ = run;
        string pid = Pid(id).ToString(System.Globalization.CultureInfo.InvariantCulture);
        int created = 0;
        while (!run.HasExited)
        {
            Bundle b = NewBundle("exit", "0").Join("pid", $"/proc/{pid}/ns/pid");
            if (more == "network")
            {
                b.Join("network", $"/proc/{pid}/ns/net");
            }
            else if (more == "time")
            {
                b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "time" });
            }
            created += RunRaw(b).Code == 0 ? 1 : 0;
        }
        AssertNothingSeen(run, created);
    }

    /// <summary>The init that joins last is the one that the state names, is in the namespace, and shows it in its
    /// procfs.</summary>
    [Fact]
    public void Container_in_a_joined_pid_namespace_is_there_in_the_end()
    {
        string first = StartSleeper();
        string pid = Pid(first).ToString(System.Globalization.CultureInfo.InvariantCulture);
        string second = Start(NewBundle("sleep", "60").Join("pid", $"/proc/{pid}/ns/pid"));
        Assert.Equal(File.ResolveLinkTarget($"/proc/{pid}/ns/pid", false)!.Name,
            File.ResolveLinkTarget($"/proc/{Pid(second)}/ns/pid", false)!.Name);
        Assert.Equal("/probe", Exec(second, [], "cat", "/proc/1/cmdline")["cat:/proc/1/cmdline"].Split('\0')[0]);
        Assert.Equal("running", Status(second));
        Ok(Oci("kill", second, "KILL"));
        WaitStatus(second, "stopped");
        Ok(Oci("delete", second));
    }

    /// <summary>What kept a process of exec from being born into the namespace last: a limit of processes, and policies that a
    /// child does not inherit.</summary>
    [Theory]
    [InlineData("RLIMIT_NPROC", null, null)]
    [InlineData(null, "SCHED_FIFO", "SCHED_FLAG_RESET_ON_FORK")]
    [InlineData(null, "SCHED_BATCH", null)]
    public void Neighbour_that_traces_sees_nothing_of_the_host_while_exec_enters(string? limit, string? policy, string? flag)
    {
        (string id, Command run) = StartAttacker(4, b =>
        {
            if (limit is not null)
            {
                b.Process["rlimits"]!.AsArray()
                    .Add((JsonNode)new JsonObject { ["type"] = limit, ["soft"] = 4096, ["hard"] = 4096 });
            }
        });
        using Command _ = run;
        string process = Path.Combine(Temp, "process.json");
        var wanted = new JsonObject
        {
            ["args"] = Bundle.Strings("/probe", "exit", "0"),
            ["cwd"] = "/",
            ["rlimits"] = limit is null ? new JsonArray()
            : new JsonArray(new JsonObject { ["type"] = limit, ["soft"] = 4096, ["hard"] = 4096 }),
        };
        if (policy is not null)
        {
            wanted["scheduler"] = new JsonObject
            {
                ["policy"] = policy,
                ["priority"] = policy == "SCHED_FIFO" ? 1 : 0,
                ["flags"] = flag is null ? new JsonArray() : Bundle.Strings(flag)
            };
        }
        File.WriteAllText(process, wanted.ToJsonString());
        int entered = 0;
        while (!run.HasExited)
        {
            entered += Oci("exec", "--process", process, id).Code == 0 ? 1 : 0;
        }
        AssertNothingSeen(run, entered);
    }
}
