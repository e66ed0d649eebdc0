using System.Collections.Generic;
using System.Linq;
using System.Text;
using OciRun.Planning.Cgroups;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

public sealed class SystemdPropertiesTests
{
    static readonly CgroupLocation Scope = new("/system.slice/x-web.scope", "x-web.scope", "system.slice");

    static string Show(object value) => value is List<object> list ? "[" + string.Join(",", list.Select(Show)) + "]"
        : value.ToString()!;

    static List<string> Unit(SpecResources? resources = null, Dictionary<string, string>? annotations = null, int version = 255)
    {
        List<ConfigProblem> problems = [];
        List<UnitProperty> properties = SystemdProperties.ForUnit("web", Scope, resources, annotations, version, problems);
        Assert.Empty(problems);
        return properties.ConvertAll(p => p.Name + "=" + p.Value.Signature + ":" + Show(p.Value.Value));
    }

    static List<string> Limits(SpecResources resources, int version = 255)
    {
        List<ConfigProblem> problems = [];
        List<UnitProperty> properties = SystemdProperties.ForResources(resources, version, problems);
        Assert.Empty(problems);
        return properties.ConvertAll(p => p.Name + "=" + Show(p.Value.Value));
    }

    [Fact]
    public void Scope_is_delegated_and_accounted()
    {
        List<string> unit = Unit();
        foreach (string property in new[] { "Slice=s:system.slice", "Delegate=b:True", "DefaultDependencies=b:False",
            "MemoryAccounting=b:True",
            "CPUAccounting=b:True", "IOAccounting=b:True", "TasksAccounting=b:True", "DevicePolicy=s:strict" })
        {
            Assert.Contains(property, unit);
        }
    }

    [Fact]
    public void Slice_wants_its_parent_and_is_not_delegated()
    {
        List<UnitProperty> properties =
            SystemdProperties.ForUnit("web", new CgroupLocation("/a.slice/b.slice", "b.slice", "a.slice"), null, null, 255, []);
        Assert.Contains(properties, p => p.Name == "Wants" && Show(p.Value.Value) == "[a.slice]");
        Assert.DoesNotContain(properties, p => p.Name is "Slice" or "Delegate");
    }

    [Fact]
    public void Limits_become_properties() => Assert.Equal(
        ["MemoryMax=100", "MemoryLow=10", "MemorySwapMax=50", "CPUWeight=59", "CPUQuotaPeriodUSec=50000",
        "CPUQuotaPerSecUSec=500000",
            "AllowedCPUs=[137,1]", "AllowedMemoryNodes=[1]", "IOWeight=4950", "TasksMax=7"],
        Limits(new SpecResources
        {
            Memory = new SpecMemory { Limit = 100, Reservation = 10, Swap = 150 },
            Cpu = new SpecCpu { Shares = 512, Quota = 25000, Period = 50000, Cpus = "0,3,7-8", Mems = "0" },
            BlockIO = new SpecBlockIO { Weight = 500 },
            Pids = new SpecPids { Limit = 7 },
        }));

    [Fact]
    public void No_limit_is_the_largest_number() => Assert.Equal(
        ["MemoryMax=18446744073709551615", "MemorySwapMax=18446744073709551615", "CPUQuotaPerSecUSec=18446744073709551615",
            "TasksMax=18446744073709551615"],
        Limits(new SpecResources
        {
            Memory = new SpecMemory { Limit = -1 },
            Cpu = new SpecCpu { Quota = -1 },
            Pids = new SpecPids { Limit = -1 },
        }));

    [Theory]
    [InlineData(50000, 100000ul, 500000ul)]
    [InlineData(33333, 100000ul, 340000ul)]
    [InlineData(10000, 1000000ul, 10000ul)]
    [InlineData(1000, 1000000ul, 10000ul)]
    [InlineData(150000, 0ul, 1500000ul)]
    [InlineData(0, 100000ul, ulong.MaxValue)]
    [InlineData(long.MaxValue, 1ul, ulong.MaxValue)]
    public void Quota_is_rounded_up_to_whole_percents(long quota, ulong period, ulong expected) =>
        Assert.Equal(expected, SystemdProperties.QuotaPerSecond(quota, period));

    [Fact]
    public void Idle_is_weight_zero_where_systemd_knows_it()
    {
        SpecResources idle = new() { Cpu = new SpecCpu { Idle = 1, Shares = 512 } };
        Assert.Equal(["CPUWeight=0"], Limits(idle, 252));
        Assert.Empty(Limits(idle, 251));
    }

    [Fact]
    public void Unified_files_that_systemd_knows_win() => Assert.Equal(
        ["MemoryHigh=2048", "MemoryMax=18446744073709551615", "OOMPolicy=kill", "CPUQuotaPeriodUSec=50000",
        "CPUQuotaPerSecUSec=400000"],
        Limits(new SpecResources
        {
            Memory = new SpecMemory { Limit = 100 },
            Unified = new()
            {
                ["memory.high"] = "2k",
                ["memory.max"] = "max",
                ["memory.oom.group"] = "1",
                ["cpu.max"] = "20000 50000",
                ["io.max"] = "8:0 rbps=1",
            },
        }));

    [Fact]
    public void Unified_value_that_makes_no_sense_is_a_problem()
    {
        List<ConfigProblem> problems = [];
        SystemdProperties.ForResources(new SpecResources { Unified = new() { ["memory.max"] = "lots" } }, 255, problems);
        Assert.Equal("linux.resources.unified[\"memory.max\"]: \"lots\" is no value of memory.max",
            Assert.Single(problems).ToString());
    }

    [Fact]
    public void Devices_are_allowed_as_the_filter_allows_them()
    {
        SpecResources resources = new()
        {
            Devices = [new SpecDeviceRule(), new SpecDeviceRule { Allow = true, Type = "b", Major = 8, Minor = 1, Access = "r" }],
        };
        string devices = Unit(resources).Single(p => p.StartsWith("DeviceAllow"));
        Assert.Equal(
            "DeviceAllow=a(ss):[[/dev/block/8:1,r],[char-*,m],[block-*,m]," +
            "[/dev/char/1:3,rwm],[/dev/char/1:5,rwm],[/dev/char/1:7,rwm]," +
            "[/dev/char/1:8,rwm],[/dev/char/1:9,rwm],[/dev/char/5:0,rwm]," +
            "[/dev/char/5:2,rwm],[char-136,rwm],[/dev/char/10:200,rwm]]", devices);
    }

    [Fact]
    public void Where_all_devices_are_allowed_the_unit_has_no_list()
    {
        List<string> unit = Unit(new SpecResources { Devices = [new SpecDeviceRule { Allow = true }] });
        Assert.Contains("DevicePolicy=s:auto", unit);
        Assert.Contains("DeviceAllow=a(ss):[]", unit);
    }

    [Fact]
    public void Annotations_become_properties_and_win()
    {
        List<string> unit = Unit(annotations: new()
        {
            ["org.systemd.property.TimeoutStopUSec"] = "uint64 10000000",
            ["org.systemd.property.TimeoutStartSec"] = "1.5",
            ["org.systemd.property.After"] = "['a.service', 'b.service']",
            ["org.systemd.property.DefaultDependencies"] = "true",
            ["org.systemd.property.CollectMode"] = "\"inactive-or-failed\"",
            ["other"] = "not looked at",
        });
        Assert.Contains("TimeoutStopUSec=t:10000000", unit);
        Assert.Contains("TimeoutStartUSec=t:1500000", unit);
        Assert.Contains("After=as:[a.service,b.service]", unit);
        Assert.Contains("CollectMode=s:inactive-or-failed", unit);
        Assert.Equal("DefaultDependencies=b:True", Assert.Single(unit, p => p.StartsWith("DefaultDependencies")));
    }

    [Theory]
    [InlineData("Ab", "1")]
    [InlineData("Ab1", "1")]
    [InlineData("A.bc", "1")]
    [InlineData("", "1")]
    [InlineData("FooSec", "'soon'")]
    [InlineData("FooSec", "-1")]
    [InlineData("FooSec", "5s")]
    [InlineData("Foo", "")]
    [InlineData("Foo", "bare")]
    [InlineData("Foo", "true false")]
    public void Malformed_annotation_is_a_problem(string name, string value)
    {
        List<ConfigProblem> problems = [];
        SystemdProperties.ForUnit("web", Scope, null, new() { ["org.systemd.property." + name] = value }, 255, problems);
        Assert.Equal("annotations[org.systemd.property." + name + "]", Assert.Single(problems).Path);
    }

    [Theory]
    [InlineData("true", "b", "True")]
    [InlineData(" 'it''", null, null)]
    [InlineData("'a\\'b\\u0041\\n'", "s", "a'bA\n")]
    [InlineData("5", "i", "5")]
    [InlineData("-5", "i", "-5")]
    [InlineData("0x10", "i", "16")]
    [InlineData("010", "i", "8")]
    [InlineData("08", null, null)]
    [InlineData("5000000000", null, null)]
    [InlineData("int64 5000000000", "x", "5000000000")]
    [InlineData("uint64 18446744073709551615", "t", "18446744073709551615")]
    [InlineData("uint64 18446744073709551616", null, null)]
    [InlineData("uint64 -1", null, null)]
    [InlineData("byte 256", null, null)]
    [InlineData("byte 255", "y", "255")]
    [InlineData("1.5", "d", "1.5")]
    [InlineData("double 3", "d", "3")]
    [InlineData("[1, 2,]", "ai", "[1,2]")]
    [InlineData("[1, 'a']", null, null)]
    [InlineData("[]", null, null)]
    [InlineData("@as []", "as", "[]")]
    [InlineData("@a(sv) []", null, null)]
    [InlineData("@au [1, 2]", "au", "[1,2]")]
    [InlineData("@au ['1']", null, null)]
    [InlineData("('a', uint32 1)", "(su)", "[a,1]")]
    [InlineData("@(st) ('a', 1)", "(st)", "[a,1]")]
    [InlineData("@(st) ('a', 1, 2)", null, null)]
    [InlineData("()", null, null)]
    [InlineData("[('a', 'b')]", "a(ss)", "[[a,b]]")]
    [InlineData("{'a': 1}", null, null)]
    [InlineData("<1>", null, null)]
    [InlineData("string 5", null, null)]
    [InlineData("uint32 true", null, null)]
    [InlineData("objectpath '/a'", "o", "/a")]
    [InlineData("inf", null, null)]
    [InlineData("'unterminated", null, null)]
    [InlineData("[1", null, null)]
    [InlineData("@", null, null)]
    [InlineData("[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", null, null)]
    public void GVariant_text_is_parsed_strictly(string text, string? signature, string? shown)
    {
        DBusVariant? value = GVariantText.Parse(text, out string? error);
        Assert.Equal(signature, value?.Signature);
        Assert.Equal(shown, value is { } found ? Show(found.Value) : null);
        Assert.Equal(signature is null, error is not null);
    }

    /// <summary>A type of 200 KB ended the process: it was read by recursion without a bound.</summary>
    [Theory]
    [InlineData("@", "a", "s []")]
    [InlineData("@", "(", "s []")]
    [InlineData("", "[", "1")]
    [InlineData("", "(", "1")]
    [InlineData("", "uint32 ", "1")]
    [InlineData("", "@as ", "[]")]
    public void GVariant_text_nested_without_end_is_an_error(string start, string piece, string end)
    {
        string text = start + new StringBuilder().Insert(0, piece, 200000) + end;
        Assert.Null(GVariantText.Parse(text, out string? error));
        Assert.NotNull(error);
    }

    [Fact]
    public void A_type_that_D_Bus_has_no_room_for_is_an_error()
    {
        Assert.NotNull(GVariantText.Parse("(" + string.Join(", ", Enumerable.Repeat("1", 253)) + ")", out _));
        Assert.Null(GVariantText.Parse("(" + string.Join(", ", Enumerable.Repeat("1", 254)) + ")", out string? error));
        Assert.Contains("longer than D-Bus allows", error);
    }
}
