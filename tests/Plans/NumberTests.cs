using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using OciRun.Planning;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Plans;

/// <summary>Numbers at the edges of every type, in every place of a config that has a number: a problem or a plan, never an
/// exception and never another number. Planning is compiled with overflow checks, so a number that is cut is an
/// exception.</summary>
public sealed class NumberTests
{
    static readonly string[] Edges =
    [
        "-1", "0", "1", "127", "255", "256", "32767", "32768", "65535", "65536", "2147483647", "2147483648", "4294967294",
        "4294967295", "4294967296",
        "9223372036854775807", "9223372036854775808", "18446744073709551615", "-2147483648", "-2147483649",
        "-9223372036854775808",
    ];

    public static TheoryData<string> Configs() =>
    [
        "configs/good/every-field.json", "configs/specification/good/linux-everything-else.json",
        "configs/specification/good/linux-cgroup-v1.json",
        "resources/config.json", "attributes/config.json", "devices/config.json", "device-rules/config.json",
        "user-namespace-new/config.json",
        "idmap/config.json", "rlimits/config.json", "time-namespace/config.json", "docker-like/config.json",
        "terminal/config.json", "engines/podman-systemd-limits.json",
    ];

    [Theory]
    [MemberData(nameof(Configs))]
    public void Numbers_at_the_edges_are_taken_or_refused(string config)
    {
        string text = File.ReadAllText(Path.Combine(PlanCase.Fixtures, config));
        int tried = 0;
        foreach (Match number in Regex.Matches(text, """(?<=[:\[,]\s*)-?\d+(?=\s*[,\]}])"""))
        {
            foreach (string edge in Edges)
            {
                Try(text[..number.Index] + edge + text[(number.Index + number.Length)..]);
                tried++;
            }
        }
        Assert.True(tried > Edges.Length, "no numbers in " + config);
    }

    static void Try(string config)
    {
        foreach (string manager in (string[])["cgroupfs", "systemd"])
        {
            var problems = new List<ConfigProblem>();
            if (ConfigReader.Read(Encoding.UTF8.GetBytes(config), problems) is not { } spec)
            {
                continue;
            }
            var options = new PlanOptions
            {
                Id = "x",
                Bundle = "/bundle",
                Terminal = spec.Process?.Terminal ?? false,
                CgroupManager = manager,
                WaitsForStart = true
            };
            if (Planner.Plan(spec, options, new HostJson().Facts(), problems) is { } plan)
            {
                PlanCase.Clone(plan);
                PlanCase.Init(plan);
                PlanPrinter.Json(plan);
            }
        }
    }

    [Theory]
    [InlineData(65000, null)]
    [InlineData(66000, "linux.maskedPaths[")]
    [InlineData(200000, "linux.maskedPaths[")]
    public void More_steps_than_can_be_told_apart_are_refused(int count, string? problem)
    {
        var spec = ConfigReader.Read(File.ReadAllBytes(Path.Combine(PlanCase.Fixtures, "default/config.json")), [])!;
        spec.Linux!.MaskedPaths = [.. Enumerable.Range(0, count).Select(i => "/proc/x" + i)];
        var problems = new List<ConfigProblem>();
        ContainerPlan? plan = Planner.Plan(spec, new PlanOptions { Id = "x", Bundle = "/bundle" }, new HostJson().Facts(),
            problems);
        Assert.Equal(problem is null, plan is not null);
        Assert.True(problem is null || problems.Count == 1 && problems[0].Path.StartsWith(problem, StringComparison.Ordinal),
            string.Join("; ", problems));
        if (plan is not null)
        {
            Assert.Equal(count, PlanCase.Clone(plan).Ops.ToArray().Count(op => op.Code == OpCode.Mask));
            InitImage.Build(PlanCase.Init(plan));
        }
    }
}
