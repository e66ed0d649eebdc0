using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>The rest of config.json: scheduling, personality, memory policy, keyring, seccomp, id-mapped mounts, network devices,
/// file descriptors.</summary>
public sealed class FieldTests : ContainerTest
{
    [Theory]
    [InlineData("SCHED_OTHER", 5, 0, "0", "0", "5")]
    [InlineData("SCHED_BATCH", 7, 0, "3", "0", "7")]
    [InlineData("SCHED_IDLE", 0, 0, "5", "0", "0")]
    [InlineData("SCHED_FIFO", 0, 10, "1", "10", "0")]
    [InlineData("SCHED_RR", 0, 11, "2", "11", "0")]
    public void Scheduler_policy_is_set(string policy, int nice, int priority, string number, string seenPriority,
        string seenNice)
    {
        var b = NewBundle("report");
        b.Process["scheduler"] = new JsonObject { ["policy"] = policy, ["nice"] = nice, ["priority"] = priority };
        var seen = Run(b);
        Assert.Equal((number, seenPriority), (seen["sched.policy"], seen["sched.priority"]));
        // Only these two policies take a nice value; under the others the caller's stays.
        Assert.True(policy is not ("SCHED_OTHER" or "SCHED_BATCH") || seen["nice"] == seenNice, seen["nice"]);
    }

    [Fact]
    public void Scheduler_deadline_has_its_times()
    {
        var b = NewBundle("report");
        b.Process["scheduler"] = new JsonObject
        {
            ["policy"] = "SCHED_DEADLINE",
            ["runtime"] = 1000000,
            ["deadline"] = 10000000,
            ["period"] = 20000000
        };
        var seen = Run(b);
        Assert.Equal(("6", "1000000", "10000000", "20000000"),
            (seen["sched.policy"], seen["sched.runtime"], seen["sched.deadline"], seen["sched.period"]));
    }

    [Fact]
    public void Scheduler_flags_are_set()
    {
        var b = NewBundle("report");
        b.Process["scheduler"] = new JsonObject
        {
            ["policy"] = "SCHED_OTHER",
            ["flags"] = Bundle.Strings("SCHED_FLAG_RESET_ON_FORK")
        };
        Assert.Equal("1", Run(b)["sched.flags"]);
    }

    [Theory]
    [InlineData("IOPRIO_CLASS_BE", 3, "2:3")]
    [InlineData("IOPRIO_CLASS_RT", 0, "1:0")]
    [InlineData("IOPRIO_CLASS_IDLE", 0, "3:0")]
    public void Io_priority_is_set(string name, int priority, string expected)
    {
        var b = NewBundle("report");
        b.Process["ioPriority"] = new JsonObject { ["class"] = name, ["priority"] = priority };
        Assert.Equal(expected, Run(b)["ioprio"]);
    }

    [Fact]
    public void Callers_affinity_is_not_inherited()
    {
        var b = NewBundle("report").Save();
        var all = Run(NewBundle("report"))["affinity"];
        var r = Ok(Command.Run("/usr/bin/taskset", ["-c", "0", Host.Runtime, "--root", Root, "run", "--bundle", b.Dir, NewId()],
            env: ChildEnvironment));
        Assert.Equal(all, new Seen(r.Out)["affinity"]);
    }

    [Fact]
    public void Exec_affinity_is_set()
    {
        var id = StartSleeper(b => b.Process["execCPUAffinity"] = new JsonObject { ["initial"] = "0", ["final"] = "0" });
        Assert.Equal("0", Exec(id, [], "report")["affinity"]);
    }

    [Fact]
    public void Personality_LINUX32_changes_the_machine()
    {
        var b = NewBundle("report");
        b.Linux["personality"] = new JsonObject { ["domain"] = "LINUX32" };
        var seen = Run(b);
        Assert.Equal("8", seen["personality"]);
        Assert.Equal("i686", seen["machine"]);
    }

    [Theory]
    [InlineData("MPOL_BIND", "0", "2:1")]
    [InlineData("MPOL_INTERLEAVE", "0", "3:1")]
    [InlineData("MPOL_PREFERRED", "0", "1:1")]
    [InlineData("MPOL_LOCAL", null, "4:0")]
    public void Memory_policy_is_set(string mode, string? nodes, string expected)
    {
        var b = NewBundle("report");
        var policy = new JsonObject { ["mode"] = mode };
        if (nodes != null)
        {
            policy["nodes"] = nodes;
        }
        b.Linux["memoryPolicy"] = policy;
        Assert.Equal(expected, Run(b)["mempolicy"]);
    }

    [Fact]
    public void Session_keyring_is_new_unless_told_otherwise()
    {
        var seen = Run(NewBundle("report"));
        Assert.EndsWith(";3f000000;_ses", seen["keyring"], StringComparison.Ordinal);
        var host = new Seen(Ok(Command.Run(Host.Probe, ["report"])).Out);
        Assert.Equal(host["keyring.id"], Run(NewBundle("report"), "--no-new-keyring")["keyring.id"]);
    }

    [Fact]
    public void Session_keyring_of_one_container_is_closed_to_another()
    {
        var b = NewBundle("report", "--", "sleep", "60").Save();
        string id = NewId();
        string log = System.IO.Path.Combine(NewDirectory("out"), "log");
        Ok(OciWith(["create", "--bundle", b.Dir, id], redirect: $">'{log}'"));
        WillDelete(id);
        Ok(Oci("start", id));
        Assert.True(Host.Eventually(() => System.IO.File.ReadAllText(log).Contains("keyring.id=", StringComparison.Ordinal)));
        string serial = new Seen(System.IO.File.ReadAllText(log))["keyring.id"];
        var other = Run(NewBundle("keyring", "_ses." + id, serial));
        Assert.Equal("EACCES", other["keyring.linked"]);
        Assert.NotEqual(serial, other["keyring.joined"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Seccomp_denies_with_the_given_errno(bool noNewPrivileges)
    {
        var b = NewBundle("mkdir", "/dev/shm/x", "--", "report", "--", "syscall", "39");
        b.Process["noNewPrivileges"] = noNewPrivileges;
        b.Linux["seccomp"] = Filter("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", 99, "mkdir", "mkdirat"));
        var seen = Run(b);
        Assert.Equal("EADDRNOTAVAIL", seen["mkdir:/dev/shm/x"]);
        Assert.Equal("2", seen["Seccomp"]);
        Assert.Equal("1", seen["syscall:39"]);
        Assert.Equal(noNewPrivileges ? "1" : "0", seen["NoNewPrivs"]);
    }

    [Fact]
    public void Seccomp_compares_arguments()
    {
        var b = NewBundle("syscall", "135", "0xffffffff", "--", "syscall", "135", "0x8", "--", "print", "end");
        var rule = Rule("SCMP_ACT_ERRNO", 98, "personality");
        rule["args"] = new JsonArray(new JsonObject { ["index"] = 0, ["value"] = 8, ["op"] = "SCMP_CMP_EQ" });
        b.Linux["seccomp"] = Filter("SCMP_ACT_ALLOW", rule);
        var r = Ok(RunRaw(b));
        Assert.Contains("syscall:135=0\n", r.Out, StringComparison.Ordinal);
        Assert.Contains("syscall:135=EADDRINUSE\n", r.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Seccomp_kill_kills()
    {
        var b = NewBundle("mkdir", "/dev/shm/x", "--", "print", "survived");
        b.Linux["seccomp"] = Filter("SCMP_ACT_ALLOW", Rule("SCMP_ACT_KILL_PROCESS", null, "mkdir", "mkdirat"));
        var r = RunRaw(b);
        Assert.Equal(128 + 31, r.Code);
        Assert.DoesNotContain("survived", r.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Seccomp_profile_newer_syscalls_fail_with_ENOSYS()
    {
        var b = NewBundle("syscall", "460", "--", "syscall", "169", "--", "report");
        b.Linux["seccomp"] = Filter("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", null, Common));
        var seen = Run(b);
        Assert.Equal("ENOSYS", seen["syscall:460"]);
        Assert.Equal("EPERM", seen["syscall:169"]);
    }

    [Fact]
    public void Seccomp_other_architectures_do_not_slip_through()
    {
        var b = NewBundle("x32", "83", "--", "print", "end");
        b.Linux["seccomp"] = Filter("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", 99, "mkdir"));
        var r = RunRaw(b);
        Assert.True(r.Code != 0 || !r.Out.Contains("x32:83=ok", StringComparison.Ordinal), r.ToString());
        b.Args("int80", "39", "--", "print", "end");
        r = RunRaw(b);
        Assert.True(r.Code != 0 || !r.Out.Contains("int80:39=ok", StringComparison.Ordinal), r.ToString());
    }

    [Fact]
    public void Id_mapped_bind_shows_mapped_owners()
    {
        var src = NewDirectory("src");
        Ok(Command.Run("mount", ["-t", "tmpfs", "none", src]));
        try
        {
            File.WriteAllText(Path.Combine(src, "f"), "");
            Host.Chown(Path.Combine(src, "f"), 5, 6);
            var b = NewBundle("stat", "/work/f").Mount("/work", "bind", src, "bind", "idmap");
            var m = b.Mounts[^1]!.AsObject();
            m["uidMappings"] = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 1000, ["size"] = 100 });
            m["gidMappings"] = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 2000, ["size"] = 100 });
            var f = Run(b).Stat("/work/f");
            Assert.Equal(("1005", "2006"), (f.Uid, f.Gid));
        }
        finally
        {
            Ok(Command.Run("umount", [src]));
        }
    }

    [Fact]
    public void Id_mapped_bind_by_the_containers_own_mapping()
    {
        var src = NewDirectory("src");
        Ok(Command.Run("mount", ["-t", "tmpfs", "none", src]));
        try
        {
            File.WriteAllText(Path.Combine(src, "f"), "");
            Host.Chown(Path.Combine(src, "f"), 7, 8);
            Host.Chmod(src, 0x1ff);
            var b = NewBundle("stat", "/work/f", "--", "append", "/work/new", "x").Mount("/work", "bind", src, "bind", "idmap");
            b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "user" });
            b.Linux["uidMappings"] = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 100000, ["size"] = 65536 });
            b.Linux["gidMappings"] = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 100000, ["size"] = 65536 });
            Host.Chmod(Temp, 0x1ed);
            b.OwnedBy(100000, 100000);
            var seen = Run(b);
            Assert.Equal(("7", "8"), (seen.Stat("/work/f").Uid, seen.Stat("/work/f").Gid));
            Assert.Equal("0 0", Command.Run("/usr/bin/stat", ["-c", "%u %g", Path.Combine(src, "new")]).Out.Trim());
        }
        finally
        {
            Ok(Command.Run("umount", [src]));
        }
    }

    [Fact]
    public void Network_device_is_moved_renamed_and_up()
    {
        var name = "oci" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        Ok(Command.Run("ip", ["link", "add", name, "type", "veth", "peer", "name", name + "p"]));
        try
        {
            Ok(Command.Run("ip", ["addr", "add", "192.0.2.7/24", "dev", name]));
            var b = NewBundle("report", "--", "cat", "/proc/net/fib_trie");
            b.Linux["netDevices"] = new JsonObject { [name] = new JsonObject { ["name"] = "eth9" } };
            var seen = Run(b);
            Assert.Equal("eth9,lo", string.Join(',', seen["links"].Split(',').Order(StringComparer.Ordinal)));
            Assert.Contains("192.0.2.7", seen["cat:/proc/net/fib_trie"], StringComparison.Ordinal);
        }
        finally
        {
            Command.Run("ip", ["link", "del", name]);
        }
    }

    [Fact]
    public void Listen_fds_are_passed_with_LISTEN_PID_1()
    {
        var b = NewBundle("report").Save();
        var r = Ok(Command.Run("/bin/sh", ["-c", "export LISTEN_FDS=2 LISTEN_PID=$$; exec \"$0\" \"$@\" 3</etc/passwd " +
            "4</etc/group 5</etc/hosts", Host.Runtime, "--root", Root, "run", "--bundle", b.Dir, NewId()],
            env: ChildEnvironment));
        var seen = new Seen(r.Out);
        Assert.Equal("0,1,2,3,4", seen["openfds"]);
        Assert.Contains("LISTEN_FDS=2", seen.Environment);
        Assert.Contains("LISTEN_PID=1", seen.Environment);
    }

    [Fact]
    public void Notify_socket_is_proxied()
    {
        var socket = Path.Combine(Temp, "notify.sock");
        using var server = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix,
            System.Net.Sockets.SocketType.Dgram, System.Net.Sockets.ProtocolType.Unspecified);
        server.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(socket));
        server.ReceiveTimeout = 5000;
        var b = NewBundle("notify", "READY=1", "--", "report", "--", "sleep", "0.5").Save();
        var r =
            Ok(OciWith(["run", "--bundle", b.Dir, NewId()], env: new Dictionary<string, string?> { ["NOTIFY_SOCKET"] = socket }));
        Assert.Contains("NOTIFY_SOCKET=/run/notify/notify.sock", new Seen(r.Out).Environment);
        var buffer = new byte[4096];
        Assert.Contains("READY=1", System.Text.Encoding.UTF8.GetString(buffer, 0, server.Receive(buffer)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Hosts_environment_is_no_notify_socket_by_default() =>
        Assert.DoesNotContain(Run(NewBundle("report")).Environment, e => e.StartsWith("NOTIFY_SOCKET", StringComparison.Ordinal));

    [Fact]
    public void Labels_are_ignored_where_SELinux_is_off()
    {
        if (Directory.Exists("/sys/fs/selinux/class"))
        {
            return;
        }
        var b = NewBundle("exit", "4");
        b.Process["selinuxLabel"] = "system_u:system_r:container_t:s0:c1,c2";
        b.Linux["mountLabel"] = "system_u:object_r:container_file_t:s0:c1,c2";
        Assert.Equal(4, RunRaw(b).Code);
    }

    [Fact]
    public void Pause_freezes_and_resume_thaws()
    {
        var id = StartSleeper();
        Ok(Oci("pause", id));
        Assert.Equal("paused", Status(id));
        Fails(Oci("exec", id, "/probe", "exit", "0"), 255, "paused");
        Ok(Oci("resume", id));
        Assert.Equal("running", Status(id));
        Fails(Oci("resume", id), 1, "container not paused");
        Ok(Oci("pause", id));
        Ok(Oci("delete", "--force", id));
    }

    static readonly string[] Common =
    [
        "read", "write", "open", "openat", "close", "fstat", "newfstatat", "stat", "lstat", "mmap", "munmap", "mprotect", "brk",
        "ioctl", "fcntl", "readlink", "readlinkat",
        "getdents64", "getpid", "getppid", "getpgid", "getpgrp", "getsid", "getresuid", "getresgid", "getuid", "getgid",
        "setfsuid", "setfsgid", "getgroups", "umask", "getcwd", "uname",
        "prctl", "arch_prctl", "getrlimit", "prlimit64", "socket", "sched_getparam", "sched_getscheduler", "getpriority",
        "sched_getattr", "ioprio_get", "sched_getaffinity", "personality",
        "get_mempolicy", "keyctl", "execve", "exit_group", "exit", "rt_sigaction", "rt_sigprocmask", "set_tid_address",
        "set_robust_list", "rseq", "getrandom", "lseek", "nanosleep",
        "sendto", "recvmsg", "bind", "getsockname", "syscall", "futex", "capset", "capget", "setgroups", "setuid", "setgid",
        "setresuid", "setresgid", "close_range", "chdir", "poll", "sendmsg",
    ];

    static JsonObject Filter(string defaultAction, params JsonObject[] rules) =>
        new()
        {
            ["defaultAction"] = defaultAction,
            ["architectures"] = Bundle.Strings("SCMP_ARCH_X86_64"),
            ["syscalls"] = new JsonArray([.. rules.Select(r => (JsonNode)r)])
        };

    static JsonObject Rule(string action, int? errno, params string[] names)
    {
        var r = new JsonObject { ["names"] = Bundle.Strings(names), ["action"] = action };
        if (errno != null)
        {
            r["errnoRet"] = errno;
        }
        return r;
    }
}
