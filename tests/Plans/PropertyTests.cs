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
    public static TheoryData<string> Plans() => [.. PlanCase.Golden().Where(static name => TryPlan(name) is not null),
        .. PlanCase.Engines()];

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
        ProgramBuilder first = PlanCase.Clone(one);
        ProgramBuilder second = PlanCase.Clone(two);
        Assert.True(first.Data.SequenceEqual(second.Data));
        Assert.Equal(first.Ops.ToArray(), second.Ops.ToArray());
        Assert.Equal(InitImage.Build(PlanCase.Init(one)), InitImage.Build(PlanCase.Init(two)));
        Assert.Equal(ProgramPrinter.Text(one), ProgramPrinter.Text(two));
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Steps_are_in_the_order_of_their_phases(string name)
    {
        Phase phase = Phase.Prepare;
        foreach (Step step in PlanOf(name).Steps)
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
        var lowered = new List<int>();
        foreach (ProgramBuilder program in (ProgramBuilder[])[PlanCase.Clone(plan), PlanCase.Init(plan)])
        {
            foreach (Op op in program.Ops)
            {
                lowered.Add(op.Step);
            }
        }
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            Assert.True(lowered.Contains(i) == (plan.Steps[i].Actor == Actor.Init), plan.Steps[i].Text);
        }
        // And in the order of the list.
        Assert.Equal(lowered.Order(), lowered);
    }

    /// <summary>Steps that look a path up, and where.</summary>
    static (string Path, MountPlace Place)? PlaceOf(Step step) => step switch
    {
        MountStep mount => (mount.Destination, mount.Place),
        MaskStep mask => (mask.Path, mask.Place),
        ReadOnlyPathStep path => (path.Path, path.Place),
        WorkingDirectoryStep directory => (directory.Path, directory.Place),
        DeviceStep { InSharedDev: true } device => (device.Node.Path, device.Place),
        TerminalStep terminal => (TerminalStep.Multiplexer, terminal.Place),
        _ => null,
    };

    [Theory]
    [MemberData(nameof(Plans))]
    public void What_is_below_a_mount_is_looked_up_in_the_one_that_was_made_there_last(string name)
    {
        var mounts = new List<MountStep>();
        foreach (Step step in PlanOf(name).Steps)
        {
            if (PlaceOf(step) is { } at)
            {
                MountStep? above = mounts.LastOrDefault(mount => (at.Path + "/").StartsWith(mount.Destination + "/",
                    StringComparison.Ordinal));
                Assert.Equal(above?.HoldSlot ?? -1, at.Place.Slot);
                Assert.True(above is null || at.Place.Slot >= 0);
                Assert.Equal(above is null ? at.Path : at.Path[Math.Min(at.Path.Length, above.Destination.Length + 1)..],
                    at.Path[at.Place.Rest..]);
            }
            // A link that is copied is no mount.
            if (step is MountStep made && (made.Flags & (MountArgFlags.Remount | MountArgFlags.CopySymlink)) == 0)
            {
                mounts.Add(made);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Every_slot_is_filled_by_one_step_and_used_by_one_after_it(string name)
    {
        ContainerPlan plan = PlanOf(name);
        var filled = new Dictionary<int, Step>();
        var used = new List<(int Slot, Type Filler)>();
        foreach (Step step in plan.Steps)
        {
            switch (step)
            {
                case OpenSourceStep source:
                    used.Add((source.IdMapSlot, typeof(OpenIdMapStep)));
                    filled.Add(source.Slot, source);
                    break;
                case OpenStep open:
                    filled.Add(open.Slot, open);
                    break;
                case EnterPidNamespaceForChildrenStep enter:
                    used.Add((enter.Slot, typeof(OpenNamespaceStep)));
                    break;
                case JoinNamespacesStep join:
                    used.AddRange(join.Namespaces.Select(static one => (one.Slot, typeof(OpenNamespaceStep))));
                    break;
                case JoinContainerStep:
                    used.Add((0, typeof(OpenInitStep)));
                    break;
                case MountStep mount:
                    used.Add((mount.SourceSlot, typeof(OpenSourceStep)));
                    used.Add((mount.IdMapSlot, typeof(OpenIdMapStep)));
                    if (mount.KeepSlot >= 0)
                    {
                        filled.Add(mount.KeepSlot, mount);
                    }
                    // A source that the runtime opens is opened by the mount's words, and mapped with the same mappings.
                    if (mount.SourceSlot >= 0)
                    {
                        Assert.Equal(-1, mount.IdMapSlot);
                        var source = (OpenSourceStep)filled[mount.SourceSlot];
                        Assert.Equal(mount.MapsIds, source.IdMapSlot >= 0);
                        Assert.Equal(mount.Options.Recursive, source.Recursive);
                        Assert.Equal(mount.Options.SourceNoFollow, source.NoFollow);
                    }
                    break;
                case SealMountStep seal:
                    used.Add((seal.Slot, typeof(MountStep)));
                    break;
            }
            foreach ((int slot, Type filler) in used.Where(static use => use.Slot >= 0))
            {
                Assert.IsType(filler, filled[slot]);
            }
        }
        used.RemoveAll(static use => use.Slot < 0);
        Assert.Equal(used.Count, used.Select(static use => use.Slot).Distinct().Count());
        // The root directory alone is handed on by itself.
        Assert.Equal(used.Count, filled.Values.Count(static step => step is not OpenRootStep));
        // Those of mounts that are held for what is below them have a test of their own.
        int held = plan.Steps.OfType<MountStep>().Count(static mount => mount.HoldSlot >= 0 && mount.KeepSlot < 0);
        Assert.Equal(plan.Slots, filled.Count + held);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Mounts_that_stay_writable_at_first_are_sealed_each_once(string name)
    {
        ContainerPlan plan = PlanOf(name);
        var kept = plan.Steps.OfType<MountStep>().Where(static mount => mount.KeepSlot >= 0)
            .Select(static mount => (ulong)mount.KeepSlot);
        var sealedSlots = plan.Steps.OfType<SealMountStep>().Select(static step => (ulong)step.Slot);
        Assert.Equal(kept, sealedSlots);
    }

    /// <summary>Who names more descriptors than he hands over does not get the runtime's own: they end with init.</summary>
    [Theory]
    [InlineData(3, true)]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void Own_descriptor_among_the_inherited_ones_does_not_reach_the_payload(int channel, bool isAmongThem)
    {
        ContainerPlan plan = PlanOf("run-with-sockets");
        ProgramBuilder init = Lowering.Lower(plan, new ProgramBuilder(Stage.Init) { ChannelFd = channel, InheritedFds = 3 });
        Assert.Equal(isAmongThem,
            init.Ops.ToArray().Any(op => op.Code == OpCode.Call && op.Number == Sys.fcntl && op.A == (ulong)channel));
    }

    /// <summary>Only hooks of createContainer run in the container's namespaces (runtime.md, "Lifecycle"), and never among
    /// strangers in a pid namespace, who would get the runtime's rights with them.</summary>
    [Theory]
    [MemberData(nameof(Plans))]
    public void Hooks_enter_the_namespaces_of_their_kind_and_no_pid_namespace_of_strangers(string name)
    {
        ContainerPlan plan = PlanOf(name);
        bool strangers = plan.Steps.Any(static step => step is EnterPidNamespaceStep);
        foreach (HookStep hook in plan.Steps.OfType<HookStep>())
        {
            Assert.Equal(hook.Kind == "createContainer", hook.Namespaces != 0);
            Assert.False(strangers && (hook.Namespaces & CLONE_NEWPID) != 0, hook.ConfigPath);
        }
    }

    /// <summary>The runtime waits for init at each gate and lets it go on once; what it must do for init lies between.</summary>
    [Theory]
    [MemberData(nameof(Plans))]
    public void Every_gate_is_opened_again_after_what_it_is_for(string name)
    {
        ContainerPlan plan = PlanOf(name);
        Gate? open = null;
        bool spawned = false;
        var seen = new HashSet<Gate>();
        foreach (Step step in plan.Steps)
        {
            switch (step)
            {
                case SpawnStep:
                    spawned = true;
                    break;
                case GateStep gate:
                    Assert.Null(open);
                    Assert.True(spawned && seen.Add(gate.Gate));
                    open = gate.Gate;
                    break;
                case ReleaseStep or StartStep:
                    Assert.NotNull(open);
                    open = null;
                    break;
                case UnitStep:
                    Assert.Equal(Gate.Cgroup, open);
                    break;
                case MapIdsStep:
                    Assert.Equal(Gate.MapIds, open);
                    break;
                case NetDevicesStep or HookStep { When: Phase.RuntimeHooks }:
                    Assert.Equal(Gate.RuntimeHooks, open);
                    break;
                case HookStep { When: Phase.ContainerHooks }:
                    Assert.Equal(Gate.ContainerHooks, open);
                    break;
                case InitProgramStep or RlimitsStep:
                    Assert.Equal(Gate.InitProgram, open);
                    break;
                case ResourcesStep or ListenerStep or CommitStateStep or PidFileStep or SchedulerStep:
                    Assert.Equal(Gate.Ready, open);
                    break;
                case { Actor: Actor.Init } and not WaitStep:
                    Assert.Null(open);
                    break;
            }
        }
        Assert.Null(open);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void State_is_claimed_before_anything_is_made_and_removed_last(string name)
    {
        List<Step> steps = [.. PlanOf(name).Steps.Where(static step => step.Actor == Actor.Runtime)];
        if (steps[0] is not OpenInitStep)
        {
            Assert.IsType<StateDirectoryStep>(steps[0]);
            Assert.IsType<SaveStateStep>(steps[1]);
            Assert.IsType<RemoveStateStep>(steps.Last(static step => step is not HookStep));
        }
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void The_filter_is_the_last_call_before_the_payload_which_is_last(string name)
    {
        ContainerPlan plan = PlanOf(name);
        Op[] init = PlanCase.Init(plan).Ops.ToArray();
        var steps = plan.Steps.Where(static step => step.Actor == Actor.Init).ToList();
        Assert.IsType<ExecStep>(steps[^1]);
        Assert.Equal((ushort)Sys.execve, init[^1].Number);
        bool hasFilter = steps[^2] is SeccompStep;
        Assert.Equal(hasFilter ? 1 : 0, steps.Count(static step => step is SeccompStep));
        for (int i = 0; i < init.Length; i++)
        {
            Assert.Equal(hasFilter && i == init.Length - 2, init[i].Code == OpCode.Call && init[i].Number == Sys.seccomp);
        }
        Assert.Equal(OpCode.ExecInit, PlanCase.Clone(plan).Ops[^1].Code);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void Every_jump_of_the_init_program_stays_in_its_table_and_only_the_wait_goes_back(string name)
    {
        ContainerPlan plan = PlanOf(name);
        Op[] init = PlanCase.Init(plan).Ops.ToArray();
        for (int i = 0; i < init.Length; i++)
        {
            Op op = init[i];
            Assert.InRange(i + op.Then, 0, init.Length - 1);
            Assert.InRange(i + op.Else, 0, init.Length - 1);
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

    static int IndexOf(IReadOnlyList<Step> steps, Step step) => Enumerable.Range(0, steps.Count)
        .First(i => ReferenceEquals(steps[i], step));

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
