using System;
using System.Collections.Generic;
using OciRun.Engine.Cgroups;
using OciRun.Engine.HandOver;
using OciRun.Engine.Host;
using OciRun.Engine.Process;
using OciRun.Engine.Rdt;
using OciRun.Engine.State;
using OciRun.Planning;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine;

/// <summary>What the steps of one command have made or opened, and hand on: later steps and undo act through these and never
/// through a name again.</summary>
sealed class Products : IDisposable
{
    readonly Stack<Action> _undo = new();

    public Products(GlobalOptions globals, ContainerPlan plan, ContainerRecord record)
    {
        Globals = globals;
        Plan = plan;
        Record = record;
        Slots = plan.Slots == 0 ? [] : new int[plan.Slots];
        Slots.AsSpan().Fill(-1);
    }

    public GlobalOptions Globals { get; }
    public ContainerPlan Plan { get; }
    /// <summary>What the state says, or will say.</summary>
    public ContainerRecord Record { get; }
    public ContainerDirectory? Directory { get; set; }
    /// <summary>The cgroup hierarchy. Borrowed, as <see cref="Site"/> is.</summary>
    public CgroupMount? Mount { get; init; }
    /// <summary>The place for the container's cgroup, as it was looked at before planning.</summary>
    public CgroupSite? Site { get; init; }
    /// <summary>The namespaces that the config names by path, opened before planning. Borrowed.</summary>
    public JoinedNamespaces? Namespaces { get; init; }
    public Cgroup? Cgroup { get; set; }
    /// <summary>The cgroup's count of OOM kills before the container.</summary>
    public ulong OomKills { get; set; }
    /// <summary>The kernel was seen to have killed for want of memory.</summary>
    public bool WasOomKilled { get; set; }
    public IntelRdt? Rdt { get; set; }
    /// <summary>Descriptors by slot, -1 for none.</summary>
    public int[] Slots { get; }
    public SafeFd? StartSocket { get; set; }
    /// <summary>Its number in the new process, after it is closed here; -1 for none.</summary>
    public int StartSocketNumber { get; set; } = -1;
    /// <summary>The connection to a process that has had the word to start.</summary>
    public SafeFd? StartConnection { get; set; }
    /// <summary>The runtime's own pid namespace, while its children are born in another.</summary>
    public SafeFd? OwnPidNamespace { get; set; }
    /// <summary>The runtime's own CPUs, while it is on others.</summary>
    public ulong[]? OwnAffinity { get; set; }
    /// <summary>The process that this plan makes.</summary>
    public InitProcess? Process { get; set; }
    /// <summary>Standard streams of the process; -1 for the runtime's own.</summary>
    public (int Input, int Output, int Error) Streams { get; init; } = (-1, -1, -1);
    /// <summary>The container's init, where it is another process or one that was there before.</summary>
    public SafeFd? ContainerInit { get; set; }
    /// <summary>The root directory of a process that joins a container without a mount namespace; -1 for none.</summary>
    public int Root { get; set; } = -1;
    public NotifySocket? Notify { get; set; }
    /// <summary>Everything is being taken back.</summary>
    public bool IsUndone { get; private set; }

    /// <summary>The process that has the container's namespaces: init, once it is there.</summary>
    public SafeFd InitPidfd => ContainerInit ?? Process?.Pidfd
        ?? throw new InvalidOperationException("no step has made a process");

    /// <summary>What takes a step's effect back, if a later one fails.</summary>
    public void OnUndo(Action action) => _undo.Push(action);

    /// <summary>Takes everything back, last first. What cannot be undone is a warning, for the error comes first; the state then
    /// stays, for it leads delete to what is left.</summary>
    public void Undo()
    {
        IsUndone = true;
        // The error may have been EMFILE: what is closed here, undo can open again.
        CloseSlots();
        StartSocket?.Dispose();
        bool failed = false;
        while (_undo.Count > 0 && !(failed && _undo.Count == 1))
        {
            try
            {
                _undo.Pop()();
            }
            catch (RuntimeException e)
            {
                failed = true;
                Log.Warn("clean-up: " + e.Message);
            }
        }
    }

    /// <summary>The process has its copies.</summary>
    public void CloseSlots()
    {
        foreach (ref int slot in Slots.AsSpan())
        {
            if (slot >= 0)
            {
                Syscall.TryClose(slot);
                slot = -1;
            }
        }
    }

    public void Dispose()
    {
        CloseSlots();
        StartSocket?.Dispose();
        StartConnection?.Dispose();
        OwnPidNamespace?.Dispose();
        Notify?.Dispose();
        Process?.Dispose();
        ContainerInit?.Dispose();
        Rdt?.Dispose();
        Cgroup?.Dispose();
        Directory?.Dispose();
    }
}
