using OciRun.Planning;
using OciRun.Planning.Seccomp;
using OciRun.Spec;

namespace OciRun.Engine;

/// <summary>Prints what creating a container would do, without doing any of it.</summary>
public static class Explain
{
    public static string Text(GlobalOptions globals, CreateOptions options)
    {
        ContainerPlan plan = Plan(globals, options);
        return PlanPrinter.Text(plan) + SeccompTable(plan.Spec.Linux?.Seccomp);
    }

    /// <summary>What the seccomp filter does with which calls, below a heading like those of the phases.</summary>
    static string SeccompTable(SpecSeccomp? seccomp)
    {
        string table = seccomp is null ? "" : SeccompPrinter.Table(seccomp);
        return table.Length == 0 ? "" : "\nSeccomp filter\n" + table;
    }

    /// <summary>The seccomp filter's instructions; nothing when the config has no filter.</summary>
    public static string SeccompBpf(GlobalOptions globals, CreateOptions options)
    {
        SpecSeccomp? seccomp = Plan(globals, options).Spec.Linux?.Seccomp;
        SeccompFilter? filter = seccomp is null ? null : SeccompCompiler.Compile(seccomp, []);
        return filter is null ? "" : SeccompPrinter.Disassemble(filter);
    }

    public static string Json(GlobalOptions globals, CreateOptions options) => PlanPrinter.Json(Plan(globals, options));

    static ContainerPlan Plan(GlobalOptions globals, CreateOptions options)
    {
        using var preflight = new Preflight();
        return Lifecycle.MakePlan(globals, options, preflight, waitsForStart: true, out _);
    }
}
