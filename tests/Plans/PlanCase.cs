using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Tests.Plans;

/// <summary>host.json of a case: what differs from a host that has everything.</summary>
sealed class HostJson
{
    public string? CgroupMount { get; set; } = "/sys/fs/cgroup";
    public string OwnCgroup { get; set; } = "/";
    public List<string> Controllers { get; set; } = ["cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma"];
    public uint EffectiveUid { get; set; }
    public bool InUserNamespace { get; set; }
    /// <summary>Capabilities of the runtime itself; null for all.</summary>
    public List<string>? Capabilities { get; set; }
    public bool SetGroupsDenied { get; set; }
    public bool AppArmor { get; set; }
    public bool SELinux { get; set; }
    public bool ProcTakesPidNamespace { get; set; }
    /// <summary>Types whose path in linux.namespaces is the host's own namespace.</summary>
    public List<string> HostNamespaces { get; set; } = [];

    public HostFacts Facts() => new()
    {
        CgroupMount = CgroupMount,
        OwnCgroup = OwnCgroup,
        Controllers = Controllers,
        EffectiveUid = EffectiveUid,
        InUserNamespace = InUserNamespace,
        Capabilities = Capabilities is null
            ? ulong.MaxValue
            : Capabilities.Aggregate(0UL, static (mask, name) => mask | 1UL << OciRun.Kernel.Capabilities.Number(name)),
        SetGroupsDenied = SetGroupsDenied,
        AppArmor = AppArmor,
        SELinux = SELinux,
        ProcTakesPidNamespace = ProcTakesPidNamespace,
        HostNamespaces = HostNamespaces.Aggregate(0, static (kinds, type) => kinds | NamespaceKind.FlagOf(type)),
    };
}

/// <summary>options.json of a case: the command line.</summary>
sealed class OptionsJson
{
    public bool Exec { get; set; }
    public bool NoPivot { get; set; }
    public bool NoNewKeyring { get; set; }
    public bool WaitsForStart { get; set; } = true;
    public int InheritedFds { get; set; }
    public int ListenFds { get; set; }
    public string? NotifyDirectory { get; set; }
    public string CgroupManager { get; set; } = "cgroupfs";
}

/// <summary>A directory of spec-fixtures that has a config.json, and what must come of it: plan.txt or problems.txt; where they
/// are there, ops.txt (operations of the first process, in both stages) as well.</summary>
sealed class PlanCase
{
    static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    readonly byte[] _config;
    readonly HostFacts _facts;
    readonly PlanOptions _options;

    PlanCase(string name, string config, string? directory)
    {
        Name = name;
        _config = File.ReadAllBytes(config);
        _facts = Part<HostJson>(directory, "host.json").Facts();
        OptionsJson options = Part<OptionsJson>(directory, "options.json");
        _options = new PlanOptions
        {
            Id = name,
            Bundle = "/bundle",
            NoPivot = options.NoPivot,
            NoNewKeyring = options.NoNewKeyring,
            WaitsForStart = options.WaitsForStart && !options.Exec,
            InheritedFds = options.InheritedFds,
            ListenFds = options.ListenFds,
            NotifyDirectory = options.NotifyDirectory,
            IsExec = options.Exec,
            CgroupManager = options.CgroupManager,
            StateDirectory = "/run/oci-run/" + name,
        };
    }

    public string Name { get; }

    static T Part<T>(string? directory, string file) where T : new()
    {
        string path = Path.Combine(directory ?? "", file);
        return directory is null || !File.Exists(path) ? new T() : JsonSerializer.Deserialize<T>(File.ReadAllText(path), Strict)!;
    }

    /// <summary>spec-fixtures of the source tree.</summary>
    public static string Fixtures { get; } = FindFixtures();

    static string FindFixtures([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../spec-fixtures"));

    /// <summary>Names of all cases.</summary>
    public static string[] Golden() => Directory.EnumerateFiles(Fixtures, "config.json", SearchOption.AllDirectories)
        .Select(static path => Path.GetFileName(Path.GetDirectoryName(path)!)).Order(StringComparer.Ordinal).ToArray();

    /// <summary>Whole configs that engines wrote.</summary>
    public static string[] Engines() => Directory.EnumerateFiles(Path.Combine(Fixtures, "engines"), "*.json")
        .Where(static path => File.ReadAllText(path).Contains("\"ociVersion\"", StringComparison.Ordinal))
        .Select(static path => "engines/" + Path.GetFileName(path)).Order(StringComparer.Ordinal).ToArray();

    public static PlanCase Load(string name)
    {
        string path = Path.Combine(Fixtures, name);
        return name.Contains('/') ? new PlanCase(Path.GetFileNameWithoutExtension(name), path, null)
            : new PlanCase(name, Path.Combine(path, "config.json"), path);
    }

    /// <summary>The plan, or null and the problems.</summary>
    public ContainerPlan? Plan(List<ConfigProblem> problems)
    {
        RuntimeSpec? spec = ConfigReader.Read(_config, problems);
        if (spec is null)
        {
            return null;
        }
        PlanOptions options = _options with { Terminal = spec.Process?.Terminal ?? false };
        return options.IsExec
            ? Planner.PlanExec(spec, options, _facts, NamespaceKind.AllOf(spec), Running, problems)
            : Planner.Plan(spec, options, _facts, problems);
    }

    /// <summary>The container that a process of exec joins.</summary>
    static readonly ExistingContainer Running = new() { Pid = 4711, StartTime = 1, Cgroup = "/running" };

    /// <summary>The operations of the process in the runtime's image.</summary>
    public static ProgramBuilder Clone(ContainerPlan plan) => Lowering.Lower(plan, new ProgramBuilder(Stage.Clone));

    /// <summary>The operations of the program that init parks in, with fixed descriptor numbers.</summary>
    public static ProgramBuilder Init(ContainerPlan plan) => Lowering.Lower(plan, new ProgramBuilder(Stage.Init)
    {
        ChannelFd = 100,
        ProcFd = 102,
        StartFd = plan.Options.WaitsForStart ? 101 : -1,
        InheritedFds = plan.Options.InheritedFds,
        Home = "/home/of/passwd",
    });
}
