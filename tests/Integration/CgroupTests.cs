using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using OciRun.Kernel;
using OciRun.Syscalls;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>cgroup v2: where the container's cgroup is, what is in it, and that it goes. Works with any set of controllers: where
/// one is missing, the error is what the test expects.</summary>
public sealed class CgroupTests : ContainerTest
{
    [Fact]
    public void Absolute_path_is_below_the_cgroup2_mount()
    {
        var path = $"/{Tag}abs/inner";
        var id = StartSleeper(b => b.Linux["cgroupsPath"] = path);
        Assert.Equal(path, Host.CgroupOf(Pid(id)));
        Assert.True(Directory.Exists(Host.Cgroup2 + path));
        Ok(Oci("delete", "-f", id));
        Assert.False(Directory.Exists(Host.Cgroup2 + path));
        if (Directory.Exists(Host.Cgroup2 + $"/{Tag}abs"))
        {
            Directory.Delete(Host.Cgroup2 + $"/{Tag}abs");
        }
    }

    /// <summary>As with runc: a config that was written for cgroup v1 runs on. podman takes a log with more than the error for
    /// broken.</summary>
    [Fact]
    public void What_only_cgroup_v1_had_is_ignored_with_warnings()
    {
        var b = NewBundle("exit", "0").Edit(b => b.Linux["resources"] = JsonNode.Parse("""
            {"memory": {"swappiness": 60, "disableOOMKiller": true, "kernel": 1000000, "kernelTCP": 1000000,
            "useHierarchy": true},
             "cpu": {"realtimeRuntime": 950000, "realtimePeriod": 1000000},
             "blockIO": {"leafWeight": 10, "weightDevice": [{"major": 8, "minor": 0, "leafWeight": 300}]},
             "network": {"classID": 1048577, "priorities": [{"name": "lo", "priority": 500}]}}
            """)).Save();
        string[] ignored = ["memory.swappiness", "memory.disableOOMKiller", "memory.kernel", "memory.kernelTCP",
            "cpu.realtimeRuntime",
            "cpu.realtimePeriod", "blockIO.leafWeight", "blockIO.weightDevice[0].leafWeight", "network.classID",
            "network.priorities"];
        var r = Ok(Oci("run", "--bundle", b.Dir, NewId()));
        Assert.All(ignored, path => Assert.Contains($"oci-run: warning: linux.resources.{path}: ", r.Err,
            StringComparison.Ordinal));
        var log = Path.Combine(Temp, "log");
        r = Ok(Oci("--log", log, "run", "--bundle", b.Dir, NewId()));
        Assert.Equal("", r.Err + File.ReadAllText(log));
        r = Ok(Oci("check", "--bundle", b.Dir));
        Assert.All(ignored, path => Assert.Contains("warning   linux.resources." + path, r.Out, StringComparison.Ordinal));
        Assert.DoesNotContain("ignored", Ok(Oci("check", "--spec", "--bundle", b.Dir)).Out, StringComparison.Ordinal);
    }

    /// <summary>The kernel's verifier gives up, with EAGAIN, when a signal is pending.</summary>
    [Fact]
    public void Signals_do_not_keep_the_device_filter_from_being_loaded()
    {
        for (var i = 0; i < 25; i++)
        {
            var b = NewBundle("exit", "0");
            b.Save();
            var run = OciStart(["run", "--bundle", b.Dir, NewId()]);
            while (!run.HasExited)
            {
                Host.Kill(run.Pid, 23 /* SIGURG */);
            }
            var r = run.Wait();
            Assert.True(r.Code == 0, r.ToString());
        }
    }

    [Fact]
    public void Relative_path_is_below_the_callers_cgroup()
    {
        var id = StartSleeper(b => b.Linux["cgroupsPath"] = Tag + "rel");
        Assert.EndsWith("/" + Tag + "rel", Host.CgroupOf(Pid(id)), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_path_the_leaf_is_the_id()
    {
        var id = StartSleeper();
        Assert.EndsWith("/" + id, Host.CgroupOf(Pid(id)), StringComparison.Ordinal);
    }

    [Fact]
    public void Path_cannot_climb_out()
    {
        var id = StartSleeper(b => b.Linux["cgroupsPath"] = $"../../../../{Tag}up");
        Assert.EndsWith($"/{Tag}up", Host.CgroupOf(Pid(id)), StringComparison.Ordinal);
        Assert.True(Directory.Exists(Host.Cgroup2 + Host.CgroupOf(Pid(id))));
        id = StartSleeper(b => b.Linux["cgroupsPath"] = $"/../../../../{Tag}abs");
        Assert.EndsWith($"/{Tag}abs", Host.CgroupOf(Pid(id)), StringComparison.Ordinal);
    }

    [Fact]
    public void Init_is_in_its_cgroup_when_create_returns()
    {
        var id = Create(NewBundle("sleep", "60"));
        Assert.Contains(Pid(id).ToString(CultureInfo.InvariantCulture),
            File.ReadAllLines(Host.Cgroup2 + Host.CgroupOf(Pid(id)) + "/cgroup.procs"));
    }

    [Fact]
    public void Cgroup_that_has_processes_is_refused()
    {
        var path = $"/{Tag}busy";
        StartSleeper(b => b.Linux["cgroupsPath"] = path);
        var second = NewBundle("exit", "0");
        second.Linux["cgroupsPath"] = path;
        Fails(CreateRaw(second), 1, "linux.cgroupsPath");
    }

    [Fact]
    public void Empty_cgroup_that_exists_is_used_and_removed()
    {
        var dir = Directory.CreateDirectory(Host.Cgroup2 + $"/{Tag}made").FullName;
        var b = NewBundle("exit", "0");
        b.Linux["cgroupsPath"] = $"/{Tag}made";
        Ok(RunRaw(b));
        Assert.False(Directory.Exists(dir));
    }

    [Fact]
    public void Delete_removes_sub_cgroups_too()
    {
        var id = StartSleeper();
        var dir = Host.Cgroup2 + Host.CgroupOf(Pid(id));
        Directory.CreateDirectory(dir + "/a/b");
        Ok(Oci("delete", "-f", id));
        Assert.False(Directory.Exists(dir));
    }

    /// <summary>Whoever a cgroup is delegated to can nest cgroups as deep as memory allows. Removing them took a descriptor and a
    /// piece of the stack for each level.</summary>
    [Fact]
    public void Depth_of_sub_cgroups_is_no_obstacle_to_delete()
    {
        var id = StartSleeper();
        using (var deepest = Nest(Host.Cgroup2 + Host.CgroupOf(Pid(id)), 1500))
        {
            Syscall.MkdirAt(deepest, "leaf", 0x1ff);
        }
        var dir = Host.Cgroup2 + Host.CgroupOf(Pid(id));
        Ok(OciWith(["ps", id], shell: "ulimit -n 64;"));
        Ok(OciWith(["delete", "-f", id], shell: "ulimit -n 64; ulimit -s 512;"));
        Assert.False(Directory.Exists(dir));
    }

    static SafeFd Nest(string directory, int levels)
    {
        var at = Syscall.Open(directory, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        for (var i = 0; i < levels; i++)
        {
            Syscall.MkdirAt(at, "n", 0x1ff);
            var next = Syscall.OpenAt(at, "n", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
            at.Dispose();
            at = next;
        }
        return at;
    }

    /// <summary>The kernel's verifier gave up at 500 rules, after two seconds.</summary>
    [Fact]
    public void A_filter_for_thousands_of_devices_is_loaded()
    {
        var b = NewBundle("exit", "0");
        var rules = new JsonArray(new JsonObject { ["allow"] = false, ["access"] = "rwm" });
        for (var i = 0; i < 5000; i++)
        {
            rules.Add((JsonNode)new JsonObject
            {
                ["allow"] = true,
                ["type"] = "c",
                ["major"] = 1000 + (i / 1000),
                ["minor"] = i % 1000,
                ["access"] = "rw"
            });
        }
        b.Linux["resources"]!["devices"] = rules;
        Ok(RunRaw(b));
    }

    [Fact]
    public void Ps_and_delete_reach_processes_in_sub_cgroups()
    {
        var id = Start(NewBundle("fork", "1", "60", "--", "sleep", "60"));
        Assert.True(Host.Eventually(() => Pids(id).Count == 2));
        var dir = Host.Cgroup2 + Host.CgroupOf(Pid(id));
        Directory.CreateDirectory(dir + "/sub");
        var child = Pids(id).First(p => p != Pid(id));
        File.WriteAllText(dir + "/sub/cgroup.procs", child.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(2, Pids(id).Count);
        Ok(Oci("delete", "-f", id));
        Assert.False(Host.IsAlive(child));
    }

    [Fact]
    public void Pids_limit_holds_or_is_refused_by_name()
    {
        var b = NewBundle("fork", "10", "0.5");
        b.Linux["resources"]!["pids"] = new JsonObject { ["limit"] = 4 };
        if (!Host.Controllers.Contains("pids"))
        {
            Refused(b, "linux.resources.pids.limit", "pids");
            return;
        }
        var seen = Run(b);
        Assert.Equal("3", seen["forked"]);
        Assert.Equal("EAGAIN", seen["fork.error"]);
    }

    [Fact]
    public void Memory_limit_holds_or_is_refused_by_name()
    {
        var b = NewBundle("alloc", "64", "--", "print", "survived");
        b.Linux["resources"]!["memory"] = new JsonObject { ["limit"] = 16 << 20, ["swap"] = 16 << 20 };
        if (!Host.Controllers.Contains("memory"))
        {
            Refused(b, "linux.resources.memory.limit", "memory");
            return;
        }
        var r = RunRaw(b);
        Assert.Equal(137, r.Code);
    }

    [Fact]
    public void Cpu_quota_is_written_or_refused_by_name()
    {
        var b = NewBundle("sleep", "60");
        b.Linux["resources"]!["cpu"] = new JsonObject { ["quota"] = 20000, ["period"] = 50000 };
        if (!Host.Controllers.Contains("cpu"))
        {
            Refused(b, "linux.resources.cpu", "cpu");
            return;
        }
        var id = Start(b);
        Assert.Equal("20000 50000", File.ReadAllText(Host.Cgroup2 + Host.CgroupOf(Pid(id)) + "/cpu.max").Trim());
    }

    [Fact]
    public void Values_that_equal_the_kernels_defaults_need_no_controller()
    {
        var b = NewBundle("exit", "0");
        b.Linux["resources"]!["cpu"] = new JsonObject { ["shares"] = 1024 };
        b.Linux["resources"]!["pids"] = new JsonObject { ["limit"] = -1 };
        b.Linux["resources"]!["memory"] = new JsonObject { ["limit"] = -1 };
        Ok(RunRaw(b));
    }

    [Fact]
    public void Unified_key_is_written()
    {
        var id = StartSleeper(b => b.Linux["resources"]!["unified"] = new JsonObject { ["cgroup.max.descendants"] = "7" });
        Assert.Equal("7", File.ReadAllText(Host.Cgroup2 + Host.CgroupOf(Pid(id)) + "/cgroup.max.descendants").Trim());
    }

    [Fact]
    public void Hugetlb_limit_is_written_or_refused_by_name()
    {
        var b = NewBundle("sleep", "60");
        b.Linux["resources"]!["hugepageLimits"] = new JsonArray(new JsonObject { ["pageSize"] = "2MB", ["limit"] = 4 << 20 });
        if (!Host.Controllers.Contains("hugetlb"))
        {
            Refused(b, "linux.resources.hugepageLimits[0]", "hugetlb");
            return;
        }
        var id = Start(b);
        Assert.Equal("4194304", File.ReadAllText(Host.Cgroup2 + Host.CgroupOf(Pid(id)) + "/hugetlb.2MB.max").Trim());
    }

    [Fact]
    public void Container_that_dies_leaves_its_cgroup_until_delete()
    {
        var b = NewBundle("exit", "0");
        b.Linux["cgroupsPath"] = $"/{Tag}stay";
        var id = Start(b);
        WaitStatus(id, "stopped");
        Ok(Oci("delete", id));
        Assert.False(Directory.Exists(Host.Cgroup2 + $"/{Tag}stay"));
    }

    List<int> Pids(string id) => [.. (JsonNode.Parse(Ok(Oci("ps", "--format", "json", id)).Out)?.AsArray() ?? [])
        .Select(n => (int)n!)];
}
