using System;
using System.Collections.Generic;
using System.Linq;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Spec;
using Xunit;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Tests.Plans;

/// <summary>What holds for every plan, tried on all cases and on the configs that engines wrote.</summary>
public sealed class PropertyTests
{
    public static TheoryData<string> Plans() => [.. PlanCase.Golden().Where(static name => TryPlan(name) is not null), .. PlanCase.Engines()];

    static ContainerPlan? TryPlan(string name) => PlanCase.Load(name).Plan([]);

    static ContainerPlan PlanOf(string name)
    {
        var problems = new List<ConfigProblem>();
        ContainerPlan? plan = PlanCase.Load(name).Plan(problems);
        Assert.True(plan is not null, string.Join("; ", problems));
        return plan;
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Same_input_gives_the_same_plan_and_the_same_bytes(string name)
    {
        ContainerPlan one = PlanOf(name);
        ContainerPlan two = PlanOf(name);
        Assert.Equal(PlanPrinter.Text(one), PlanPrinter.Text(two));
        Assert.Equal(PlanPrinter.Json(one), PlanPrinter.Json(two));
        ProgramBuilder first = Lowering.ChildProgram(one);
        ProgramBuilder second = Lowering.ChildProgram(two);
        Assert.True(first.Data.SequenceEqual(second.Data));
        Assert.Equal(first.Ops.ToArray(), second.Ops.ToArray());
        Assert.Equal(PlanCase.Image(one), PlanCase.Image(two));
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Explain_shows_what_init_does_in_the_order_it_is_done(string name)
    {
        Phase phase = Phase.Prepare;
        foreach (Step step in PlanOf(name).Steps.Where(static step => step.Actor == Actor.Init))
        {
            Assert.True(step.Phase >= phase, $"\"{step.Text}\" is of phase {step.Phase}, after a step of phase {phase}");
            phase = step.Phase;
        }
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Steps_of_the_runtime_have_no_operations_and_all_others_have(string name)
    {
        ContainerPlan plan = PlanOf(name);
        InitFile image = new(PlanCase.Image(plan));
        var lowered = new HashSet<int>();
        foreach (Op op in Lowering.ChildProgram(plan).Ops)
        {
            lowered.Add(op.Step);
        }
        for (int i = 0; i < image.Count; i++)
        {
            lowered.Add(image.At(i).Step);
        }
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            Assert.True(lowered.Contains(i) == (plan.Steps[i].Actor == Actor.Init), plan.Steps[i].Text);
        }
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Every_slot_has_one_use_and_it_is_the_one_it_is_filled_for(string name)
    {
        ContainerPlan plan = PlanOf(name);
        var uses = new List<(int Slot, SlotKind Kind)>();
        foreach (Step step in plan.Steps)
        {
            switch (step)
            {
                case JoinNamespacesStep join: uses.AddRange(join.Namespaces.Select(static one => (one.Slot, SlotKind.Namespace))); break;
                case JoinContainerStep: uses.Add((0, SlotKind.Empty)); break;
                case MountStep mount:
                    uses.Add((mount.SourceSlot, SlotKind.MountSource));
                    uses.Add((mount.IdMapSlot, SlotKind.IdMap));
                    uses.Add((mount.KeepSlot, SlotKind.Empty));
                    // A source that the runtime opens is mapped by the runtime, with the same mappings.
                    if (mount.SourceSlot >= 0)
                    {
                        Assert.Equal(-1, mount.IdMapSlot);
                        Assert.Equal(mount.MapsIds, plan.Slots[mount.SourceSlot].IdMapSlot >= 0);
                        uses.Add((plan.Slots[mount.SourceSlot].IdMapSlot, SlotKind.IdMap));
                    }
                    break;
            }
        }
        uses.RemoveAll(static use => use.Slot < 0);
        Assert.Equal(uses.Count, uses.Select(static use => use.Slot).Distinct().Count());
        Assert.All(uses, use => Assert.Equal(use.Kind, plan.Slots[use.Slot].Kind));
        // The pid namespace alone is entered by the runtime, and so is in no step.
        var unused = plan.Slots.Where((slot, index) => !uses.Exists(use => use.Slot == index));
        Assert.All(unused, static slot => Assert.Equal((ulong)CLONE_NEWPID, slot.NamespaceFlag));
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Mounts_that_stay_writable_at_first_are_sealed_each_once(string name)
    {
        ContainerPlan plan = PlanOf(name);
        var kept = plan.Steps.OfType<MountStep>().Where(static mount => mount.KeepSlot >= 0).Select(static mount => (ulong)mount.KeepSlot);
        var sealedSlots = plan.Steps.OfType<SealMountStep>().Select(static step => (ulong)step.Slot);
        Assert.Equal(kept, sealedSlots);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Every_gate_has_somebody_who_opens_it(string name)
    {
        ContainerPlan plan = PlanOf(name);
        var gates = new List<Gate>();
        foreach (Op op in Lowering.ChildProgram(plan).Ops)
        {
            if (op.Code == OpCode.Gate)
            {
                gates.Add((Gate)op.A);
            }
        }
        Assert.Equal(gates.Count, gates.Distinct().Count());
        Assert.Equal(plan.Steps.Any(static step => step is MapIdsStep), gates.Contains(Gate.MapIds));
        Assert.Equal(RuntimeDoes(plan, Phase.RuntimeHooks), gates.Contains(Gate.RuntimeHooks));
        Assert.Equal(RuntimeDoes(plan, Phase.ContainerHooks), gates.Contains(Gate.ContainerHooks));
        Assert.Equal(Gate.InitProgram, gates[^1]);
    }

    static bool RuntimeDoes(ContainerPlan plan, Phase phase) =>
        plan.Steps.Any(step => step.Phase == phase && step.Actor == Actor.Runtime);

    [Theory]
    [MemberData(nameof(Plans))]
    public void The_filter_is_the_last_call_before_the_payload_which_is_last(string name)
    {
        ContainerPlan plan = PlanOf(name);
        InitFile image = new(PlanCase.Image(plan));
        var steps = plan.Steps.Where(static step => step.Actor == Actor.Init).ToList();
        Assert.IsType<ExecStep>(steps[^1]);
        Assert.Equal((uint)Sys.execve, image.At(image.Count - 1).Number);
        bool hasFilter = plan.Spec.Linux?.Seccomp is not null;
        Assert.Equal(hasFilter, steps[^2] is SeccompStep);
        Assert.Equal(hasFilter ? 1 : 0, steps.Count(static step => step is SeccompStep));
        for (int i = 0; i < image.Count; i++)
        {
            InitOp op = image.At(i);
            Assert.Equal(hasFilter && i == image.Count - 2, op.Kind == 0 && op.Number == Sys.seccomp);
        }
        Assert.Equal(OpCode.ExecInit, Lowering.ChildProgram(plan).Ops[^1].Code);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Every_jump_of_the_init_program_stays_in_its_table_and_only_the_wait_goes_back(string name)
    {
        ContainerPlan plan = PlanOf(name);
        InitFile image = new(PlanCase.Image(plan));
        for (int i = 0; i < image.Count; i++)
        {
            InitOp op = image.At(i);
            Assert.InRange(i + op.Then, 0, image.Count - 1);
            Assert.InRange(i + op.Else, 0, image.Count - 1);
            Assert.True((op.Then >= 0 && op.Else >= 0) || plan.Steps[op.Step] is WaitStep);
        }
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Numbers_come_before_credentials_and_directories_after(string name)
    {
        IReadOnlyList<Step> steps = PlanOf(name).Steps;
        int credentials = IndexOf<CredentialsStep>(steps);
        Assert.True(credentials > IndexOf<ExecInitStep>(steps));
        Assert.True(IndexOf<FindProgramStep>(steps) > credentials, "the program is looked for as the final user");
        Assert.All(steps.OfType<ProcessCallStep>(), step => Assert.True(IndexOf(steps, step) < credentials, step.Text));
        Assert.All(steps.OfType<ChangeDirectoryStep>(), step => Assert.Equal(step.Early, IndexOf(steps, step) < credentials));
    }

    static int IndexOf<T>(IReadOnlyList<Step> steps) => IndexOf(steps, steps.Single(static step => step is T));

    static int IndexOf(IReadOnlyList<Step> steps, Step step) => Enumerable.Range(0, steps.Count).First(i => ReferenceEquals(steps[i], step));

    [Theory]
    [MemberData(nameof(Plans))]
    public void Masks_and_read_only_paths_come_after_all_mounts_and_before_the_switch_of_root(string name)
    {
        IReadOnlyList<Step> steps = PlanOf(name).Steps;
        int last = -1;
        int root = steps.Count;
        for (int i = 0; i < steps.Count; i++)
        {
            last = steps[i] is MountStep or DeviceStep or SymlinkStep ? i : last;
            root = steps[i] is SwitchRootStep ? i : root;
        }
        for (int i = 0; i < steps.Count; i++)
        {
            if (steps[i] is MaskStep or ReadOnlyPathStep or ReadOnlyRootStep or SealMountStep or SysctlStep)
            {
                Assert.InRange(i, last + 1, root - 1);
            }
        }
    }
}
