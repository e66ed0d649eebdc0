using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Check;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

public sealed class CheckTests
{
    static readonly ControllerSet AllControllers = new("cpuset cpu io memory hugetlb pids rdma misc");

    static string Fixtures => Path.Combine(Repository.Root, "spec-fixtures/configs");

    public static TheoryData<string> Good => [.. Directory.GetFiles(Path.Combine(Fixtures, "good"), "*.json").Select(p =>
        Path.GetFileName(p)!)];

    public static TheoryData<string> Bad => [.. Directory.GetFiles(Path.Combine(Fixtures, "bad"), "*.json").Select(p =>
        Path.GetFileName(p)!)];

    static List<ConfigProblem> Problems(byte[] config)
    {
        var problems = new List<ConfigProblem>();
        ConfigCheck.Run(config, Host(), "cgroupfs", problems);
        return problems;
    }

    /// <summary>A new kernel with everything on.</summary>
    static HostSurvey Host() => new()
    {
        KernelRelease = "6.12.9-amd64",
        IsRoot = true,
        Namespaces = ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"],
        NamespaceLimits = new() { ["user"] = 1000 },
        CgroupMount = "/sys/fs/cgroup",
        Controllers = AllControllers,
        HasApparmor = true,
        HasSelinux = true,
        HasSystemd = true,
        ApparmorProfiles = ["web"],
        SeccompActions = "kill_process kill_thread trap errno user_notif trace log allow",
        KeysUsed = 3,
        KeysAllowed = 200,
        ResctrlMount = "/sys/fs/resctrl",
        HugepageSizes = ["2MB", "1GB"],
        OnlineCpus = "0-3",
        OnlineNodes = "0",
        NetworkInterfaces = ["eth1", "eth2"],
        FileSystems = ["proc", "tmpfs"],
        LastCapability = 40,
        HasCriu = true,
    };

    static BundleSurvey Bundle() => new()
    {
        Rootfs = FileKind.Directory,
        Files = new()
        {
            ["/srv"] = FileKind.Directory,
            ["/run/netns/x"] = FileKind.Other,
            ["/bin/a"] = FileKind.Program,
            ["/bin/b"] = FileKind.Program,
            ["/bin/c"] = FileKind.Program,
            ["/bin/e"] = FileKind.Program,
            ["/bin/f"] = FileKind.Program,
        },
    };

    static RuntimeSpec EveryField() =>
        ConfigReader.Read(File.ReadAllBytes(Path.Combine(Fixtures, "good/every-field.json")), [])!;

    static string[] Find(HostSurvey host, BundleSurvey bundle, RuntimeSpec? spec = null) =>
        [.. BundleFindings.Find(spec ?? EveryField(), [], host, bundle).Select(f => $"{f.Severity} {f.Path}: {f.Message}")];

    [Theory]
    [MemberData(nameof(Good))]
    public void Good_configs_have_no_problem(string file)
    {
        List<ConfigProblem> problems = Problems(File.ReadAllBytes(Path.Combine(Fixtures, "good", file)));
        Assert.DoesNotContain(problems, p => !p.IsWarning);
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Bad_configs_have_the_problems_beside_them(string file)
    {
        string[] found = [.. Problems(File.ReadAllBytes(Path.Combine(Fixtures, "bad", file))).Where(p =>
            !p.IsWarning).Select(p => p.ToString())];
        string[] expected = File.ReadAllLines(Path.Combine(Fixtures, "bad", Path.ChangeExtension(file, ".txt")));
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.StartsWith(pair.First, pair.Second));
    }

    static string Specification => Path.Combine(Fixtures, "specification");

    public static TheoryData<string> GoodBySpecification =>
        [.. Directory.GetFiles(Path.Combine(Specification, "good"), "*.json")];

    public static TheoryData<string> BadBySpecification => [.. Directory.GetFiles(Path.Combine(Specification, "bad"), "*.json")];

    /// <summary>Whatever platform it is for, and whatever this host and this runtime have.</summary>
    [Theory]
    [MemberData(nameof(GoodBySpecification))]
    public void What_the_specification_allows_is_no_error(string file) =>
        Assert.DoesNotContain(SpecificationCheck.Run(File.ReadAllBytes(file)), f => f.Severity == Severity.Error);

    [Theory]
    [MemberData(nameof(BadBySpecification))]
    public void What_the_specification_forbids_is_named(string file)
    {
        List<Finding> findings = SpecificationCheck.Run(File.ReadAllBytes(file));
        string[] found = [.. findings.Where(f => f.Severity == Severity.Error).Select(f =>
            f.Path.Length > 0 ? $"{f.Path}: {f.Message}" : f.Message)];
        Assert.Equal(File.ReadAllLines(Path.ChangeExtension(file, ".txt")), found);
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void What_runs_here_is_also_good_by_the_specification(string file) =>
        Assert.DoesNotContain(SpecificationCheck.Run(File.ReadAllBytes(Path.Combine(Fixtures, "good", file))),
            f => f.Severity == Severity.Error);

    [Fact]
    public void What_this_runtime_alone_refuses_is_a_warning_then()
    {
        List<Finding> findings =
            SpecificationCheck.Run(File.ReadAllBytes(Path.Combine(Specification, "good/linux-shared-namespaces.json")));
        Assert.Equal(
            [
                "hostname", "domainname", "process.scheduler.policy", "mounts[0].destination", "linux.netDevices",
                "linux.sysctl[\"vm.swappiness\"]", "linux.sysctl[\"net.core.somaxconn\"]", "linux.maskedPaths",
                "linux.readonlyPaths",
            ],
            findings.Select(f => f.Path));
    }

    /// <summary>The reader puts an empty value in the place of a wrong one; that it is empty is nobody's fault.</summary>
    [Theory]
    [InlineData("""{"ociVersion":"1.3.0","root":{"path":"r"},"process":5}""", "process: expected an object, got a number")]
    [InlineData("""{"ociVersion":"1.3.0","root":{"path":"r"},"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":["x"]}}}""",
        "linux.seccomp.syscalls[0]: expected an object, got a string")]
    [InlineData("""{"ociVersion":"1.3.0","root":{"path":"r"},"linux":{"resources":{"hugepageLimits":[{"pageSize":2,"limit":1}]}}}""",
        "linux.resources.hugepageLimits[0].pageSize: expected a string, got a number")]
    public void A_wrong_value_is_one_problem(string config, string problem)
    {
        byte[] text = Encoding.UTF8.GetBytes(config);
        Assert.Equal(problem, Assert.Single(Problems(text).FindAll(p => !p.IsWarning)).ToString());
        Finding finding = Assert.Single(SpecificationCheck.Run(text));
        Assert.Equal(problem, $"{finding.Path}: {finding.Message}");
    }

    [Fact]
    public void Sections_of_other_platforms_are_checked_here_too_and_said_to_be_ignored()
    {
        Assert.Equal(
            [
                "freebsd.jail.vnet: \"disable\" is none of new, inherit",
                "freebsd: for another platform than Linux, and so ignored",
            ],
            Problems("""{"ociVersion":"1.3.0","root":{"path":"r"},"process":{"cwd":"/","args":["sh"]},"freebsd":{"jail":{"vnet":"disable"}}}"""u8
                .ToArray()).Select(p => p.ToString()));
    }

    [Fact]
    public void Every_field_of_the_model_is_in_the_fixture_that_claims_so()
    {
        string written = Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(EveryField()));
        // What cgroup v2 has not (or has no more), deadline scheduling beside another policy and the seccomp listener cannot all
        // be valid.
        string[] allowed =
        [
            "Path", "Timeout", "Args", "Env", "Type", "Source", "Options", "UidMappings", "GidMappings", "Name", "Major",
                "Minor", "FileMode",
            "Uid", "Gid", "Access", "Kernel", "KernelTCP", "Swappiness", "DisableOOMKiller", "RealtimeRuntime",
                "RealtimePeriod", "LeafWeight",
            "Network", "ListenerPath", "ListenerMetadata", "ErrnoRet",
        ];
        IEnumerable<string> absent = written.Split(',', '{').Where(m => m.EndsWith(":null")).Select(m =>
            m.Split('"')[1]).Distinct();
        Assert.Empty(absent.Except(allowed));
    }

    [Fact]
    public void A_host_that_has_everything_has_nothing_against_every_field()
    {
        Assert.Empty(Find(Host(), Bundle()));
    }

    [Fact]
    public void Files_that_are_missing_are_named()
    {
        var bundle = new BundleSurvey { Rootfs = FileKind.Other };
        bundle.Files["/bin/a"] = FileKind.Other;
        Assert.Equal(
            [
                "Error root.path: \"rootfs\" is not a directory",
                "Error mounts[1].source: \"/srv\" does not exist",
                "Error linux.namespaces[1].path: \"/run/netns/x\" does not exist",
                "Error hooks.prestart[0].path: \"/bin/a\" is not executable",
                "Error hooks.createRuntime[0].path: \"/bin/b\" does not exist",
                "Error hooks.createContainer[0].path: \"/bin/c\" does not exist",
                "Error hooks.poststart[0].path: \"/bin/e\" does not exist",
                "Error hooks.poststop[0].path: \"/bin/f\" does not exist",
            ],
            Find(Host(), bundle));
    }

    [Fact]
    public void What_a_host_lacks_is_found_at_the_field_that_needs_it()
    {
        HostSurvey host = Host();
        host.KernelRelease = "5.4.0";
        host.Namespaces.Remove("time");
        host.NamespaceLimits["user"] = 0;
        host.HasApparmor = host.HasSelinux = false;
        host.KeysUsed = 200;
        host.ResctrlMount = null;
        host.HugepageSizes = ["1GB"];
        host.OnlineCpus = "0";
        host.OnlineNodes = "1";
        host.NetworkInterfaces = ["eth2"];
        host.FileSystems = [];
        host.SeccompActions = null;
        host.LastCapability = 3;
        RuntimeSpec spec = EveryField();
        spec.Process!.ApparmorProfile = "web";
        Assert.Equal(
            [
                "Error process.apparmorProfile: AppArmor is off on this host",
                "Note process.selinuxLabel: ignored: SELinux is off on this host",
                "Warning process.capabilities.bounding[0]: kernel 5.4 has no CAP_KILL yet",
                "Error process: this user has 200 of 200 keys, and a container's session keyring is one more",
                "Warning mounts[0].type: the kernel has no file system \"proc\" now",
                "Error mounts[1].options[1]: \"rro\" needs Linux 5.12; this is 5.4",
                "Error mounts[1].options[2]: \"idmap\" needs Linux 5.12; this is 5.4",
                "Error linux.namespaces[5]: no new user namespace may be made",
                "Error linux.namespaces[7]: kernel 5.4.0 has no time namespaces",
                "Error linux.resources.cpu.cpus: 1 is not online",
                "Error linux.resources.cpu.mems: 0 is not online",
                "Error linux.resources.hugepageLimits[0].pageSize: this machine has no pages of 2MB",
                "Error linux.seccomp: the kernel has no seccomp filters",
                "Error linux.netDevices.eth1: there is no such network interface",
                "Error linux.intelRdt: resctrl is not mounted",
                "Error linux.memoryPolicy.nodes: 0 is not online",
                "Note linux.mountLabel: ignored: SELinux is off on this host",
            ],
            Find(host, Bundle(), spec));
    }

    [Fact]
    public void An_apparmor_profile_must_be_loaded()
    {
        RuntimeSpec spec = EveryField();
        spec.Process!.ApparmorProfile = "web";
        Assert.Empty(Find(Host(), Bundle(), spec));
        spec.Process.ApparmorProfile = "db";
        Assert.Equal(["Error process.apparmorProfile: profile \"db\" is not loaded"], Find(Host(), Bundle(), spec));
    }

    [Fact]
    public void Seccomp_actions_must_be_known_to_the_kernel()
    {
        RuntimeSpec spec = EveryField();
        spec.Linux!.Seccomp!.DefaultAction = "SCMP_ACT_KILL_PROCESS";
        spec.Linux.Seccomp.Syscalls![0].Action = "SCMP_ACT_LOG";
        HostSurvey host = Host();
        host.SeccompActions = "kill_thread trap errno trace allow";
        Assert.Equal(
            [
                "Error linux.seccomp.defaultAction: the kernel does not know SCMP_ACT_KILL_PROCESS",
                "Error linux.seccomp.syscalls[0].action: the kernel does not know SCMP_ACT_LOG",
            ],
            Find(host, Bundle(), spec));
    }

    [Fact]
    public void A_bundle_without_a_process_gets_a_warning()
    {
        List<ConfigProblem> problems = Problems("""{"ociVersion":"1.0.0","root":{"path":"rootfs"}}"""u8.ToArray());
        Assert.Equal([new ConfigProblem("process", "missing: create refuses a bundle without one", IsWarning: true)], problems);
    }

    [Fact]
    public void A_full_host_has_no_error_and_an_empty_one_says_what_is_missing()
    {
        Assert.DoesNotContain(HostFindings.Find(Host()), f => f.Severity > Severity.Note);
        var report = new CheckReport(HostFindings.Find(new HostSurvey { KernelRelease = "4.19.0" }));
        Assert.True(report.HasErrors);
        string[] errors = [.. report.Findings.Where(f => f.Severity == Severity.Error).Select(f => f.Path)];
        Assert.Equal(["kernel", "cgroup2"], errors);
        Assert.Equal(8, report.Findings.Count(f => f.Path.EndsWith(" namespace") && f.Severity == Severity.Warning));
    }

    [Fact]
    public void A_hybrid_host_is_told_which_controllers_are_missing()
    {
        HostSurvey host = Host();
        host.HasCgroupV1 = true;
        host.Controllers = new ControllerSet("hugetlb");
        string[] warnings = [.. HostFindings.Find(host).Where(f => f.Severity == Severity.Warning).Select(f => f.Path)];
        Assert.Equal(
            ["cgroup2", "controller cpu", "controller cpuset", "controller memory", "controller io", "controller pids",
                "controller rdma"],
            warnings);
    }

    [Fact]
    public void The_report_is_a_table_or_json()
    {
        var report = new CheckReport([new Finding(Severity.Error, "root.path", "bad", "mend it"), new Finding(Severity.Ok, "x",
            "fine")]);
        Assert.Equal(
            "SEVERITY  WHAT       FINDING\nerror     root.path  bad\n                     -> mend it\nok        x          " +
            "fine\n",
            report.Text());
        JsonElement json = JsonDocument.Parse(report.Json()).RootElement;
        Assert.Equal("mend it", json[0].GetProperty("advice").GetString());
        Assert.Equal("ok", json[1].GetProperty("severity").GetString());
        Assert.False(json[1].TryGetProperty("advice", out _));
        Assert.True(report.HasErrors);
    }

    [Theory]
    [InlineData("6.12.9-amd64", 6, 12)]
    [InlineData("5.4", 5, 4)]
    [InlineData("7.3-rc1", 7, 3)]
    [InlineData("weird", 0, 0)]
    public void Kernel_releases_are_understood(string release, int major, int minor)
    {
        Assert.Equal(new KernelVersion(major, minor), KernelVersion.Parse(release));
    }

    [Theory]
    [InlineData("7.0", true)]
    [InlineData("6.10", true)]
    [InlineData("6.9", true)]
    [InlineData("6.8", false)]
    [InlineData("5.19", false)]
    public void A_kernel_has_what_came_with_it_and_before(string release, bool has) =>
        Assert.Equal(has, KernelVersion.Parse(release).IsAtLeast(6, 9));

    [Theory]
    [InlineData(180, Severity.Ok)]
    [InlineData(181, Severity.Warning)]
    [InlineData(199, Severity.Warning)]
    [InlineData(200, Severity.Error)]
    [InlineData(201, Severity.Error)]
    public void Keys_are_scarce_before_they_are_used_up(long used, Severity severity)
    {
        HostSurvey host = Host();
        host.KeysUsed = used;
        Assert.Equal(severity, Assert.Single(HostFindings.Find(host), static finding => finding.Path == "keys").Severity);
    }
}
