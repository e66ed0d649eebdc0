using System.Collections.Generic;
using System.Linq;
using OciRun.Planning.Cgroups;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>Vectors of every conversion from the specification's resources to cgroup v2 files.</summary>
public sealed class CgroupPlannerTests
{
    const string AllControllers = "cpuset cpu io memory hugetlb pids rdma misc\n";

    static List<string> Writes(SpecResources resources, out List<ConfigProblem> problems, string controllers = AllControllers)
    {
        problems = [];
        return CgroupPlanner.Plan(resources, new ControllerSet(controllers), problems).ConvertAll(w => w.File + "=" + w.Value);
    }

    static List<string> Writes(SpecResources resources)
    {
        List<string> writes = Writes(resources, out List<ConfigProblem> problems);
        Assert.Empty(problems);
        return writes;
    }

    static string Problem(SpecResources resources, string controllers = AllControllers)
    {
        Writes(resources, out List<ConfigProblem> problems, controllers);
        return Assert.Single(problems).ToString();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(10, 4)]
    [InlineData(102, 17)]
    [InlineData(128, 21)]
    [InlineData(256, 35)]
    [InlineData(512, 59)]
    [InlineData(1000, 99)]
    [InlineData(1024, 100)]
    [InlineData(2048, 174)]
    [InlineData(4096, 303)]
    [InlineData(10240, 639)]
    [InlineData(262144, 10000)]
    [InlineData(ulong.MaxValue, 10000)]
    public void Shares_become_weight(ulong shares, ulong weight) => Assert.Equal(weight, CpuWrites.WeightFromShares(shares));

    [Fact]
    public void Weight_never_falls_when_shares_rise()
    {
        ulong last = 0;
        for (ulong shares = 1; shares < 262200; shares++)
        {
            ulong weight = CpuWrites.WeightFromShares(shares);
            Assert.InRange(weight, last, 10000ul);
            last = weight;
        }
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(11, 11)]
    [InlineData(500, 4950)]
    [InlineData(1000, 10000)]
    public void Block_weight_becomes_io_weight(ushort weight, int expected) =>
        Assert.Equal(expected, BlockIOWrites.ConvertWeight(weight));

    [Theory]
    [InlineData(null, null, null)]
    [InlineData(null, 100L, null)]
    [InlineData(0L, 100L, null)]
    [InlineData(0L, -1L, "max")]
    [InlineData(null, -1L, "max")]
    [InlineData(-1L, 100L, "max")]
    [InlineData(-1L, null, "max")]
    [InlineData(100L, 100L, "0")]
    [InlineData(300L, 100L, "200")]
    public void Swap_is_what_remains_above_the_memory_limit(long? swap, long? limit, string? expected)
    {
        Assert.Equal(expected, MemoryWrites.ConvertSwap(swap, limit, out string? error));
        Assert.Null(error);
    }

    [Theory]
    [InlineData(100L, null, "unable to set swap limit without memory limit")]
    [InlineData(100L, -1L, "unable to set swap limit without memory limit")]
    [InlineData(99L, 100L, "must not be less than memory.limit")]
    public void Impossible_swap_is_refused(long? swap, long? limit, string message)
    {
        Assert.Null(MemoryWrites.ConvertSwap(swap, limit, out string? error));
        Assert.Contains(message, error);
    }

    [Fact]
    public void Swap_goes_before_memory() => Assert.Equal(["memory.swap.max=50", "memory.max=100", "memory.low=20"],
        Writes(new SpecResources { Memory = new SpecMemory { Limit = 100, Swap = 150, Reservation = 20 } }));

    [Fact]
    public void Minus_one_lifts_limits() =>
        Assert.Equal(["pids.max=max", "memory.swap.max=max", "memory.max=max", "cpu.max=max 100000"],
        Writes(new SpecResources
        {
            Memory = new SpecMemory { Limit = -1 },
            Pids = new SpecPids { Limit = -1 },
            Cpu = new SpecCpu { Quota = -1 },
        }));

    [Fact]
    public void Zero_leaves_the_files_alone() => Assert.Empty(Writes(new SpecResources
    {
        Memory = new SpecMemory { Limit = 0, Reservation = 0, Swap = 0, Kernel = 0 },
        Cpu = new SpecCpu { Shares = 0, Quota = 0, Period = 0, Cpus = "", Mems = "", RealtimePeriod = 0, RealtimeRuntime = 0 },
        BlockIO = new SpecBlockIO { Weight = 0 },
        Network = new SpecNetwork { ClassID = 0, Priorities = [] },
    }));

    [Fact]
    public void Pids_limit_of_zero_leaves_room_for_init() =>
        Assert.Equal(["pids.max=1"], Writes(new SpecResources { Pids = new SpecPids { Limit = 0 } }));

    [Theory]
    [InlineData(50000L, null, "50000 100000")]
    [InlineData(50000L, 200000ul, "50000 200000")]
    [InlineData(null, 200000ul, "max 200000")]
    public void Quota_and_period_share_a_file(long? quota, ulong? period, string expected) =>
        Assert.Equal(["cpu.max=" + expected], Writes(new SpecResources { Cpu = new SpecCpu { Quota = quota, Period = period } }));

    [Fact]
    public void Burst_goes_first_and_may_be_repeated()
    {
        List<CgroupWrite> writes = CgroupPlanner.Plan(new SpecResources { Cpu = new SpecCpu { Quota = 1000, Burst = 500 } },
            new ControllerSet(AllControllers), []);
        Assert.Equal(["cpu.max.burst", "cpu.max"], writes.ConvertAll(w => w.File));
        Assert.True(writes[0].DeferOnInvalid);
    }

    [Fact]
    public void Idle_cgroup_gets_no_weight() => Assert.Equal(["cpu.idle=1"],
        Writes(new SpecResources { Cpu = new SpecCpu { Idle = 1, Shares = 512 } }));

    [Fact]
    public void Idle_goes_before_weight() => Assert.Equal(["cpu.idle=0", "cpu.weight=59"],
        Writes(new SpecResources { Cpu = new SpecCpu { Idle = 0, Shares = 512 } }));

    [Fact]
    public void Cpusets_are_written_as_they_are() => Assert.Equal(["cpuset.cpus=0-1", "cpuset.mems=0"],
        Writes(new SpecResources { Cpu = new SpecCpu { Cpus = "0-1", Mems = "0" } }));

    [Fact]
    public void Throttles_become_one_line_per_device_and_key() => Assert.Equal(
        ["io.max=8:0 rbps=1024", "io.max=8:16 wbps=max", "io.max=8:0 riops=10", "io.max=8:0 wiops=20"],
        Writes(new SpecResources
        {
            BlockIO = new SpecBlockIO
            {
                ThrottleReadBpsDevice = [new SpecThrottleDevice { Major = 8, Minor = 0, Rate = 1024 }],
                ThrottleWriteBpsDevice = [new SpecThrottleDevice { Major = 8, Minor = 16, Rate = 0 }],
                ThrottleReadIOPSDevice = [new SpecThrottleDevice { Major = 8, Minor = 0, Rate = 10 }],
                ThrottleWriteIOPSDevice = [new SpecThrottleDevice { Major = 8, Minor = 0, Rate = 20 }],
            },
        }));

    [Fact]
    public void Weights_fall_back_from_bfq_to_io_weight()
    {
        SpecBlockIO io = new() { Weight = 500, WeightDevice = [new SpecWeightDevice { Major = 8, Minor = 0, Weight = 10 }] };
        List<CgroupWrite> writes = CgroupPlanner.Plan(new SpecResources { BlockIO = io }, new ControllerSet(AllControllers), []);
        Assert.Equal([("io.bfq.weight", "500"), ("io.bfq.weight", "8:0 10")], writes.ConvertAll(w => (w.File, w.Value)));
        Assert.Equal([("io.weight", "4950"), ("io.weight", "8:0 1")],
            writes.ConvertAll(w => (w.Fallback!.File, w.Fallback.Value)));
    }

    [Fact]
    public void Huge_pages_limit_use_and_reservation() => Assert.Equal(["hugetlb.2MB.max=4096", "hugetlb.2MB.rsvd.max=4096"],
        Writes(new SpecResources { HugepageLimits = [new SpecHugepageLimit { PageSize = "2MB", Limit = 4096 }] }));

    [Theory]
    [InlineData("2mb")]
    [InlineData("3MB")]
    [InlineData("02MB")]
    [InlineData("MB")]
    [InlineData("2048MB")]
    [InlineData("../2MB")]
    [InlineData("")]
    [InlineData(null)]
    public void Page_size_that_the_kernel_does_not_spell_so_is_refused(string? size) => Assert.Contains(
        "linux.resources.hugepageLimits[0].pageSize: ",
        Problem(new SpecResources { HugepageLimits = [new SpecHugepageLimit { PageSize = size, Limit = 1 }] }));

    [Fact]
    public void Rdma_lines_name_the_device() => Assert.Equal(
        ["rdma.max=mlx5_0 hca_handle=3 hca_object=4", "rdma.max=mlx5_1 hca_object=5"],
        Writes(new SpecResources
        {
            Rdma = new()
            {
                ["mlx5_1"] = new SpecRdma { HcaObjects = 5 },
                ["mlx5_0"] = new SpecRdma { HcaHandles = 3, HcaObjects = 4 }
            },
        }));

    [Fact]
    public void Unified_goes_last() => Assert.Equal(["memory.max=100", "cgroup.max.depth=3", "cpu.pressure=0", "memory.max=50"],
        Writes(new SpecResources
        {
            Memory = new SpecMemory { Limit = 100 },
            Unified = new() { ["memory.max"] = "50", ["cgroup.max.depth"] = "3", ["cpu.pressure"] = "0" },
        }));

    [Theory]
    [InlineData("../memory.max")]
    [InlineData("a/memory.max")]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("memory")]
    [InlineData("cgroup.procs")]
    [InlineData("cgroup.threads")]
    [InlineData("cgroup.kill")]
    [InlineData("cgroup.freeze")]
    public void Unified_name_that_is_no_resource_is_refused(string name) =>
        Assert.StartsWith(ConfigPath.Key("linux.resources.unified", name) + ": ",
        Problem(new SpecResources { Unified = new() { [name] = "1" } }));

    [Fact]
    public void Unified_without_its_controller_is_refused() => Assert.Equal(
        "linux.resources.unified[\"memory.high\"]: unified resource \"memory.high\" can't be set: controller \"memory\" not " +
        "available",
        Problem(new SpecResources { Unified = new() { ["memory.high"] = "1" } }, "pids"));

    [Fact]
    public void Missing_controller_is_named_with_the_config_path() => Assert.Equal(
        "linux.resources.memory.limit: cgroup controller \"memory\" is not available (available: hugetlb)",
        Problem(new SpecResources { Memory = new SpecMemory { Limit = 1000000 } }, "hugetlb\n"));

    [Fact]
    public void Controller_names_are_compared_whole() => Assert.Contains("\"cpu\" is not available",
        Problem(new SpecResources { Cpu = new SpecCpu { Shares = 2 } }, "cpuset"));

    [Fact]
    public void Defaults_need_no_controller()
    {
        SpecResources resources = new()
        {
            Memory = new SpecMemory { Limit = -1, Swap = -1 },
            Cpu = new SpecCpu { Shares = 1024, Quota = -1, Period = 100000, Burst = 0, Idle = 0 },
            Pids = new SpecPids { Limit = -1 },
            BlockIO = new SpecBlockIO(),
            HugepageLimits = [new SpecHugepageLimit { PageSize = "2MB", Limit = ulong.MaxValue }],
        };
        Assert.Empty(Writes(resources, out List<ConfigProblem> problems, ""));
        Assert.Empty(problems);
    }

    [Fact]
    public void What_cgroup_v2_cannot_do_is_ignored_with_a_warning_that_has_its_path()
    {
        SpecResources resources = new()
        {
            Memory = new SpecMemory { Swappiness = 10, DisableOOMKiller = true },
            Cpu = new SpecCpu { RealtimePeriod = 1, RealtimeRuntime = 1 },
            BlockIO = new SpecBlockIO { LeafWeight = 10, WeightDevice = [new SpecWeightDevice { LeafWeight = 10 }] },
            Network = new SpecNetwork { ClassID = 1, Priorities = [new SpecInterfacePriority()] },
        };
        Assert.Empty(Writes(resources, out List<ConfigProblem> problems, ""));
        Assert.All(problems, p => Assert.True(p.IsWarning && p.Message.StartsWith("ignored: "), p.ToString()));
        Assert.Equal(["blockIO.leafWeight", "blockIO.weightDevice[0].leafWeight", "cpu.realtimePeriod", "cpu.realtimeRuntime",
            "memory.disableOOMKiller", "memory.swappiness", "network.classID", "network.priorities"],
            problems.Select(p => p.Path["linux.resources.".Length..]).Order());
    }

    [Theory]
    [InlineData(999L, null, null, "cpu.quota: 999 is too little: the kernel takes 1000 microseconds and more")]
    [InlineData(null, 999ul, null, "cpu.period: 999 is out of range (1000 to 1000000 microseconds)")]
    [InlineData(-1L, 1000001ul, null, "cpu.period: 1000001 is out of range (1000 to 1000000 microseconds)")]
    [InlineData(1000L, 1000ul, 1001ul, "cpu.burst: 1001 is more than the quota of 1000")]
    [InlineData(1000L, 1000ul, 1000ul, null)]
    [InlineData(long.MaxValue, 1000000ul, 5ul, null)]
    [InlineData(-1L, null, 5ul, null)]
    [InlineData(0L, 0ul, ulong.MaxValue, null)]
    public void Bandwidth_is_what_the_kernel_takes(long? quota, ulong? period, ulong? burst, string? problem)
    {
        Writes(new SpecResources { Cpu = new SpecCpu { Quota = quota, Period = period, Burst = burst } },
            out List<ConfigProblem> problems);
        Assert.Equal(problem is null ? [] : ["linux.resources." + problem], problems.Select(p => p.ToString()));
    }

    [Fact]
    public void Values_that_no_kernel_takes_are_refused_with_their_path()
    {
        SpecResources resources = new() { Cpu = new SpecCpu { Idle = 2 }, BlockIO = new SpecBlockIO { Weight = 9 } };
        Assert.Empty(Writes(resources, out List<ConfigProblem> problems));
        Assert.All(problems, p => Assert.False(p.IsWarning));
        Assert.Equal(["blockIO.weight", "cpu.idle"], problems.Select(p => p.Path["linux.resources.".Length..]).Order());
    }

    [Fact]
    public void Kernel_memory_is_a_warning()
    {
        Assert.Empty(Writes(new SpecResources { Memory = new SpecMemory { Kernel = 1, KernelTCP = 1 } },
            out List<ConfigProblem> problems));
        Assert.Equal(2, problems.Count(p => p.IsWarning));
    }

    [Fact]
    public void All_problems_are_reported_at_once() => Assert.Equal(2, Problems(new SpecResources
    {
        Memory = new SpecMemory { Limit = -2 },
        Pids = new SpecPids { Limit = 5 },
    }, "memory"));

    static int Problems(SpecResources resources, string controllers)
    {
        Writes(resources, out List<ConfigProblem> problems, controllers);
        return problems.Count;
    }
}
