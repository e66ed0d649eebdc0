using System.Collections.Generic;
using OciRun.Planning.Steps;

namespace OciRun.Planning;

/// <summary>From steps to what the first process executes.</summary>
public static class Lowering
{
    /// <summary>Appends the operations of a plan's steps that are of the builder's stage, and resolves its jumps.</summary>
    public static ProgramBuilder Lower(ContainerPlan plan, ProgramBuilder program)
    {
        Stage stage = Stage.Clone;
        IReadOnlyList<Step> steps = plan.Steps;
        for (int i = 0; i < steps.Count; i++)
        {
            bool isBoth = steps[i] is ExecInitStep;
            stage = isBoth ? Stage.Init : stage;
            if (isBoth || stage == program.Stage)
            {
                program.Step = i;
                steps[i].Lower(program);
            }
        }
        program.Resolve();
        return program;
    }
}
