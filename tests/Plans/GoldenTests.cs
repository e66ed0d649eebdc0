using System.Collections.Generic;
using System.IO;
using System.Linq;
using OciRun.Planning;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Plans;

/// <summary>The plan of every directory in spec-fixtures that has a config.json.</summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Cases() => [.. PlanCase.Golden()];

    public static TheoryData<string> LoweredCases() =>
        [.. PlanCase.Golden().Where(static name => File.Exists(Golden(name, "ops.txt")))];

    static string Golden(string name, string file) => Path.Combine(PlanCase.Fixtures, name, file);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Config_gives_the_golden_plan_or_the_golden_problems(string name)
    {
        var problems = new List<ConfigProblem>();
        ContainerPlan? plan = PlanCase.Load(name).Plan(problems);
        string planFile = Golden(name, "plan.txt");
        string problemsFile = Golden(name, "problems.txt");
        string found = string.Concat(problems.Select(static problem => (problem.IsWarning ? "warning: " : "") + problem + "\n"));
        bool isNew = Snapshot.Updating && !File.Exists(planFile) && !File.Exists(problemsFile);
        if (isNew ? plan is null : File.Exists(problemsFile))
        {
            Assert.False(File.Exists(planFile), name + " has both a plan and problems");
            Assert.Null(plan);
            Snapshot.Check(problemsFile, found);
            return;
        }
        Assert.True(plan is not null, found);
        Snapshot.Check(planFile, PlanPrinter.Text(plan));
    }

    [Theory]
    [MemberData(nameof(LoweredCases))]
    public void Plan_is_lowered_to_the_golden_operations(string name)
    {
        ContainerPlan plan = PlanCase.Load(name).Plan([])!;
        Snapshot.Check(Golden(name, "ops.txt"), ProgramPrinter.Text(plan));
    }

    [Fact]
    public void There_are_enough_cases_of_each_kind()
    {
        Assert.True(PlanCase.Golden().Length >= 40);
        Assert.True(LoweredCases().Count >= 5);
    }

    [Fact]
    public void Json_and_text_tell_the_same_steps()
    {
        ContainerPlan plan = PlanCase.Load("default").Plan([])!;
        using var json = System.Text.Json.JsonDocument.Parse(PlanPrinter.Json(plan));
        string text = PlanPrinter.Text(plan);
        var steps = json.RootElement.GetProperty("steps").EnumerateArray().ToList();
        Assert.Equal(plan.Steps.Count, steps.Count);
        Assert.All(steps, step =>
        {
            string path = step.GetProperty("configPath").GetString()!;
            string line = $"{step.GetProperty("index").GetInt32(),5}  {step.GetProperty("actor").GetString(),-9}" +
                step.GetProperty("text").GetString() + (path.Length > 0 ? "   # " + path : "") + "\n";
            Assert.Contains(line, text);
            Assert.Contains("\n" + step.GetProperty("phase").GetString() + "\n", text);
        });
    }
}
