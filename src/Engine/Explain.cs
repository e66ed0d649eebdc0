using OciRun.Planning;

namespace OciRun.Engine;

/// <summary>Prints what creating a container would do, without doing any of it.</summary>
public static class Explain
{
    public static string Text(GlobalOptions globals, CreateOptions options) => PlanPrinter.Text(Plan(globals, options));

    public static string Json(GlobalOptions globals, CreateOptions options) => PlanPrinter.Json(Plan(globals, options));

    static ContainerPlan Plan(GlobalOptions globals, CreateOptions options)
    {
        using var preflight = new Preflight();
        return Lifecycle.MakePlan(globals, options, preflight, waitsForStart: true, out _);
    }
}
