using System;
using System.Collections.Generic;
using OciRun.Engine.HandOver;
using OciRun.Engine.Host;
using OciRun.Engine.State;
using OciRun.Engine.Terminal;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Commands;

/// <summary>create and run.</summary>
public static class Creation
{
    /// <summary>Makes a container whose process waits for start.</summary>
    public static void Create(GlobalOptions globals, CreateOptions options)
    {
        using var preflight = new Preflight();
        ContainerPlan plan = Plan(globals, options, preflight, waitsForStart: true);
        ConsoleRules.Check(plan.Options.Terminal, detached: true, options.ConsoleSocket);
        using Products made = ProductsOf(globals, plan, preflight);
        new Executor(made).Perform(Phase.Wait);
    }

    /// <summary>Makes a container and starts it; in the foreground also waits for it and deletes it.</summary>
    /// <returns>The payload's exit code, 128 + N for signal N; 0 when detached.</returns>
    public static int Run(GlobalOptions globals, CreateOptions options)
    {
        using var preflight = new Preflight();
        ContainerPlan plan = Plan(globals, options, preflight, waitsForStart: false);
        ConsoleRules.Check(plan.Options.Terminal, options.Detach, options.ConsoleSocket);
        using Foreground? foreground = options.Detach ? null : new Foreground(subreaper: !options.NoSubreaper);
        using Products made = ProductsOf(globals, plan, preflight);
        var executor = new Executor(made);
        executor.Perform(Phase.Wait);
        foreground?.Attach(made.Process!.Terminal);
        executor.Perform(Phase.Exec);
        // Other commands need not wait for the payload's end.
        made.Directory!.Unlock();
        if (foreground is null)
        {
            made.Notify?.WaitReady(made.Process!.Pidfd);
            return 0;
        }
        return Wait(made, executor, foreground, options.Keep);
    }

    static int Wait(Products made, Executor executor, Foreground foreground, bool keep)
    {
        int status;
        try
        {
            status = foreground.Wait(made.Process!.Pid, made.Process.Pidfd, made.Notify);
        }
        catch (SyscallException)
        {
            // Nobody else waits for the payload of a run in the foreground.
            executor.TakeBack();
            throw;
        }
        // Without the directory, somebody else has deleted the container.
        if (!keep && made.Directory!.Lock())
        {
            executor.Perform(Phase.Delete);
        }
        return status;
    }

    static Products ProductsOf(GlobalOptions globals, ContainerPlan plan, Preflight preflight)
    {
        int own = Environment.ProcessId;
        return new Products(globals, plan, new ContainerRecord
        {
            Id = plan.Options.Id,
            Bundle = plan.Options.Bundle,
            Rootfs = plan.Container.Rootfs,
            Created = DateTime.UtcNow,
            OwnerUid = Syscall.Geteuid(),
            Annotations = plan.Container.Annotations,
            CgroupManager = globals.CgroupManager,
            NoPivot = plan.Options.NoPivot,
            NoNewKeyring = plan.Options.NoNewKeyring,
            IsCreating = true,
            CreatorPid = own,
            CreatorStartTime = ProcessStat.StartTimeOf(own),
        })
        {
            Mount = preflight.Mount,
            Site = preflight.Site,
            Namespaces = preflight.Namespaces,
        };
    }

    /// <summary>Reads, checks and plans; all problems in one error, before any side effect.</summary>
    internal static ContainerPlan Plan(GlobalOptions globals, CreateOptions options, Preflight preflight, bool waitsForStart)
    {
        string file = options.ConfigFile.StartsWith('/') ? options.ConfigFile : options.Bundle + "/" + options.ConfigFile;
        var problems = new List<ConfigProblem>();
        RuntimeSpec spec;
        using (new Timings.Span("read config.json"))
        {
            spec = Preflight.ReadConfig(file, problems);
            SeccompListener.AddReceiver(spec);
        }
        HostFacts facts;
        using (new Timings.Span("look at the host"))
        {
            facts = preflight.Gather(spec, globals, options.Id, options.NoPivot);
        }
        PlanOptions planOptions = OptionsOf(globals, options, spec, waitsForStart);
        ContainerPlan? plan;
        using (new Timings.Span("validate and plan"))
        {
            plan = Planner.Plan(spec, planOptions, facts, problems);
            Preflight.CheckPaths(spec, options.Bundle, problems);
        }
        if (plan is null || Preflight.HasErrors(problems))
        {
            throw ErrorText.OfProblems(problems, Preflight.NameOf(file));
        }
        Tell(plan);
        return plan;
    }

    static PlanOptions OptionsOf(GlobalOptions globals, CreateOptions options, RuntimeSpec spec, bool waitsForStart)
    {
        InheritedDescriptors inherited = InheritedDescriptors.Read(options.PreserveFds);
        return new PlanOptions
        {
            Id = options.Id,
            Bundle = options.Bundle,
            StateDirectory = ContainerDirectory.PathOf(globals, options.Id),
            NoPivot = options.NoPivot,
            NoNewKeyring = options.NoNewKeyring,
            WaitsForStart = waitsForStart,
            CgroupManager = globals.CgroupManager,
            Terminal = spec.Process?.Terminal ?? false,
            InheritedFds = inherited.Count,
            ListenFds = inherited.ListenFds,
            NotifyDirectory = NotifySocket.HostPath is null ? null : NotifySocket.DirectoryOf(globals, options.Id),
            ConsoleSocket = options.ConsoleSocket,
            PidfdSocket = options.PidfdSocket,
            PidFile = options.PidFile,
        };
    }

    static void Tell(ContainerPlan plan)
    {
        foreach (ConfigProblem warning in plan.Warnings)
        {
            Log.Warn(warning.ToString());
        }
        if (plan.Find<SeccompStep>() is { UnknownNames: { } names })
        {
            Log.Debug("linux.seccomp: rules for unknown system calls are left out: " + string.Join(", ", names));
        }
        Log.Debug(plan);
    }
}
