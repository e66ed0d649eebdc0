using System.Collections.Generic;
using OciRun.Planning.Cgroups;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

public sealed class ResourceMergeTests
{
    static (SpecResources Merged, List<string> Writes) Update(SpecResources? current, SpecResources update)
    {
        SpecResources merged = ResourceMerge.Merge(current, update);
        List<ConfigProblem> problems = [];
        List<CgroupWrite> writes = CgroupPlanner.Plan(ResourceMerge.Delta(update, merged),
            new ControllerSet("cpu cpuset io memory pids"), problems);
        Assert.Empty(problems);
        return (merged, writes.ConvertAll(w => w.File + "=" + w.Value));
    }

    [Fact]
    public void Absent_members_stay_and_are_not_written()
    {
        SpecResources current = new()
        {
            Memory = new SpecMemory { Limit = 100, Reservation = 50 },
            Pids = new SpecPids { Limit = 5 }
        };
        (SpecResources merged, List<string> writes) = Update(current, new SpecResources { Pids = new SpecPids { Limit = 6 } });
        Assert.Equal(["pids.max=6"], writes);
        Assert.Equal((100, 50, 6), (merged.Memory!.Limit, merged.Memory.Reservation, merged.Pids!.Limit));
    }

    [Fact]
    public void Device_rules_are_never_touched()
    {
        SpecResources current = new() { Devices = [new SpecDeviceRule { Allow = true, Type = "c", Major = 1, Minor = 3 }] };
        (SpecResources merged, List<string> writes) = Update(current, new SpecResources { Devices = [new SpecDeviceRule()] });
        Assert.Same(current.Devices, merged.Devices);
        Assert.Empty(writes);
    }

    [Fact]
    public void Quota_keeps_the_stored_period_and_period_the_quota()
    {
        SpecResources current = new() { Cpu = new SpecCpu { Quota = 1000, Period = 50000 } };
        Assert.Equal(["cpu.max=2000 50000"], Update(current, new SpecResources { Cpu = new SpecCpu { Quota = 2000 } }).Writes);
        Assert.Equal(["cpu.max=1000 70000"], Update(current, new SpecResources { Cpu = new SpecCpu { Period = 70000 } }).Writes);
        Assert.Equal(["cpu.weight=59"], Update(current, new SpecResources { Cpu = new SpecCpu { Shares = 512 } }).Writes);
    }

    [Fact]
    public void Memory_limit_keeps_the_stored_total_with_swap()
    {
        SpecResources current = new() { Memory = new SpecMemory { Limit = 100, Swap = 300 } };
        Assert.Equal(["memory.swap.max=150", "memory.max=150"],
            Update(current, new SpecResources { Memory = new SpecMemory { Limit = 150 } }).Writes);
        Assert.Equal(["memory.swap.max=400", "memory.max=100"],
            Update(current, new SpecResources { Memory = new SpecMemory { Swap = 500 } }).Writes);
    }

    [Fact]
    public void Lifting_the_memory_limit_lifts_swap()
    {
        SpecResources current = new() { Memory = new SpecMemory { Limit = 100, Swap = 300 } };
        Assert.Equal(["memory.swap.max=max", "memory.max=max"],
            Update(current, new SpecResources { Memory = new SpecMemory { Limit = -1 } }).Writes);
    }

    [Fact]
    public void Idle_without_shares_forgets_the_shares()
    {
        SpecResources current = new() { Cpu = new SpecCpu { Shares = 512 } };
        (SpecResources merged, List<string> writes) = Update(current, new SpecResources { Cpu = new SpecCpu { Idle = 1 } });
        Assert.Equal(["cpu.idle=1"], writes);
        Assert.Null(merged.Cpu!.Shares);
    }

    [Fact]
    public void Shares_of_an_idle_container_are_only_remembered()
    {
        SpecResources current = new() { Cpu = new SpecCpu { Idle = 1 } };
        (SpecResources merged, List<string> writes) = Update(current, new SpecResources { Cpu = new SpecCpu { Shares = 512 } });
        Assert.Empty(writes);
        Assert.Equal(512ul, merged.Cpu!.Shares);
    }

    [Fact]
    public void Throttles_are_replaced_by_device()
    {
        SpecResources current = new()
        {
            BlockIO = new SpecBlockIO
            {
                ThrottleReadBpsDevice = [new SpecThrottleDevice { Major = 8, Minor = 0, Rate = 1 },
                    new SpecThrottleDevice { Major = 8, Minor = 1, Rate = 2 }],
            },
        };
        SpecResources update = new()
        {
            BlockIO = new SpecBlockIO { ThrottleReadBpsDevice = [new SpecThrottleDevice { Major = 8, Minor = 0, Rate = 9 }] },
        };
        (SpecResources merged, List<string> writes) = Update(current, update);
        Assert.Equal(["io.max=8:0 rbps=9"], writes);
        Assert.Equal([(1L, 2ul), (0L, 9ul)], merged.BlockIO!.ThrottleReadBpsDevice!.ConvertAll(d => (d.Minor, d.Rate)));
    }

    [Fact]
    public void Unified_keys_are_merged()
    {
        SpecResources current = new() { Unified = new() { ["memory.high"] = "1", ["pids.max"] = "2" } };
        (SpecResources merged, List<string> writes) = Update(current,
            new SpecResources { Unified = new() { ["pids.max"] = "3" } });
        Assert.Equal(["pids.max=3"], writes);
        Assert.Equal("1", merged.Unified!["memory.high"]);
        Assert.Equal("2", current.Unified["pids.max"]);
    }

    [Fact]
    public void Check_before_update_holds_for_the_update_that_says_it()
    {
        SpecResources update = new() { Memory = new SpecMemory { Limit = 100, CheckBeforeUpdate = true } };
        SpecResources merged = ResourceMerge.Merge(null, update);
        Assert.True(CgroupPlanner.Plan(ResourceMerge.Delta(update, merged), new ControllerSet("memory"), [])[0].CheckUsage);
        Assert.Null(merged.Memory!.CheckBeforeUpdate);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(false, false)]
    public void Check_before_update_of_the_container_holds_for_every_update(bool? said, bool expected)
    {
        SpecResources current = new() { Memory = new SpecMemory { Limit = 200, CheckBeforeUpdate = true } };
        SpecResources update = new() { Memory = new SpecMemory { Limit = 100, CheckBeforeUpdate = said } };
        SpecResources merged = ResourceMerge.Merge(current, update);
        Assert.Equal(expected, CgroupPlanner.Plan(ResourceMerge.Delta(update, merged), new ControllerSet("memory"),
            [])[0].CheckUsage);
        Assert.True(merged.Memory!.CheckBeforeUpdate);
    }

    [Theory]
    [InlineData("memory.max", "100", "max\n", "max")]
    [InlineData("cpu.max", "1000 100000", "max 100000\n", "max 100000")]
    [InlineData("cpu.weight", "59", "0\n", null)]
    [InlineData("cpuset.cpus", "0", "\n", "\n")]
    [InlineData("io.max", "8:0 rbps=1", "", "8:0 rbps=max wbps=max riops=max wiops=max")]
    [InlineData("io.max", "8:0 rbps=1", "8:16 rbps=2 wbps=max riops=max wiops=max\n8:0 rbps=7 wbps=max riops=max wiops=max\n",
        "8:0 rbps=7 wbps=max riops=max wiops=max")]
    [InlineData("io.weight", "50", "default 100\n8:0 200\n", "default 100")]
    [InlineData("io.weight", "8:0 50", "default 100\n8:0 200\n", "8:0 200")]
    [InlineData("io.weight", "8:16 50", "default 100\n", "8:16 default")]
    [InlineData("rdma.max", "mlx5_0 hca_handle=1", "mlx5_0 hca_handle=2 hca_object=max\n", "mlx5_0 hca_handle=2 hca_object=max")]
    [InlineData("memory.reclaim", "1M", "", null)]
    public void Old_value_of_a_file(string file, string written, string content, string? expected) =>
        Assert.Equal(expected, PreviousValue.Of(file, written, content));
}
