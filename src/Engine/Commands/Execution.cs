using System.Collections.Generic;
using OciRun.Engine.Cgroups;
using OciRun.Engine.HandOver;
using OciRun.Engine.Host;
using OciRun.Engine.Process;
using OciRun.Engine.State;
using OciRun.Engine.Terminal;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Planning.Validation;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Commands;

/// <summary>exec.</summary>
public static class Execution
{
    /// <summary>Exit code of a failure that is not the process's own.</summary>
    const int Failure = 255;

    /// <summary>Starts a process in a container; in the foreground also waits for it.</summary>
    /// <returns>Its exit code, 128 + N for signal N; 0 when detached.</returns>
    public static int Exec(GlobalOptions globals, ExecOptions options)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, options.Id);
        ContainerRecord record = Load(directory, options);
        ContainerPlan plan = Plan(record, options);
        using Foreground? foreground = options.Detach ? null : new Foreground(subreaper: false);
        using var made = new Products(globals, plan, record);
        try
        {
            var executor = new Executor(made);
            executor.Perform(Phase.Wait);
            foreground?.Attach(made.Process!.Terminal);
            executor.Perform(Phase.Exec);
        }
        catch (RuntimeException e)
        {
            throw new RuntimeException(e.Message, e.Hint, Failure);
        }
        return foreground is null ? 0 : foreground.Wait(made.Process!.Pid, made.Process.Pidfd);
    }

    static ContainerRecord Load(ContainerDirectory directory, ExecOptions options)
    {
        using var _ = new Timings.Span("read the state");
        ContainerRecord record = directory.Load(withConfig: true);
        CheckStatus(Liveness.StatusOf(directory, record), options);
        return record;
    }

    static void CheckStatus(ContainerStatus status, ExecOptions options)
    {
        string? problem = status switch
        {
            ContainerStatus.Stopped => "cannot exec in a stopped container",
            ContainerStatus.Creating => "cannot exec in a container that is still being created",
            ContainerStatus.Paused when !options.IgnorePaused =>
                "cannot exec in a paused container (use --ignore-paused to override)",
            _ => null,
        };
        if (problem is not null)
        {
            throw new RuntimeException(problem, null, Failure);
        }
    }

    internal static ContainerPlan Plan(ContainerRecord record, ExecOptions options)
    {
        RuntimeSpec spec = SpecFor(record, options);
        ConsoleRules.Check(spec.Process!.Terminal, options.Detach, options.ConsoleSocket, Failure);
        using var _ = new Timings.Span("plan");
        InheritedDescriptors inherited = InheritedDescriptors.Read(options.PreserveFds);
        var planOptions = new PlanOptions
        {
            Id = record.Id,
            Bundle = record.Bundle,
            IsExec = true,
            Terminal = spec.Process!.Terminal,
            NoNewKeyring = record.NoNewKeyring,
            InheritedFds = inherited.Count,
            ListenFds = inherited.ListenFds,
            CgroupManager = record.CgroupManager,
            ConsoleSocket = options.ConsoleSocket,
            PidfdSocket = options.PidfdSocket,
            PidFile = options.PidFile,
        };
        var problems = new List<ConfigProblem>();
        ContainerPlan plan = Planner.PlanExec(spec, planOptions, Preflight.Facts(spec), NamespaceKind.AllOf(spec),
            Existing(record, options), problems) ?? throw ErrorText.OfProblems(problems, "exec");
        Log.Debug(plan);
        return plan;
    }

    /// <summary>With the container's cgroup, or one below it that was asked for.</summary>
    static ExistingContainer Existing(ContainerRecord record, ExecOptions options)
    {
        ExistingContainer container = Starting.Existing(record);
        if (options.Cgroup.Count == 0)
        {
            return container;
        }
        string path = options.Cgroup[^1];
        path = path[(path.IndexOf(':') + 1)..];
        string clean = PathText.Clean("/" + path);
        bool escapes = false;
        foreach (string part in path.Split('/'))
        {
            escapes |= part == "..";
        }
        if (record.CgroupPath is null || escapes)
        {
            throw new RuntimeException("--cgroup: \"" + path + "\" is not below the container's cgroup", null, Failure);
        }
        return container with { Cgroup = clean == "/" ? record.CgroupPath : record.CgroupPath + clean, CgroupIsRequired = true };
    }

    /// <summary>The container's config with the new process in it.</summary>
    static RuntimeSpec SpecFor(ContainerRecord record, ExecOptions options)
    {
        RuntimeSpec spec = record.Config;
        var problems = new List<ConfigProblem>();
        string name = "options";
        SpecProcess process;
        if (options.ProcessFile is { } file)
        {
            name = Preflight.NameOf(file);
            SpecProcess? read = ConfigReader.ReadProcess(Preflight.ReadFile(file), problems);
            process = read is not null && !Preflight.HasErrors(problems) ? read : throw ErrorText.OfProblems(problems, name);
            foreach (ConfigProblem warning in problems)
            {
                Log.Warn(name + ": " + warning);
            }
            process.ExecCPUAffinity ??= spec.Process?.ExecCPUAffinity;
        }
        else
        {
            process = ProcessOptions.Apply(spec.Process ?? new SpecProcess(), options);
        }
        Validator.ValidateProcess(process, "process", problems);
        if (options.ProcessFile is null)
        {
            spec.Process = process;
            Validator.ValidateIds(spec, problems);
        }
        if (Preflight.HasErrors(problems))
        {
            throw ErrorText.OfProblems(problems, name);
        }
        // Not given, it is the container's: an engine's process object often lacks it.
        process.OomScoreAdj ??= spec.Process?.OomScoreAdj;
        spec.Process = process;
        return spec;
    }
}
