using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>Writes a plan for people and for programs.</summary>
public static class PlanPrinter
{
    /// <summary>One line a step: number, actor, words, and the config path behind a '#'. A heading for each phase.</summary>
    public static string Text(ContainerPlan plan)
    {
        var text = new StringBuilder();
        text.Append("plan of ").Append(plan.Options.Id).Append(" (bundle ").Append(plan.Options.Bundle).Append(")\n");
        foreach (ConfigProblem warning in plan.Warnings)
        {
            text.Append("warning: ").Append(warning.ToString()).Append('\n');
        }
        Phase? phase = null;
        for (int index = 0; index < plan.Steps.Count; index++)
        {
            Step step = plan.Steps[index];
            if (phase != step.Phase)
            {
                phase = step.Phase;
                text.Append('\n').Append(step.Phase).Append('\n');
            }
            text.Append(index.ToString().PadLeft(5)).Append(step.Actor == Actor.Runtime ? "  runtime  " : "  init     ")
                .Append(step.Text);
            if (step.ConfigPath.Length > 0)
            {
                text.Append("   # ").Append(step.ConfigPath);
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>A line for each step, for a log.</summary>
    public static IEnumerable<string> Lines(ContainerPlan plan)
    {
        for (int index = 0; index < plan.Steps.Count; index++)
        {
            Step step = plan.Steps[index];
            string actor = step.Actor == Actor.Runtime ? "runtime" : "init";
            yield return $"step {index}: {step.Phase}: {actor}: {step.Text}" +
                (step.ConfigPath.Length > 0 ? " # " + step.ConfigPath : "");
        }
    }

    /// <summary>The same as JSON: {"id", "bundle", "warnings", "steps": [{"index", "phase", "actor", "text",
    /// "configPath"}]}.</summary>
    public static string Json(ContainerPlan plan)
    {
        var document = new PlanDocument { Id = plan.Options.Id, Bundle = plan.Options.Bundle };
        foreach (ConfigProblem warning in plan.Warnings)
        {
            document.Warnings.Add(warning.ToString());
        }
        for (int index = 0; index < plan.Steps.Count; index++)
        {
            Step step = plan.Steps[index];
            document.Steps.Add(new PlanDocumentStep
            {
                Index = index,
                Phase = step.Phase.ToString(),
                Actor = step.Actor == Actor.Runtime ? "runtime" : "init",
                Text = step.Text,
                ConfigPath = step.ConfigPath,
            });
        }
        return JsonSerializer.Serialize(document, PlanJson.Default.PlanDocument) + "\n";
    }
}

sealed class PlanDocument
{
    public string Id { get; set; } = "";
    public string Bundle { get; set; } = "";
    public List<string> Warnings { get; set; } = [];
    public List<PlanDocumentStep> Steps { get; set; } = [];
}

sealed class PlanDocumentStep
{
    public int Index { get; set; }
    public string Phase { get; set; } = "";
    public string Actor { get; set; } = "";
    public string Text { get; set; } = "";
    public string ConfigPath { get; set; } = "";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PlanDocument))]
sealed partial class PlanJson : JsonSerializerContext;
