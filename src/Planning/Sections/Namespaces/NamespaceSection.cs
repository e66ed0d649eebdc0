using System.Collections.Generic;
using OciRun.Planning.Steps;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning.Sections;

/// <summary><c>linux.namespaces</c>, the id mappings and the clock offsets.</summary>
sealed class NamespaceSection(PlanDraft draft)
{
    readonly List<OpenNamespaceStep> _opened = [];

    /// <summary>Without a user namespace, only root may make the others.</summary>
    public void CheckRights()
    {
        if (draft.Facts.EffectiveUid != 0 && !draft.MayMount && !draft.HasUserNamespace)
        {
            draft.Problem("linux.namespaces",
                "rootless container requires user namespaces: without one, only root may make the others");
        }
    }

    /// <summary>The descriptors that were judged before planning are taken, each into a slot.</summary>
    public void Open()
    {
        List<SpecNamespace> namespaces = draft.Linux.Namespaces ?? [];
        for (int i = 0; i < namespaces.Count; i++)
        {
            if (namespaces[i].Path is { Length: > 0 } path && NamespaceKind.Of(namespaces[i].Type) is { } kind)
            {
                var step = new OpenNamespaceStep
                {
                    ConfigPath = ConfigPath.Item("linux.namespaces", i) + ".path",
                    Kind = kind,
                    Path = path,
                    Index = i,
                    Slot = draft.NewSlot(),
                };
                _opened.Add(step);
                draft.Add(step);
            }
        }
    }

    /// <summary>The step that takes the descriptor of the joined namespace of this kind; null when none is joined.</summary>
    public OpenNamespaceStep? Opened(int kind)
    {
        foreach (OpenNamespaceStep opened in _opened)
        {
            if (opened.Kind.Flag == kind)
            {
                return opened;
            }
        }
        return null;
    }

    /// <summary>A process can be born into new namespaces unless they are to belong to a user namespace that it must join first.
    /// The cgroup namespace is unshared later, when the process is in its cgroup; the time namespace by the runtime,
    /// before.</summary>
    public int SpawnFlags() =>
        draft.IsJoined(CLONE_NEWUSER) || JoinsBeforeUser ? 0 : draft.NewNamespaces & ~(CLONE_NEWCGROUP | CLONE_NEWTIME);

    /// <summary>The process has joined others before it got anything of its own.</summary>
    public bool OnlyJoins => draft.JoinedNamespaces != 0 && SpawnFlags() == 0;

    /// <summary>Namespaces of others can only be joined with the runtime's rights: before the new user namespace.</summary>
    bool JoinsBeforeUser => draft.IsNew(CLONE_NEWUSER)
        && (draft.JoinedNamespaces & ~(draft.JoinsPidAtLast ? 0 : CLONE_NEWPID)) != 0;

    /// <summary>What the runtime does to itself so that its child is born where it is to be.</summary>
    public void PlanBirth()
    {
        if (Opened(CLONE_NEWPID) is { } pid && !draft.JoinsPidAtLast)
        {
            // The pid namespace takes children only, so the runtime enters it before it clones.
            draft.Add(new EnterPidNamespaceForChildrenStep { ConfigPath = pid.ConfigPath, Slot = pid.Slot, Path = pid.Path });
        }
        if (!draft.IsNew(CLONE_NEWTIME))
        {
            return;
        }
        draft.Add(new TimeNamespaceStep { ConfigPath = "linux.namespaces" });
        if (draft.Linux.TimeOffsets is { Count: > 0 } offsets)
        {
            draft.Add(new TimeOffsetsStep { ConfigPath = "linux.timeOffsets", Offsets = offsets });
        }
    }

    /// <summary>The runtime goes back to where its own children are born.</summary>
    public void PlanBorn()
    {
        if (Opened(CLONE_NEWPID) is { } pid && !draft.JoinsPidAtLast)
        {
            draft.Add(new LeavePidNamespaceStep { ConfigPath = pid.ConfigPath });
        }
    }

    /// <summary>A process of exec enters all that the container has.</summary>
    public void PlanContainer()
    {
        draft.Add(new JoinContainerStep { Namespaces = draft.JoinedNamespaces });
        if (draft.IsJoined(CLONE_NEWUSER))
        {
            draft.Add(new BecomeRootStep { IsNew = false });
        }
    }

    /// <summary>What the process enters or makes once it is there, in the order that its rights allow.</summary>
    public void PlanJoin()
    {
        bool late = JoinsBeforeUser;
        if (late)
        {
            PlanJoinedNamespaces();
            draft.Add(new UnshareStep { ConfigPath = "linux.namespaces", Flags = CLONE_NEWUSER });
        }
        if (draft.IsNew(CLONE_NEWUSER))
        {
            draft.Add(new GateStep { ConfigPath = "linux.uidMappings", Gate = Gate.MapIds, Reason = "id mappings" });
            draft.Add(new MapIdsStep
            {
                ConfigPath = "linux.uidMappings",
                Uids = draft.Linux.UidMappings ?? [],
                Gids = draft.Linux.GidMappings ?? [],
            });
            draft.Add(new ReleaseStep { When = Phase.MapIds });
            draft.Add(new BecomeRootStep { ConfigPath = "linux.uidMappings", IsNew = true });
        }
        if (!late)
        {
            PlanJoinedNamespaces();
        }
        int rest = late || draft.IsJoined(CLONE_NEWUSER)
            ? draft.NewNamespaces & ~(CLONE_NEWCGROUP | CLONE_NEWTIME | CLONE_NEWUSER)
            : 0;
        if ((rest & CLONE_NEWPID) != 0)
        {
            draft.Add(new CloneAgainStep { ConfigPath = "linux.namespaces", Flags = rest });
        }
        else if (rest != 0)
        {
            draft.Add(new UnshareStep { ConfigPath = "linux.namespaces", Flags = rest });
        }
        if (draft.IsNew(CLONE_NEWCGROUP))
        {
            draft.Add(new UnshareStep { ConfigPath = "linux.namespaces", Flags = CLONE_NEWCGROUP });
        }
    }

    void PlanJoinedNamespaces()
    {
        var joined = new List<JoinedNamespace>();
        foreach (OpenNamespaceStep opened in _opened)
        {
            if (opened.Kind.Flag != CLONE_NEWPID || draft.JoinsPidAtLast)
            {
                joined.Add(new JoinedNamespace(opened.ConfigPath, opened.Kind, opened.Path, opened.Slot));
            }
        }
        if (joined.Count > 0)
        {
            draft.Add(new JoinNamespacesStep
            {
                ConfigPath = joined.Count == 1 ? joined[0].ConfigPath : "linux.namespaces",
                Namespaces = joined,
            });
        }
        if (draft.IsJoined(CLONE_NEWUSER))
        {
            draft.Add(new BecomeRootStep { ConfigPath = "linux.namespaces", IsNew = false });
        }
    }
}
