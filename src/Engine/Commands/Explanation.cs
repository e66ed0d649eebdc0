using System.Runtime.InteropServices;
using OciRun.Engine.Host;
using OciRun.Engine.State;
using OciRun.Planning;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Engine.Commands;

/// <summary>explain: the plan of a command, without performing any of it.</summary>
public static class Explanation
{
    /// <summary>The life of the container that create would make of a bundle.</summary>
    public static ContainerPlan OfCreate(GlobalOptions globals, CreateOptions options)
    {
        using var preflight = new Preflight();
        return Creation.Plan(globals, options, preflight, waitsForStart: true);
    }

    /// <summary>What start would do with a container that is there.</summary>
    public static ContainerPlan OfStart(GlobalOptions globals, string id)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, id);
        return Starting.Plan(globals, directory.Load(withConfig: true));
    }

    /// <summary>What exec would do in a container that is there.</summary>
    public static ContainerPlan OfExec(GlobalOptions globals, ExecOptions options)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, options.Id);
        return Execution.Plan(directory.Load(withConfig: true), options);
    }

    /// <summary>What delete would do with a container that is there.</summary>
    public static ContainerPlan OfDelete(GlobalOptions globals, string id)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, id);
        ContainerRecord record = directory.Load(withConfig: true);
        return Deletion.Plan(globals, record, Liveness.StatusOf(directory, record));
    }

    /// <summary>For people: the steps, and what the seccomp filter does with which calls.</summary>
    public static string Text(ContainerPlan plan) => PlanPrinter.Text(plan) + SeccompTable(plan);

    /// <summary>For programs.</summary>
    public static string Json(ContainerPlan plan) => PlanPrinter.Json(plan);

    /// <summary>What the init steps are lowered to.</summary>
    public static string Ops(ContainerPlan plan) => ProgramPrinter.Text(plan);

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
    public static string SeccompBpf(ContainerPlan plan) =>
        plan.Find<SeccompStep>() is { } step ? SeccompPrinter.Disassemble(MemoryMarshal.Cast<byte, BpfInstruction>(step.Filter))
        : "";
}
