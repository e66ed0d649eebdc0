using System.Collections.Generic;

namespace OciRun.Planning;

/// <summary>From steps to what the first process executes.</summary>
public static class Lowering
{
    /// <summary>The operations of the process while it is in the runtime's image.</summary>
    public static ProgramBuilder ChildProgram(ContainerPlan plan)
    {
        var program = new ProgramBuilder { Slots = plan.Slots };
        IReadOnlyList<Step> steps = plan.Steps;
        for (int i = 0; i < steps.Count; i++)
        {
            program.Step = i;
            steps[i].Lower(program);
        }
        return program;
    }

    /// <summary>The program that the process parks in and that executes the payload, as an ELF file.</summary>
    public static byte[] InitImage(ContainerPlan plan, InitImageBuilder image)
    {
        IReadOnlyList<Step> steps = plan.Steps;
        for (int i = 0; i < steps.Count; i++)
        {
            image.Step = i;
            steps[i].Lower(image);
        }
        return image.Build();
    }
}
