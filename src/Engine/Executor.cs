using System;
using System.Collections.Generic;
using OciRun.Engine.Cgroups;
using OciRun.Engine.HandOver;
using OciRun.Engine.Hooks;
using OciRun.Engine.Network;
using OciRun.Engine.Process;
using OciRun.Engine.Rdt;
using OciRun.Engine.State;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Syscalls;

namespace OciRun.Engine;

/// <summary>Performs the runtime's steps of a plan, one after the other in the order that <c>explain</c> prints. Nothing is done
/// that is no step. At a gate it waits for init; what a step makes is in the products; when one fails, all before it are taken
/// back.</summary>
sealed class Executor(Products made)
{
    readonly IReadOnlyList<Step> _steps = made.Plan.Steps;
    int _next;

    /// <summary>The step that failed, null when none has.</summary>
    public Step? Failed { get; private set; }

    /// <summary>Performs what is left of the phases up to <paramref name="last"/>.</summary>
    /// <exception cref="RuntimeException">A step failed. Everything is undone.</exception>
    public void Perform(Phase last)
    {
        for (; _next < _steps.Count && _steps[_next].Phase <= last; _next++)
        {
            Step step = _steps[_next];
            if (step.Actor == Actor.Init && step is not GateStep)
            {
                continue;
            }
            using var _ = new Timings.Span(step);
            try
            {
                Perform(step);
            }
            catch (RuntimeException e)
            {
                Failed = step;
                throw Undo(e);
            }
        }
    }

    /// <summary>The table of what each step of the runtime is.</summary>
    void Perform(Step step)
    {
        switch (step)
        {
            case GateStep s:
                SpawnActs.Await(s, made);
                break;
            case ReleaseStep:
                made.Process!.Answer();
                break;

            case StateDirectoryStep:
                StateActs.MakeDirectory(made);
                break;
            case SaveStateStep s:
                StateActs.Save(s, made);
                break;
            case StageStateStep s:
                StateActs.Stage(s, made);
                break;
            case CommitStateStep:
                made.Directory!.Commit();
                break;
            case KeepStateStep:
                made.Directory!.Save(made.Record);
                break;
            case StartSocketStep:
                StateActs.ListenForStart(made);
                break;
            case NotifyDirectoryStep:
                NotifySocket.MakeDirectory(made.Directory!);
                break;
            case NotifySocketStep:
                made.Notify = NotifySocket.TryOpen(made.Directory!, made.Record.Pid);
                break;
            case RemoveStateStep:
                made.Directory!.Remove();
                break;

            case CgroupStep s:
                CgroupActs.Make(s, made);
                break;
            case OpenCgroupStep s:
                CgroupActs.Open(s, made);
                break;
            case UnitStep s:
                CgroupActs.StartUnit(s, made);
                break;
            case DeviceFilterStep s:
                CgroupActs.AttachDevices(s, made);
                break;
            case DelegateStep s:
                made.Cgroup?.Delegate(s.Uid);
                break;
            case PayloadCgroupStep s:
                CgroupActs.EnterPayloadCgroup(s, made);
                break;
            case ResourcesStep s:
                CgroupActs.Limit(s, made);
                break;
            case UnitMemoryStep s:
                CgroupActs.LimitUnit(s, made);
                break;
            case UpdateResourcesStep s:
                CgroupActs.Update(s, made);
                break;
            case StopUnitStep s:
                CgroupActs.StopUnit(s, made);
                break;
            case RemoveCgroupStep s:
                CgroupActs.Remove(s, made);
                break;
            case IntelRdtStep s:
                IntelRdt.Prepare(s, made);
                break;
            case IntelRdtJoinStep s:
                made.Rdt!.Join(s, made.Process!.Pid);
                break;
            case IntelRdtUpdateStep s:
                IntelRdtUpdate.Perform(s, made);
                break;
            case RemoveIntelRdtStep s:
                IntelRdt.Remove(s.Group);
                break;

            case OpenNamespaceStep s:
                made.Slots[s.Slot] = made.Namespaces!.Take(s.Index, s.Kind.Flag, s.ConfigPath);
                break;
            case OpenSourceStep s:
                made.Slots[s.Slot] = OpenActs.Source(s, made);
                break;
            case OpenIdMapStep s:
                made.Slots[s.Slot] = UserNamespaces.Make(s);
                break;
            case OpenInitStep s:
                OpenActs.Init(s, made);
                break;
            case OpenRootStep s:
                OpenActs.Root(s, made);
                break;

            case ChannelStep s:
                SpawnActs.MakeChannel(s, made);
                break;
            case EnterPidNamespaceForChildrenStep s:
                SpawnActs.EnterPidNamespace(s, made);
                break;
            case LeavePidNamespaceStep:
                SpawnActs.LeavePidNamespace(made);
                break;
            case TimeNamespaceStep s:
                TimeOffsets.Unshare(s);
                break;
            case TimeOffsetsStep s:
                TimeOffsets.Write(s);
                break;
            case InitialAffinityStep s:
                SpawnActs.SetAffinity(s, made);
                break;
            case RestoreAffinityStep:
                SpawnActs.RestoreAffinity(made);
                break;
            case SpawnStep s:
                SpawnActs.Spawn(s, made);
                break;
            case MapIdsStep s:
                IdMaps.Write(made.Process!.Pid, s);
                break;
            case OomScoreStep s:
                ProcessActs.SetOomScore(s, made.Process!.Pid);
                break;
            case RlimitsStep s:
                ProcessActs.SetRlimits(s, made.Process!.Pid);
                break;
            case SchedulerStep s:
                ProcessActs.SetScheduler(s, made.Process!.Pid);
                break;
            case InitProgramStep s:
                made.Process!.FillProgram(s, made.StartSocketNumber);
                break;
            case NetDevicesStep s:
                NetDevices.Move(s, made.Process!.Pid);
                break;
            case HookStep s:
                HookActs.Run(s, made);
                break;

            case ListenerStep s:
                SeccompListener.HandOver(s, made);
                break;
            case ConsoleStep s:
                Sockets.SendDescriptor(s.Path, "/dev/ptmx", made.Process!.Terminal, s.ConfigPath);
                break;
            case PidfdStep s:
                Sockets.SendDescriptor(s.Path, s.Word, made.Process!.Pidfd, s.ConfigPath);
                break;
            case PidFileStep s:
                PidFile.Write(s.Path, made.Process!.Pid);
                break;

            case StartStep s:
                StartActs.GiveWord(s, made);
                break;
            case AwaitExecStep:
                StartActs.AwaitExec(made);
                break;
            case KillInitStep:
                StateActs.KillInit(made.Record);
                break;

            default:
                throw new InvalidOperationException("no way to perform: " + step.Text);
        }
    }

    /// <summary>Takes everything back, and says why: what init itself reported comes before what the runtime met for want of
    /// it.</summary>
    RuntimeException Undo(RuntimeException failure)
    {
        RuntimeException error = made.Process?.PendingError() ?? failure;
        error = OomReport.Explain(made, error) ?? error;
        // Hooks may have been told of this container: poststop is how they learn that it is gone (config.md, "POSIX-platform
        // Hooks").
        bool wasMade = made.Process is not null && made.Record.Pid != 0 && !made.Plan.Options.IsExec;
        made.Undo();
        if (wasMade)
        {
            RunPoststop();
        }
        return error;
    }

    /// <summary>Takes a container back that was made, for what came after the steps.</summary>
    public void TakeBack()
    {
        made.Undo();
        RunPoststop();
    }

    void RunPoststop()
    {
        foreach (Step step in _steps)
        {
            if (step is HookStep { When: Phase.Delete } hook)
            {
                HookActs.Run(hook, made);
            }
        }
    }
}
