using System.Runtime.InteropServices;
using OciRun.Planning;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Steps;

namespace OciRun.Engine;

/// <summary>Prints what creating a container would do, without doing any of it.</summary>
public static class Explain
{
    public static string Text(GlobalOptions globals, CreateOptions options)
    {
        ContainerPlan plan = Plan(globals, options);
        return PlanPrinter.Text(plan) + SeccompTable(plan);
    }

    /// <summary>What the seccomp filter does with which calls, below a heading like those of the phases.</summary>
    static string SeccompTable(ContainerPlan plan)
    {
        if (Find(plan) is not { } step)
        {
            return "";
        }
        bool compiled = step.ConfigPath != SeccompAnnotations.ProgramPath;
        return "\nSeccomp filter\n" + (compiled
            ? SeccompPrinter.Table(plan.Spec.Linux!.Seccomp!)
            : "the program of " + step.ConfigPath + "; see explain --seccomp-bpf\n");
    }

    /// <summary>The seccomp filter's instructions; nothing when the config has no filter.</summary>
    public static string SeccompBpf(GlobalOptions globals, CreateOptions options) =>
        Find(Plan(globals, options)) is { } step ? SeccompPrinter.Disassemble(MemoryMarshal.Cast<byte, BpfInstruction>(step.Filter)) : "";

    static SeccompStep? Find(ContainerPlan plan)
    {
        foreach (Step step in plan.Steps)
        {
            if (step is SeccompStep seccomp)
            {
                return seccomp;
            }
        }
        return null;
    }

    public static string Json(GlobalOptions globals, CreateOptions options) => PlanPrinter.Json(Plan(globals, options));

    static ContainerPlan Plan(GlobalOptions globals, CreateOptions options)
    {
        using var preflight = new Preflight();
        return Lifecycle.MakePlan(globals, options, preflight, waitsForStart: true, out _);
    }
}
