using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Fields that the runtime carries out on the host's side: CPU affinity, resctrl groups, network devices,
/// notifications.</summary>
public sealed class HostFieldTests : ContainerTest
{
    [Fact]
    public void Exec_affinity_of_a_process_file_wins_over_the_configs()
    {
        var last = (Environment.ProcessorCount - 1).ToString(CultureInfo.InvariantCulture);
        var id = StartSleeper(b => b.Process["execCPUAffinity"] = new JsonObject { ["final"] = "0" });
        var process = (JsonObject)NewBundle("report").Process.DeepClone();
        process["execCPUAffinity"] = new JsonObject { ["initial"] = last };
        var file = Path.Combine(Temp, "process.json");
        File.WriteAllText(file, process.ToJsonString());
        Assert.Equal(last, new Seen(Ok(Oci("exec", "--process", file, id)).Out)["affinity"]);
        process.Remove("execCPUAffinity");
        File.WriteAllText(file, process.ToJsonString());
        Assert.Equal("0", new Seen(Ok(Oci("exec", "--process", file, id)).Out)["affinity"]);
    }

    [Fact]
    public void Callers_affinity_does_not_reach_exec_either()
    {
        var id = StartSleeper();
        var all = Exec(id, [], "report")["affinity"];
        var r = Ok(Command.Run("/usr/bin/taskset", ["-c", "0", Host.Runtime, "--root", Root, "exec", id, "/probe", "report"],
            env: ChildEnvironment));
        Assert.Equal(all, new Seen(r.Out)["affinity"]);
    }

    [Fact]
    public void Affinity_to_CPUs_that_do_not_exist_is_an_error()
    {
        var id = StartSleeper(b => b.Process["execCPUAffinity"] = new JsonObject { ["final"] = "4000" });
        Fails(Oci("exec", id, "/probe", "report"), 255, "process.execCPUAffinity.final", "sched_setaffinity");
    }

    [Fact]
    public void Apparmor_profile_where_AppArmor_is_off_is_an_error()
    {
        const string enabled = "/sys/module/apparmor/parameters/enabled";
        if (File.Exists(enabled) && File.ReadAllText(enabled).StartsWith('Y'))
        {
            return;
        }
        var b = NewBundle("report");
        b.Process["apparmorProfile"] = "docker-default";
        Refused(b, "process.apparmorProfile", "AppArmor", "docker-default");
    }

    /// <summary>A directory that stands for the resctrl file system in the commands of <see cref="Rdt"/>.</summary>
    string NewResctrl()
    {
        var root = NewDirectory("resctrl");
        Directory.CreateDirectory(Path.Combine(root, "mon_groups"));
        File.WriteAllText(Path.Combine(root, "tasks"), "");
        return root;
    }

    /// <summary>Runs the runtime where resctrl is mounted, as far as it can see.</summary>
    Result Rdt(string root, params string[] args) =>
        Command.Run(Host.Resctrl, [root, Host.Runtime, "--root", Root, .. args], env: ChildEnvironment);

    [Fact]
    public void Intel_rdt_group_of_the_containers_own_comes_and_goes_with_it()
    {
        var root = NewResctrl();
        var b = NewBundle("sleep", "60");
        b.Linux["intelRdt"] = new JsonObject
        {
            ["l3CacheSchema"] = "L3:0=f;1=f0\nMB:0=10",
            ["memBwSchema"] = "MB:0=20;1=70",
            ["schemata"] = Bundle.Strings("L2:0=3"),
        };
        b.Save();
        var id = NewId();
        Ok(Rdt(root, "create", "--bundle", b.Dir, id));
        WillDelete(id);
        Assert.Equal("L3:0=f;1=f0\nMB:0=20;1=70\nL2:0=3\n", File.ReadAllText(Path.Combine(root, id, "schemata")));
        Assert.Equal(Pid(id).ToString(CultureInfo.InvariantCulture), File.ReadAllText(Path.Combine(root, id, "tasks")));
        Ok(Rdt(root, "delete", "--force", id));
        Assert.False(Directory.Exists(Path.Combine(root, id)));
    }

    [Fact]
    public void Intel_rdt_group_that_is_named_is_checked_and_stays()
    {
        var root = NewResctrl();
        var group = Directory.CreateDirectory(Path.Combine(root, "gold", "mon_groups")).Parent!.FullName;
        File.WriteAllText(Path.Combine(group, "tasks"), "");
        File.WriteAllText(Path.Combine(group, "schemata"), "    L3:0=00f;1=ff\n    MB:0= 20;1= 70\n");
        var b = NewBundle("sleep", "60");
        b.Linux["intelRdt"] = new JsonObject
        {
            ["closID"] = "gold",
            ["schemata"] = Bundle.Strings("L3:0=f", "MB:1=70"),
            ["enableMonitoring"] = true
        };
        b.Save();
        var id = NewId();
        Ok(Rdt(root, "run", "--detach", "--bundle", b.Dir, id));
        WillDelete(id);
        var pid = Pid(id).ToString(CultureInfo.InvariantCulture);
        Assert.Equal(pid, File.ReadAllText(Path.Combine(group, "tasks")));
        Assert.Equal(pid, File.ReadAllText(Path.Combine(group, "mon_groups", id, "tasks")));
        Assert.Contains("00f", File.ReadAllText(Path.Combine(group, "schemata")), StringComparison.Ordinal);
        Ok(Rdt(root, "delete", "--force", id));
        Assert.False(Directory.Exists(Path.Combine(group, "mon_groups", id)));
        Assert.True(Directory.Exists(group));

        b.Linux["intelRdt"] = new JsonObject { ["closID"] = "gold", ["schemata"] = Bundle.Strings("L3:0=3") };
        b.Save();
        Fails(Rdt(root, "create", "--bundle", b.Dir, NewId()), 1, "linux.intelRdt", "gold", "L3:0=3");
    }

    [Fact]
    public void Intel_rdt_group_that_is_named_without_schemata_must_exist()
    {
        var root = NewResctrl();
        var b = NewBundle("exit", "0");
        b.Linux["intelRdt"] = new JsonObject { ["closID"] = "silver" };
        b.Save();
        Fails(Rdt(root, "create", "--bundle", b.Dir, NewId()), 1, "linux.intelRdt.closID", "silver");
        Assert.False(Directory.Exists(Path.Combine(root, "silver")));
        b.Linux["intelRdt"] = new JsonObject { ["closID"] = "silver", ["memBwSchema"] = "MB:0=50" };
        b.Save();
        Ok(Rdt(root, "run", "--bundle", b.Dir, NewId()));
        Assert.Equal("MB:0=50\n", File.ReadAllText(Path.Combine(root, "silver", "schemata")));
        b.Linux["intelRdt"] = new JsonObject { ["closID"] = "/" };
        b.Save();
        Ok(Rdt(root, "run", "--bundle", b.Dir, NewId()));
        Assert.True(File.Exists(Path.Combine(root, "tasks")));
    }

    [Fact]
    public void Update_changes_the_schemata_of_the_containers_group()
    {
        var root = NewResctrl();
        var b = NewBundle("sleep", "60");
        b.Linux["intelRdt"] = new JsonObject { ["l3CacheSchema"] = "L3:0=f;1=f0", ["memBwSchema"] = "MB:0=20;1=70" };
        b.Save();
        var id = NewId();
        Ok(Rdt(root, "run", "--detach", "--bundle", b.Dir, id));
        WillDelete(id);
        var schemata = Path.Combine(root, id, "schemata");
        Ok(Rdt(root, "update", "--l3-cache-schema", "L3:0=3\nMB:0=1", "--mem-bw-schema=MB:0=50", id));
        Assert.Equal("L3:0=3\nMB:0=50\n", File.ReadAllText(schemata));
        Ok(Rdt(root, "update", "--mem-bw-schema", "MB:1=30", id));
        Assert.Equal("MB:1=30\n", File.ReadAllText(schemata));
        Fails(Rdt(root, "update", "--mem-bw-schema", "L3:0=1", id), 1, "--mem-bw-schema", "MB:");
        Fails(Rdt(root, "update", "--l3-cache-schema", "lots", id), 1, "--l3-cache-schema", "L3:0=f");
        // Another part of the update fails: this one is taken back.
        Fails(Rdt(root, "update", "--mem-bw-schema", "MB:1=99", "--cpuset-cpus", "99999", id), 1, "linux.resources.cpu.cpus");
        Assert.Equal("MB:1=30\n", File.ReadAllText(schemata));
        Ok(Rdt(root, "delete", "--force", id));
        Fails(Rdt(root, "update", "--l3-cache-schema", "L3:0=3", StartSleeper()), 1, "--l3-cache-schema", "linux.intelRdt");
    }

    [Fact]
    public void Events_tell_of_the_resctrl_group()
    {
        var root = NewResctrl();
        void Say(string file, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, file))!);
            File.WriteAllText(Path.Combine(root, file), text);
        }
        Say("schemata", "    MB:0=100;1=100\n    L3:0=fffff;1=fffff\n");
        Say("info/L3/cbm_mask", "fffff\n");
        Say("info/L3/min_cbm_bits", "1\n");
        Say("info/L3/num_closids", "16\n");
        Say("info/MB/bandwidth_gran", "10\n");
        Say("info/MB/min_bandwidth", "10\n");
        var b = NewBundle("sleep", "60");
        b.Linux["intelRdt"] = new JsonObject { ["l3CacheSchema"] = "L3:0=f;1=f0" };
        b.Save();
        var id = NewId();
        Ok(Rdt(root, "run", "--detach", "--bundle", b.Dir, id));
        WillDelete(id);
        Say(id + "/mon_data/mon_L3_00/mbm_total_bytes", "4096\n");
        Say(id + "/mon_data/mon_L3_00/mbm_local_bytes", "Unavailable\n");
        Say(id + "/mon_data/mon_L3_00/llc_occupancy", "1024\n");
        var rdt = JsonNode.Parse(Ok(Rdt(root, "events", "--stats", id)).Out)!["data"]!["intel_rdt"]!;
        Assert.Equal("""
            {"l3_cache_info":{"cbm_mask":"fffff","min_cbm_bits":1,"num_closids":16},"l3_cache_schema_root":"L3:0=fffff;1=fffff",
            "l3_cache_schema":"L3:0=f;1=f0","mem_bw_info":{"bandwidth_gran":10,"min_bandwidth":10},"mem_bw_schema_root":"MB:0=100;1=100",
            "schemata":["L3:0=f;1=f0"],"mbm_stats":[{"mbm_total_bytes":4096}],"cmt_stats":[{"llc_occupancy":1024}]}
            """.Replace("\n", "", StringComparison.Ordinal), rdt.ToJsonString());
        Directory.Delete(Path.Combine(root, id, "mon_data"), recursive: true);
        Ok(Rdt(root, "delete", "--force", id));
        Assert.Equal("{}",
            JsonNode.Parse(Ok(Rdt(root, "events", "--stats", StartSleeper())).Out)!["data"]!["intel_rdt"]!.ToJsonString());
    }

    [Fact]
    public void Directory_that_is_not_of_resctrl_is_not_taken_for_it()
    {
        var root = NewResctrl();
        var b = NewBundle("exit", "0");
        b.Linux["intelRdt"] = new JsonObject { ["l3CacheSchema"] = "L3:0=f" };
        b.Save();
        Fails(Rdt("=" + root, "create", "--bundle", b.Dir, NewId()), 1, "linux.intelRdt", "no resctrl file system is mounted");
        Assert.Equal(2, Directory.GetFileSystemEntries(root).Length);
        Ok(Rdt(root, "run", "--bundle", b.Dir, NewId()));
    }

    [Fact]
    public void Intel_rdt_without_resctrl_is_an_error()
    {
        if (File.ReadLines("/proc/self/mountinfo").Any(l => l.Contains(" - resctrl ", StringComparison.Ordinal)))
        {
            return;
        }
        var b = NewBundle("exit", "0");
        b.Linux["intelRdt"] = new JsonObject { ["closID"] = "x" };
        Refused(b, "linux.intelRdt", "resctrl");
    }

    /// <summary>Runs the runtime in a network namespace that a shell prepares, and looks at afterwards.</summary>
    Result InNetwork(string prepare, Bundle b, string after = ":") =>
        Command.Run("/usr/bin/unshare",
        ["--net", "/bin/sh", "-ec", prepare + $"; code=0; \"$0\" \"$@\" || code=$?; {after}; exit $code", Host.Runtime, "--root",
        Root, "run", "--bundle", b.Save().Dir, NewId()],
            env: ChildEnvironment);

    [Fact]
    public void Network_device_keeps_its_permanent_addresses_of_both_families()
    {
        var b = NewBundle("report", "--", "cat", "/proc/net/fib_trie", "--", "cat", "/proc/net/if_inet6");
        b.Linux["netDevices"] = new JsonObject { ["oci0"] = new JsonObject(), ["oci1"] = new JsonObject { ["name"] = "second" } };
        var r = Ok(InNetwork("ip link add oci0 type veth peer name oci9; ip link add oci1 type veth peer name oci2; ip addr " +
            "add 192.0.2.9/24 dev oci0; " +
            "ip addr add 192.0.2.10/24 dev oci0; ip -6 addr add 2001:db8::7/64 dev oci1; ip link set oci1 up", b));
        var seen = new Seen(r.Out);
        Assert.Equal("lo,oci0,second", string.Join(',', seen["links"].Split(',').Order(StringComparer.Ordinal)));
        Assert.Contains("192.0.2.9", seen["cat:/proc/net/fib_trie"], StringComparison.Ordinal);
        Assert.Contains("192.0.2.10", seen["cat:/proc/net/fib_trie"], StringComparison.Ordinal);
        var six = seen["cat:/proc/net/if_inet6"].Split('\n');
        Assert.Contains(six, l => l.StartsWith("20010db8000000000000000000000007", StringComparison.Ordinal)
            && l.EndsWith("second", StringComparison.Ordinal));
    }

    [Fact]
    public void Network_device_is_there_before_the_hooks_and_missing_ones_are_errors()
    {
        var log = Path.Combine(Temp, "links");
        var b = NewBundle("exit", "0").Hook("createRuntime", "/bin/sh",
            ["sh", "-c", $"nsenter -t $(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/') -n ip -o link > {log}"]);
        b.Linux["netDevices"] = new JsonObject { ["oci0"] = new JsonObject { ["name"] = "inner" } };
        Ok(InNetwork("ip link add oci0 type veth peer name oci9", b));
        var inner = File.ReadLines(log).Single(l => l.Contains("inner", StringComparison.Ordinal));
        Assert.Contains("UP", inner, StringComparison.Ordinal);
        Fails(InNetwork("true", b), 1, "linux.netDevices", "oci0");
        b.Linux["netDevices"] = new JsonObject { ["oci0"] = new JsonObject { ["name"] = "lo" } };
        Fails(InNetwork("ip link add oci0 type veth peer name oci9", b), 1, "linux.netDevices", "EEXIST");
        AssertNothingLeft();
    }

    /// <summary>A name with %d is numbered by the kernel, whatever is in the container's namespace already.</summary>
    [Fact]
    public void Network_device_with_a_template_for_a_name_gets_the_next_free_one()
    {
        var b = NewBundle("report", "--", "cat", "/proc/net/fib_trie");
        b.Linux["netDevices"] = new JsonObject
        {
            ["net0"] = new JsonObject { ["name"] = "net%d" },
            ["oci1"] = new JsonObject { ["name"] = "net%d" },
            ["oci2"] = new JsonObject { ["name"] = "other%d" },
        };
        var r = Ok(InNetwork("ip link add net0 type veth peer name oci9; ip link add oci1 type veth peer name oci8; ip link " +
            "add oci2 type veth peer name oci7; " +
            "ip addr add 192.0.2.9/24 dev oci1", b));
        var seen = new Seen(r.Out);
        Assert.Equal("lo,net0,net1,other0", string.Join(',', seen["links"].Split(',').Order(StringComparer.Ordinal)));
        Assert.Contains("192.0.2.9", seen["cat:/proc/net/fib_trie"], StringComparison.Ordinal);
    }

    /// <summary>The kernel would move it, fail to rename it and leave it there.</summary>
    [Fact]
    public void Network_device_whose_new_name_is_taken_stays_where_it_is()
    {
        var b = NewBundle("exit", "0");
        b.Linux["netDevices"] = new JsonObject { ["oci0"] = new JsonObject { ["name"] = "lo" } };
        var r = InNetwork("ip link add oci0 type veth peer name oci9", b, "ip -o link show oci0");
        Fails(r, 1, "linux.netDevices.oci0", "EEXIST");
        Assert.Contains("oci0", r.Out, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    Socket NotifyServer(out string address, bool isAbstract = false)
    {
        var server = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var path = isAbstract ? "\0" + Tag + "notify" : Path.Combine(Temp, "notify.sock");
        server.Bind(new UnixDomainSocketEndPoint(path));
        server.ReceiveTimeout = 5000;
        address = isAbstract ? "@" + path[1..] : path;
        return server;
    }

    static string Receive(Socket server)
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, server.Receive(buffer));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Start_returns_when_the_payload_is_ready_and_tells_its_pid(bool isAbstract)
    {
        using var server = NotifyServer(out var address, isAbstract);
        var env = new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = address };
        var b = NewBundle("sleep", "0.7", "--", "notify", "STATUS=up\nMAINPID=1\nREADY=1", "--", "sleep", "60").Save();
        var id = NewId();
        Ok(OciWith(["create", "--bundle", b.Dir, id], env: env));
        WillDelete(id);
        using var start = OciStart(["start", id], env: env);
        var message = Receive(server);
        Assert.Equal($"STATUS=up\nREADY=1\nMAINPID={Pid(id)}\n", message);
        Assert.Equal("BARRIER=1", Receive(server));
        var r = Ok(start.Wait());
        Assert.True(r.Seconds > 0.5, r.ToString());
        Assert.Equal("running", Status(id));
    }

    [Fact]
    public void Wait_for_readiness_ends_with_the_payload()
    {
        using var server = NotifyServer(out var address);
        var b = NewBundle("sleep", "0.3").Save();
        var id = NewId();
        Ok(OciWith(["run", "--detach", "--bundle", b.Dir, id],
            env: new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = address }));
        WillDelete(id);
        WaitStatus(id, "stopped");
    }

    [Fact]
    public void Notify_directory_is_read_only_inside_and_gone_afterwards()
    {
        using var server = NotifyServer(out var address);
        var b = NewBundle("report", "--", "append", "/run/notify/x", "y", "--", "notify", "READY=1");
        b.Process["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1000 };
        b.Config["root"]!["readonly"] = false;
        b.Save();
        var seen =
            new Seen(
            Ok(OciWith(["run", "--bundle", b.Dir, NewId()], env: new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = address }))
            .Out);
        Assert.StartsWith("READY=1\n", Receive(server), StringComparison.Ordinal);
        var mount = seen.Mount("/run/notify");
        Assert.True(mount.Has("ro") && mount.Has("nosuid") && mount.Has("nodev") && mount.Has("noexec"), mount.Text);
        Assert.Equal("EROFS", seen["append:/run/notify/x"]);
        AssertNothingLeft();
    }

    [Fact]
    public void Hooks_of_a_container_with_a_time_namespace_run_in_the_runtimes_own()
    {
        var b = NewBundle("exit", "0");
        b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "time" });
        b.Linux["timeOffsets"] = new JsonObject { ["boottime"] = new JsonObject { ["secs"] = 1000000 } };
        var log = Path.Combine(Temp, "time");
        foreach (var kind in (string[])["prestart", "createRuntime", "poststart", "poststop"])
        {
            b.Hook(kind, "/bin/sh", ["sh", "-c", $"echo {kind} $(readlink /proc/self/ns/time) >> {log}"]);
        }
        Ok(RunRaw(b));
        var own = Host.Namespace("time");
        Assert.Equal([$"prestart {own}", $"createRuntime {own}", $"poststart {own}", $"poststop {own}"], File.ReadAllLines(log));
    }

    [Fact]
    public void Environment_entry_that_is_too_long_or_has_a_NUL_is_named()
    {
        var b = NewBundle("exit", "0");
        b.Process["env"]!.AsArray().Add((JsonNode?)JsonValue.Create("LONG=" + new string('x', 128 << 10)));
        Refused(b, "process.env[2]", "LONG");
        b.Process["env"]!.AsArray()[2] = "BAD=a\0b";
        Refused(b, "process.env[2]");
    }

    [Fact]
    public void Too_much_environment_is_explained()
    {
        var b = NewBundle("exit", "0");
        for (var i = 0; i < 80; i++)
        {
            b.Process["env"]!.AsArray().Add((JsonNode?)JsonValue.Create($"V{i}=" + new string('x', 120000)));
        }
        var r = RunRaw(b);
        Fails(r, 1, "argument list too long");
        AssertNothingLeft();
    }
}
