using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>The plan is the program: what explain prints is what strace sees, of both processes, in that order, and nothing
/// else.</summary>
public sealed class PlanTraceTests : ContainerTest
{
    sealed record Step(string Phase, string Actor, string Text);

    /// <summary>The system calls that a step is known by, in their order; what is not listed may come in between. A step that has
    /// no row fails the test, so that new steps get one. "?" before a call: where what it is for exists.</summary>
    static readonly (string Text, string[] Calls)[] Rows =
    [
        // The runtime.
        ("^make the state directory .*/(?<id>[^/ ]+) and lock it", [@"mkdirat\(.*""{id}""", @"flock\("]),
        ("^write the state: being created", [@"openat\(.*\.state\.json\.new", @"write\(", @"renameat"]),
        ("^write the state: init's process id.*", [@"?renameat"]),
        ("^write the state of the finished container", [@"openat\(.*\.state\.json\.new", @"write\("]),
        ("^put the state in its place", [@"renameat.*""state\.json"""]),
        ("^make the cgroup .*/(?<leaf>[^/ ]+)$", [@"mkdirat\(.*""{leaf}"""]),
        ("^open the cgroup ", [@"open"]),
        ("^listen on the start socket", [@"socket\(AF_UNIX, SOCK_SEQPACKET", @"bind\(.*start\.sock", @"listen\("]),
        ("^make the channel to init", [@"socketpair\(AF_UNIX, SOCK_SEQPACKET", @"memfd_create\("]),
        ("^clone the (init process|process)", [@"clone3\("]),
        ("^attach the device rules", [@"bpf\(BPF_PROG_LOAD", @"bpf\(BPF_PROG_ATTACH"]),
        ("^give the cgroup to user (?<uid>\\d+)", [@"fchownat\(.* {uid}, "]),
        ("^map ids: ", [@"openat\(.*uid_map", @"write\(", @"openat\(.*gid_map", @"write\("]),
        ("^set oom_score_adj to (?<score>-?\\d+)", [@"openat\(.*oom_score_adj", @"write\(.*""{score}"""]),
        ("^wait for init: ", [@"recvmsg\("]),
        ("^(let init go on|give init the word)", [@"write\("]),
        ("^set limits: ", [@"prlimit64\(\d+, RLIMIT_\w+, \{"]),
        ("^write and seal the init program", [@"write\(", @"fcntl\(\d+, F_ADD_SEALS"]),
        ("^write limits: (?<file>[^=]+)=(?<value>\\S+)", [@"openat2\(.*""{file}""", @"write\(.*""{value}"""]),
        ("^take the \\w+ namespace ", [@"ioctl\(\d+, NS_GET_NSTYPE"]),
        ("^clone the mount of (?<path>[^ ;]+)", [@"open_tree\(AT_FDCWD, ""{path}"".*OPEN_TREE_CLONE", @"mount_setattr\("]),
        ("^make a user namespace for the mount's ids",
        [@"clone3\(\{flags=.*CLONE_NEWUSER", @"openat\(.*uid_map", @"openat\(.*gid_map", @"openat\(.*ns/user"]),
        ("^have the next child born in the pid namespace", [@"setns\(\d+, CLONE_NEWPID"]),
        ("^have further children born", [@"setns\(\d+, CLONE_NEWPID"]),
        ("^make a time namespace", [@"unshare\(CLONE_NEWTIME"]),
        ("^set clock offsets: (?<clock>\\w+)", [@"openat\(.*timens_offsets", @"write\(.*""{clock} "]),
        ("^move network devices: ", [@"setns\(\d+, CLONE_NEWNET", @"sendto\("]),
        ("^run the \\w+ hook ", [@"clone3\("]),
        ("^send the seccomp listener to (?<path>\\S+)", [@"pidfd_getfd\(", @"connect\(.*""{path}""", @"sendmsg\("]),
        ("^send the terminal to (?<path>\\S+)", [@"connect\(.*""{path}""", @"sendmsg\("]),
        ("^send a pidfd to (?<path>\\S+)", [@"connect\(.*""{path}""", @"sendmsg\("]),
        ("^write the process id to (?<path>\\S+)", [@"openat\(", @"write\(", @"renameat.*""{path}"""]),
        ("^remove the start socket", [@"connect\(.*start\.sock", @"unlinkat\(.*start\.sock", @"write\(", @"read\("]),
        ("^wait until the payload is executed", [@"poll\("]),
        ("^open the container's init process (?<pid>\\d+)", [@"pidfd_open\({pid}"]),
        ("^open the container's root directory", [@"openat\(.*/root"""]),
        ("^be on the CPUs .* while", [@"sched_setaffinity\("]),
        ("^be on the runtime's own CPUs", [@"sched_setaffinity\("]),
        ("^kill init", [@"pidfd_open\("]),
        ("^remove the cgroup ", [@"unlinkat\(.*AT_REMOVEDIR"]),
        ("^remove the state directory", [@"unlinkat\(.*""state\.json""", @"unlinkat\(.*AT_REMOVEDIR"]),
        // Init, in the runtime's image.
        ("^default signals, no umask", [@"rt_sigaction\(", @"rt_sigprocmask\(SIG_SETMASK, \[\]", @"umask\(", @"close_range\("]),
        ("^run on any CPU", [@"sched_setaffinity\("]),
        ("^join namespaces: ", [@"setns\("]),
        ("^join the container's namespaces: (?!none)", [@"setns\("]),
        ("^join the container's namespaces: none", [@"chroot\("]),
        ("^unshare namespaces: ", [@"unshare\(CLONE_NEW"]),
        ("^become root of the user namespace", [@"setresgid\(0, 0, 0\)", @"setresuid\(0, 0, 0\)"]),
        ("^join a new session keyring", [@"keyctl\(KEYCTL_JOIN_SESSION_KEYRING"]),
        ("^bring the loopback interface up", [@"socket\(AF_INET", @"ioctl\(\d+, SIOCSIFFLAGS"]),
        ("^make all mounts ", [@"mount(_setattr)?\("]),
        ("^bind the rootfs (?<path>\\S+)", [@"{path}", @"move_mount\("]),
        ("^open the rootfs (?<path>\\S+)", [@"{path}"]),
        ("^mount (?<type>\\S+) on (?<path>[^ ,;]+)", [@"fsopen\(""{type}""", @"fsconfig\(\d+, FSCONFIG_CMD_CREATE", @"fsmount\(", @"move_mount\("]),
        ("^bind (?<source>\\S+) on ", [@"?open_tree\(.*""{source}""", @"move_mount\("]),
        ("^make device \\S*/(?<name>[^/ ]+) ", [@"mknodat\(\d+, ""{name}"""]),
        ("^bind device (?<path>\\S+) ", [@"move_mount\("]),
        ("^link (?<path>\\S+) -> (?<target>\\S+)", [@"?symlinkat\(""{target}"""]),
        ("^make the working directory ", [@"openat2\("]),
        ("^allocate a terminal", [@"ioctl\(\d+, TIOCSPTLCK", @"sendmsg\("]),
        ("^make /.* read-only \\(where", [@"openat2\(", @"?move_mount\("]),
        ("^make the mount .* read-only", [@"mount_setattr\("]),
        ("^make sure that the mount is on (?<path>\\S+)", [@"(statx|openat2)\(.*""{path}"""]),
        ("^mask ", [@"openat2\(", @"?move_mount\("]),
        ("^make the root file system read-only", [@"mount_setattr\("]),
        ("^set [a-z]+[./].* = (?<value>.*)$", [@"openat2\(|openat\(", @"write\(.*""{value}"""]),
        ("^pivot to the rootfs", [@"pivot_root\(", @"umount2\("]),
        ("^move the rootfs over /", [@"move_mount\(|mount\(", @"chroot\("]),
        ("^chroot to the rootfs", [@"chroot\("]),
        ("^give the standard streams to uid ", [@"fstat|statx|newfstatat"]),
        ("^wait for the runtime: ", [@"write\(", @"read\("]),
        ("^go on in the sealed init program", [@"execveat\("]),
    ];

    /// <summary>Steps of the sealed program: the calls that they make, all of them and in this order.</summary>
    static readonly (string Text, string[] Calls)[] ProgramRows =
    [
        ("^set the hostname to (?<name>.*)", [@"sethostname\(""{name}"""]),
        ("^set the domain name to (?<name>.*)", [@"setdomainname\(""{name}"""]),
        ("^set the umask to 0*(?<mask>\\d+)", [@"umask\(0*{mask}\)"]),
        ("^set the I/O priority", [@"ioprio_set\("]),
        ("^set the scheduler", [@"sched_setattr\("]),
        ("^set the personality", [@"personality\("]),
        ("^run on the CPUs", [@"sched_setaffinity\("]),
        ("^change to the directory (?<path>.*)", [@"chdir\(""{path}"""]),
        ("^set no_new_privs", [@"prctl\(PR_SET_NO_NEW_PRIVS, 1"]),
        ("^become uid (?<uid>\\d+) gid (?<gid>\\d+)",
            [@"prctl\(PR_SET_KEEPCAPS, 1", @"setresgid\({gid}, {gid}, {gid}\)", @"setresuid\({uid}, {uid}, {uid}\)",
            @"prctl\(PR_SET_KEEPCAPS, 0", @"capset\("]),
        ("^make sure that the working directory", [@"getcwd\("]),
        ("^find the program ", []),
        ("^clone once more", [@"clone\("]),
        ("^load the seccomp filter", [@"seccomp\(SECCOMP_SET_MODE_FILTER"]),
        ("^tell the runtime: ", [@"write\("]),
        ("^wait for start", [@"accept4\("]),
        ("^wait for the runtime's word", [@"read\("]),
        ("^set (?<limit>RLIMIT_\\w+) to ", [@"prlimit64\(0, {limit}, \{"]),
        ("^execute ", [@"execve\("]),
    ];

    /// <summary>Calls that change something, or tell somebody: none may be outside of a step.</summary>
    static readonly Regex Effect = new(@"^(mkdirat|unlinkat|rename\w*|symlinkat|linkat|mknodat|fchmod\w*|fchown\w*|mount|umount2|
        move_mount|open_tree|fsopen|fsmount|mount_setattr|
        pivot_root|chroot|setns|unshare|clone3?|bind|listen|connect|sendmsg|sendto|setres\w+|setgroups|
        capset|sethostname|setdomainname|keyctl|seccomp|
        pidfd_send_signal|kill|memfd_create|execve\w*|sched_set\w+|socketpair|write\w*|ftruncate|
        bpf\(BPF_PROG_(LOAD|ATTACH)|prlimit64\(\d+,\ \w+,\ \{)\(?",
        RegexOptions.IgnorePatternWhitespace);

    List<Step> Explain(params string[] options) => Explain([], options);

    List<Step> Explain(string[] globals, string[] options)
    {
        var r = Ok(Oci([.. globals, "explain", "--format", "json", .. options]));
        return [.. JsonNode.Parse(r.Out)!["steps"]!.AsArray()
            .Select(s => new Step((string)s!["phase"]!, (string)s["actor"]!, (string)s["text"]!))];
    }

    PlanTrace Trace(string name, string[] command, Action? afterwards = null)
    {
        var directory = NewDirectory("trace-" + name);
        var (prefix, timings) = (Path.Combine(directory, "calls"), Path.Combine(directory, "timings.json"));
        using var strace = Command.Start("strace", ["-ff", "-q", "-s", "4096", "-o", prefix, Host.Runtime, "--root", Root,
            "--timings", timings, .. command], env: ChildEnvironment);
        // strace stays as long as a process that it traces.
        Assert.True(Host.Eventually(() => File.Exists(timings) && File.ReadAllText(timings).EndsWith('}')), "no timings: " +
            string.Join(' ', command));
        Assert.True(!strace.ErrSoFar.Contains("error:", StringComparison.Ordinal), strace.ErrSoFar);
        afterwards?.Invoke();
        Ok(strace.Wait(20));
        return new PlanTrace(prefix, timings);
    }

    /// <summary>The plan's steps up to a phase are the trace's, each with its calls, and there is nothing beside them.</summary>
    static void Compare(List<Step> plan, PlanTrace trace, params string[] phases)
    {
        var steps = plan.Where(s => phases.Contains(s.Phase)).ToList();
        var runtime = steps.Where(s => s.Actor == "runtime" || IsGate(s)).Select(s => IsGate(s) ? "wait for init: " +
            s.Text[(s.Text.IndexOf(':') + 2)..] : s.Text);
        Assert.Equal(runtime, trace.Runtime.Select(s => s.Text));
        // What init does after start is in the program that create made.
        var init = plan.Where(s => s.Actor == "init").Select(s => s.Text).ToList();
        var execs = init.FindIndex(t => t.StartsWith("go on in the sealed", StringComparison.Ordinal));
        trace.Runtime.ForEach(step => AssertCalls(step.Text, step.Calls));
        Assert.DoesNotContain(trace.Outside, c => Effect.IsMatch(c));
        if (init.Count > 0)
        {
            Assert.Equal(init.Take(execs + 1), trace.Init.Select(s => s.Text));
            trace.Init.ForEach(step => AssertCalls(step.Text, step.Calls));
            AssertProgram(init.Skip(execs + 1).ToList(), trace.Program);
        }
    }

    static bool IsGate(Step step) => step.Actor == "init" &&
        (step.Text.StartsWith("wait for the runtime: ", StringComparison.Ordinal)
        || step.Text.StartsWith("tell the runtime: ", StringComparison.Ordinal));

    static string[] RowOf((string Text, string[] Calls)[] rows, string text)
    {
        foreach (var (pattern, calls) in rows)
        {
            if (Regex.Match(text, pattern) is { Success: true } m)
            {
                return [
                    .. calls.Select(c => Regex.Replace(c, @"\{(\w+)\}", g => Regex.Escape(m.Groups[g.Groups[1].Value].Value)))];
            }
        }
        Assert.Fail($"no row says by which calls a trace shows: {text}");
        return [];
    }

    static void AssertCalls(string text, List<string> calls)
    {
        var at = 0;
        foreach (var call in RowOf(Rows, text))
        {
            var optional = call.StartsWith('?');
            var found = calls.FindIndex(at, c => Regex.IsMatch(c, call.TrimStart('?')));
            Assert.True(found >= 0 || optional, $"\"{text}\": no {call} from call {at} on in\n" + string.Join('\n', calls));
            at = Math.Max(at, found);
        }
    }

    /// <summary>The table of system calls that the sealed program is: each row's calls after those of the row before.</summary>
    static void AssertProgram(List<string> steps, List<string> calls)
    {
        var at = 0;
        foreach (var text in steps)
        {
            foreach (var call in RowOf(ProgramRows, text))
            {
                var found = calls.FindIndex(at, c => Regex.IsMatch(c, "^" + call));
                Assert.True(found >= 0, $"\"{text}\": no {call} from call {at} on in\n" + string.Join('\n', calls));
                at = found + 1;
            }
        }
    }

    static readonly string[] Creation = ["Prepare", "Spawn", "Join", "MapIds", "Isolate", "Root", "RuntimeHooks",
        "ContainerHooks", "Pivot", "Restrict", "Wait"];
    static readonly string[] Start_ = ["Start", "Exec"];

    /// <summary>create, start and delete of one bundle, each held against what explain says before it.</summary>
    void Check(Bundle bundle, params string[] options)
    {
        bundle.Save();
        var id = NewId();
        string[] arguments = [.. options, "--bundle", bundle.Dir, id];
        var plan = Explain(arguments);
        WillDelete(id);
        var started = new List<Step>();
        PlanTrace? start = null;
        var create = Trace("create", ["create", .. arguments], () =>
        {
            started = Explain("--start", id);
            start = Trace("start", ["start", id]);
        });
        Compare(plan, create, Creation);
        Compare(started, start!, Start_);
        Assert.Equal(Runtime(plan, Start_), Runtime(started, Start_));
        Assert.True(Host.Eventually(() => Status(id) == "stopped"));
        var delete = Explain("--delete", id);
        Compare(delete, Trace("delete", ["delete", id]), "Delete");
        Assert.Equal(Runtime(plan, "Delete").Where(t => !t.StartsWith("kill init", StringComparison.Ordinal)),
            Runtime(delete, "Delete"));
    }

    static IEnumerable<string> Runtime(List<Step> steps, params string[] phases) =>
        steps.Where(s => s.Actor == "runtime" && phases.Contains(s.Phase)).Select(s => s.Text);

    Bundle Exits() => NewBundle("exit", "0");

    [Fact]
    public void Ordinary_container() => Check(Exits(), "--pid-file", Path.Combine(Temp, "pid"));

    [Fact]
    public void No_pivot_no_keyring_and_no_cgroup()
    {
        var b = Exits().WithoutMount("/sys/fs/cgroup").Without("cgroup").Save();
        var id = NewId();
        string[] arguments = ["--no-pivot", "--no-new-keyring", "--bundle", b.Dir, id];
        var plan = Explain(["--cgroup-manager", "disabled"], arguments);
        WillDelete(id);
        Compare(plan, Trace("create", ["--cgroup-manager", "disabled", "create", .. arguments], () => Ok(Oci("start", id))),
            Creation);
        Assert.DoesNotContain(plan, s => s.Text.Contains("cgroup ", StringComparison.Ordinal) && s.Actor == "runtime"
            && !s.Text.StartsWith("write the state", StringComparison.Ordinal));
    }

    [Fact]
    public void New_user_namespace_with_bind_mounts()
    {
        var b = Exits();
        b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "user" });
        b.Linux["uidMappings"] = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 100000, ["size"] = 65536 });
        b.Linux["gidMappings"] = b.Linux["uidMappings"]!.DeepClone();
        b.Mount("/work", "bind", NewDirectory("source"), "rbind", "ro");
        Host.Chmod(Temp, 0x1ed);
        Host.Chmod(b.Dir, 0x1ed);
        Check(b.OwnedBy(100000, 100000));
    }

    [Fact]
    public void Id_mapped_mount_tmpfs_and_read_only_device_directory()
    {
        var b = Exits();
        b.Mount("/work", "bind", NewDirectory("mapped"), "bind", "idmap");
        var map = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 1000, ["size"] = 10 });
        b.Mounts[^1]!["uidMappings"] = map;
        b.Mounts[^1]!["gidMappings"] = map.DeepClone();
        Check(b.Mount("/tmp", "tmpfs", "tmpfs", "tmpcopyup").Mount("/tmp/inner", "tmpfs", "tmpfs", "ro", "size=1m"));
    }

    [Fact]
    public void Joined_namespaces_among_them_the_pid_namespace()
    {
        var pid = Pid(StartSleeper()).ToString(CultureInfo.InvariantCulture);
        var b = Exits();
        foreach (var (type, file) in (ReadOnlySpan<(string, string)>)[("network", "net"), ("ipc", "ipc"), ("uts", "uts"),
            ("pid", "pid")])
        {
            b.Join(type, $"/proc/{pid}/ns/{file}");
        }
        b.Config.Remove("hostname");
        Check(b);
    }

    [Fact]
    public void Time_namespace_kernel_parameter_and_device()
    {
        var b = Exits();
        b.Namespaces.Add((JsonNode)new JsonObject { ["type"] = "time" });
        b.Linux["timeOffsets"] = new JsonObject { ["boottime"] = new JsonObject { ["secs"] = 1000 } };
        b.Linux["sysctl"] = new JsonObject { ["net.ipv4.ip_forward"] = "1", ["kernel.domainname"] = "elsewhere" };
        b.Linux["devices"] = new JsonArray(new JsonObject
        {
            ["path"] = "/dev/own",
            ["type"] = "c",
            ["major"] = 1,
            ["minor"] = 3
        });
        Check(b);
    }

    [Fact]
    public void Hooks_of_all_kinds()
    {
        var b = Exits();
        foreach (var kind in (string[])["prestart", "createRuntime", "createContainer", "poststart", "poststop"])
        {
            b.Hook(kind, "/bin/true");
        }
        Check(b.Hook("startContainer", "/probe", ["probe", "exit", "0"]));
    }

    [Fact]
    public void Attributes_of_the_process()
    {
        var b = Exits();
        b.Config["domainname"] = "domain";
        b.Process["oomScoreAdj"] = 100;
        b.Process["user"] = new JsonObject { ["uid"] = 1000, ["gid"] = 1000, ["umask"] = 63 };
        b.Process["ioPriority"] = new JsonObject { ["class"] = "IOPRIO_CLASS_BE", ["priority"] = 4 };
        b.Process["scheduler"] = new JsonObject { ["policy"] = "SCHED_BATCH", ["nice"] = 3 };
        b.Linux["personality"] = new JsonObject { ["domain"] = "LINUX" };
        b.Process["rlimits"] = new JsonArray(new JsonObject { ["type"] = "RLIMIT_CORE", ["soft"] = 1, ["hard"] = 2 });
        Check(b);
    }

    [Fact]
    public void Seccomp_filter_without_new_privileges_denied()
    {
        var b = Exits();
        b.Process["noNewPrivileges"] = false;
        b.Linux["seccomp"] = JsonNode.Parse("""{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["swapon"],"action":"SCMP_ACT_ERRNO"}]}""");
        Check(b);
    }

    [Fact]
    public void No_mount_namespace()
    {
        var b = Exits().Without("mount");
        b.Mounts.Clear();
        b.Config["root"]!["readonly"] = false;
        b.Linux.Remove("maskedPaths");
        b.Linux.Remove("readonlyPaths");
        Check(b);
    }

    [Fact]
    public void Limits_where_the_host_has_the_controller()
    {
        var b = Exits();
        var (resources, expected) = Host.Controllers.Contains("hugetlb")
            ? ("""{"hugepageLimits":[{"pageSize":"2MB","limit":4194304}]}""", "write limits: hugetlb.2MB.max=4194304")
            : ("""{"unified":{"cgroup.max.depth":"7"}}""", "write limits: cgroup.max.depth=7");
        b.Linux["resources"] = JsonNode.Parse(resources);
        b.Save();
        Assert.Contains(Explain("--bundle", b.Dir), s => s.Text.StartsWith(expected, StringComparison.Ordinal));
        Check(b);
    }

    [Fact]
    public void Process_of_exec()
    {
        var id = StartSleeper(static b => b.Process["rlimits"] = new JsonArray(
            new JsonObject { ["type"] = "RLIMIT_NPROC", ["soft"] = 60, ["hard"] = 70 },
            new JsonObject { ["type"] = "RLIMIT_NOFILE", ["soft"] = 64, ["hard"] = 128 }));
        string[] command = ["--", "/probe", "exit", "0"];
        var plan = Explain(["--exec", id, .. command]);
        Compare(plan, Trace("exec", ["exec", id, .. command[1..]]), [.. Creation, .. Start_]);
        // Born into the pid namespace with all rights gone, whatever the limits are.
        var texts = plan.ConvertAll(static s => s.Text);
        Assert.True(texts.FindIndex(static t => t.StartsWith("clone once more", StringComparison.Ordinal)) >
            texts.FindIndex(static t => t.StartsWith("become uid", StringComparison.Ordinal)));
    }

    [Fact]
    public void Process_of_exec_in_a_container_without_a_mount_namespace()
    {
        var b = NewBundle("sleep", "60").Without("mount");
        b.Mounts.Clear();
        b.Config["root"]!["readonly"] = false;
        b.Linux.Remove("maskedPaths");
        b.Linux.Remove("readonlyPaths");
        var id = Start(b);
        var plan = Explain("--exec", id, "--", "/probe", "exit", "0");
        Compare(plan, Trace("exec", ["exec", id, "/probe", "exit", "0"]), [.. Creation, .. Start_]);
    }

    [Fact]
    public void Deletion_by_force_of_a_container_that_runs()
    {
        var id = StartSleeper();
        Compare(Explain("--delete", id), Trace("delete", ["delete", "--force", id]), "Delete");
    }
}
