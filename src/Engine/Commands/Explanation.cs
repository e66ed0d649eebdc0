using System.Runtime.InteropServices;
using OciRun.Planning;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Steps;

namespace OciRun.Engine.Commands;

/// <summary>Prints what creating a container would do, without doing any of it.</summary>
public static class Explanation
{
    public static string Text(GlobalOptions globals, CreateOptions options)
    {
        ContainerPlan plan = Plan(globals, options);
        return PlanPrinter.Text(plan) + SeccompTable(plan);
    }

    /// <summary>What the seccomp filter does with which calls, below a heading like those of the phases.</summary>
    static string SeccompTable(ContainerPlan plan)
    {
        if (plan.Find<SeccompStep>() is not { } step)
        {
            return "";
        }
        return "\nSeccomp filter\n" + (step.Profile is not null
            ? SeccompPrinter.Table(step.Profile)
            : "the program of " + step.ConfigPath + "; see explain --seccomp-bpf\n");
    }

    /// <summary>The seccomp filter's instructions; nothing when the config has no filter.</summary>
    public static string SeccompBpf(GlobalOptions globals, CreateOptions options) =>
        Plan(globals, options).Find<SeccompStep>() is { } step ? SeccompPrinter.Disassemble(MemoryMarshal.Cast<byte, BpfInstruction>(step.Filter)) : "";

    public static string Json(GlobalOptions globals, CreateOptions options) => PlanPrinter.Json(Plan(globals, options));

    static ContainerPlan Plan(GlobalOptions globals, CreateOptions options)
    {
        using var preflight = new Preflight();
        return Creation.Plan(globals, options, preflight, waitsForStart: true);
    }
}
