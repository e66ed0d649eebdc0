using OciRun.Planning.Steps;

namespace OciRun.Planning.Sections;

/// <summary>What no part of the config asks for: the state, sockets, what the caller gets, and the word to start.</summary>
sealed class LifeSection(PlanDraft draft)
{
    /// <summary>The id is claimed, and what delete needs is written before anything is made.</summary>
    public void PlanState()
    {
        draft.Add(new StateDirectoryStep { Path = draft.Options.StateDirectory });
        draft.Add(new SaveStateStep { When = Phase.Prepare });
    }

    public void PlanSockets()
    {
        if (draft.Options.NotifyDirectory is { } directory)
        {
            draft.Add(new NotifyDirectoryStep { Path = directory });
        }
        if (draft.Options.WaitsForStart)
        {
            draft.Add(new StartSocketStep());
        }
    }

    /// <summary>exec: what is opened of the container that there is.</summary>
    public void PlanContainer()
    {
        ExistingContainer container = draft.Container;
        draft.Add(new OpenInitStep { Slot = draft.NewSlot(), Pid = container.Pid, StartTime = container.StartTime });
        if (!draft.HasMountNamespace)
        {
            draft.Add(new OpenRootStep { Slot = draft.NewSlot(), Pid = container.Pid, StartTime = container.StartTime });
        }
        if (container.Cgroup is { } cgroup)
        {
            draft.Add(new OpenCgroupStep { Path = cgroup, Required = container.CgroupIsRequired });
        }
    }

    /// <summary>What the caller gets once init is ready.</summary>
    public void PlanHandOver()
    {
        if (draft.Options.Terminal && draft.Options.ConsoleSocket is { } console)
        {
            draft.Add(new ConsoleStep { ConfigPath = "--console-socket", Path = console });
        }
        if (draft.Options.PidfdSocket is { } socket)
        {
            draft.Add(new PidfdStep
            {
                ConfigPath = "--pidfd-socket",
                Path = socket,
                Word = draft.Options.IsExec ? "setns" : "standard",
            });
        }
        if (draft.Options.PidFile is { } file)
        {
            draft.Add(new PidFileStep { ConfigPath = "--pid-file", Path = file });
        }
    }

    public void PlanStart()
    {
        if (draft.Options.NotifyDirectory is not null)
        {
            draft.Add(new NotifySocketStep());
        }
        if (draft.Options.WaitsForStart)
        {
            draft.Add(new StartStep { Program = draft.Spec.Process?.Args is { Count: > 0 } args ? args[0] : "" });
        }
        else
        {
            draft.Add(new ReleaseStep { When = Phase.Start });
        }
        draft.Add(new AwaitExecStep());
    }
}
