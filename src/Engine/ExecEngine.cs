using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using OciRun.Engine.Cgroups;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Planning.Validation;
using OciRun.Spec;
using OciRun.Syscalls;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Engine;

/// <summary>Further processes in a container.</summary>
public static class ExecEngine
{
    /// <summary>Starts a process in a container; in the foreground also waits for it.</summary>
    /// <returns>Its exit code, 128 + N for signal N; 0 when detached.</returns>
    public static int Exec(GlobalOptions globals, ExecOptions options)
    {
        using ContainerDirectory directory = ContainerDirectory.Open(globals, options.Id);
        ContainerRecord record = Load(directory, options);
        RuntimeSpec spec = SpecFor(record, options);
        CheckTerminal(spec.Process!, options);
        using SafeFd init = Lifecycle.OpenInit(record);
        ContainerPlan plan = Plan(record, options, spec);
        Log.Debug(plan);
        using Foreground? foreground = options.Detach ? null : new Foreground(subreaper: false);
        using var process = new InitProcess(plan);
        try
        {
            Spawn(record, options, process, init, plan);
            Guide(process, plan);
            SeccompListener.HandOver(plan, record, ContainerStatus.Running, record.Pid, process);
            HandOver(process, plan, options);
            foreground?.Attach(process.Terminal);
            process.Answer();
            process.AwaitExec();
        }
        catch (Exception e) when (e is RuntimeException or SyscallException)
        {
            process.Destroy();
            throw new RuntimeException(e.Message, (e as RuntimeException)?.Hint ?? KillHint(record, e.Message), 255);
        }
        return foreground is null ? 0 : foreground.Wait(process.Pid, process.Pidfd);
    }

    static ContainerRecord Load(ContainerDirectory directory, ExecOptions options)
    {
        using var _ = new Timings.Span("read the state");
        ContainerRecord record = directory.Load(withConfig: true);
        CheckStatus(Lifecycle.StatusOf(directory, record), options);
        return record;
    }

    static string? KillHint(ContainerRecord record, string message)
    {
        if (!message.Contains("SIGKILL", StringComparison.Ordinal))
        {
            return null;
        }
        using Cgroup? cgroup = Lifecycle.OpenCgroup(record);
        return OomReport.Hint(cgroup);
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
            throw new RuntimeException(problem, null, 255);
        }
    }

    static void CheckTerminal(SpecProcess process, ExecOptions options)
    {
        if (process.Terminal && options.Detach && options.ConsoleSocket is null)
        {
            throw new RuntimeException("cannot allocate tty if oci-run will detach without setting console socket", "give --console-socket", 255);
        }
        if (options.ConsoleSocket is not null && !(process.Terminal && options.Detach))
        {
            throw new RuntimeException("cannot use console socket if oci-run will not detach or allocate tty", null, 255);
        }
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

    static ContainerPlan Plan(ContainerRecord record, ExecOptions options, RuntimeSpec spec)
    {
        using var _ = new Timings.Span("plan");
        InheritedDescriptors inherited = InheritedDescriptors.Read(options.PreserveFds);
        return Plan(record, spec, inherited, null);
    }

    /// <summary>The plan of <paramref name="spec"/>'s process in a container that runs.</summary>
    internal static ContainerPlan Plan(ContainerRecord record, RuntimeSpec spec, InheritedDescriptors inherited, string? executable)
    {
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
            Executable = executable,
        };
        ulong namespaces = 0;
        foreach (SpecNamespace one in spec.Linux?.Namespaces ?? [])
        {
            namespaces |= NamespaceKind.FlagOf(one.Type);
        }
        var problems = new List<ConfigProblem>();
        return Planner.PlanExec(spec, planOptions, Preflight.Facts(spec), namespaces, problems)
            ?? throw ErrorText.OfProblems(problems, "exec");
    }

    internal static void Spawn(ContainerRecord record, ExecOptions options, InitProcess process, SafeFd init, ContainerPlan plan)
    {
        using Cgroup? cgroup = ExecCgroup.Open(record, options);
        using var affinity = new InitialAffinity(plan);
        using SafeFd? root = OpenRoot(record, plan);
        process.RootDirectory = root?.Value ?? -1;
        int result = process.Spawn([init], cgroup?.Directory ?? -1, -1, 0);
        if (result is -Errno.EBUSY or -Errno.EOPNOTSUPP or -Errno.ENODEV && cgroup is not null)
        {
            // Init has moved itself away, or made its cgroup one that takes no processes: where init is, there is room.
            using Cgroup? other = ExecCgroup.OfInit(record);
            result = process.Spawn([init], other?.Directory ?? -1, -1, 0);
        }
        if (result is -Errno.EACCES or -Errno.EPERM && cgroup is not null && SystemdDriver.UsesUserManager())
        {
            // Between a user's login session and the user's services is a cgroup of root's.
            Log.Warn("the process is not in the container's cgroup: clone3: " + ErrorText.Describe(-result));
            result = process.Spawn([init], -1, -1, 0);
        }
        if (result < 0)
        {
            throw new RuntimeException("clone3: " + ErrorText.Describe(-result));
        }
    }

    /// <summary>A container in the host's mount namespace is in a chroot, which joining namespaces does not enter.</summary>
    static SafeFd? OpenRoot(ContainerRecord record, ContainerPlan plan)
    {
        if ((plan.JoinedNamespaces & CLONE_NEWNS) != 0)
        {
            return null;
        }
        string path = "/proc/" + record.Pid.ToString(CultureInfo.InvariantCulture) + "/root";
        SafeFd root = Syscall.Open(path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
        if (!ProcessStat.IsAlive(record.Pid, record.PidStartTime))
        {
            root.Dispose();
            throw new RuntimeException("container init exited");
        }
        return root;
    }

    /// <summary>Up to the gate where only the payload is left.</summary>
    internal static void Guide(InitProcess process, ContainerPlan plan)
    {
        using var _ = new Timings.Span("guide the process to its payload");
        if (plan.Spec.Process?.OomScoreAdj is { } score)
        {
            ProcFile.Write(process.Pid, "oom_score_adj", score.ToString(CultureInfo.InvariantCulture), "process.oomScoreAdj", null);
        }
        while (true)
        {
            Gate gate = process.NextGate() ?? throw new RuntimeException("the process " + process.Reap() + " before it was ready");
            if (gate == Gate.InitProgram)
            {
                RlimitSetter.Set(process.Pid, plan);
                process.FillProgram(-1);
            }
            if (gate == Gate.Ready)
            {
                break;
            }
            process.Answer();
        }
    }

    static void HandOver(InitProcess process, ContainerPlan plan, ExecOptions options)
    {
        if (plan.Options.Terminal && options.ConsoleSocket is { } console)
        {
            Sockets.SendDescriptor(console, "/dev/ptmx", process.Terminal, "--console-socket");
        }
        if (options.PidfdSocket is { } socket)
        {
            Sockets.SendDescriptor(socket, "setns", process.Pidfd, "--pidfd-socket");
        }
        if (options.PidFile is { } file)
        {
            PidFile.Write(file, process.Pid);
        }
    }
}

/// <summary>The CPUs that the runtime is on while it clones; its own come back in the end.</summary>
readonly ref struct InitialAffinity
{
    readonly ulong[]? _own;

    public InitialAffinity(ContainerPlan plan)
    {
        foreach (Step step in plan.Steps)
        {
            if (step is not InitialAffinityStep initial)
            {
                continue;
            }
            ulong[] own = new ulong[AffinityStep.MostCpus / 64];
            int size = Syscall.TrySchedGetAffinity(0, own);
            int result = Syscall.TrySchedSetAffinity(0, MemoryMarshal.Cast<byte, ulong>(initial.Cpus));
            if (result < 0)
            {
                throw new RuntimeException(initial.ConfigPath + ": " + ErrorText.Call("sched_setaffinity", null, -result),
                    "none of the CPUs " + initial.List + " is there and allowed to the caller");
            }
            _own = size > 0 ? own : null;
        }
    }

    public void Dispose()
    {
        if (_own is not null)
        {
            Syscall.TrySchedSetAffinity(0, _own);
        }
    }
}

/// <summary>The cgroup of a process that joins a container.</summary>
static class ExecCgroup
{
    /// <summary>The container's cgroup, or one below it that was asked for.</summary>
    public static Cgroup? Open(ContainerRecord record, ExecOptions options)
    {
        if (options.Cgroup.Count == 0)
        {
            return Lifecycle.OpenCgroup(record);
        }
        string path = options.Cgroup[^1];
        int colon = path.IndexOf(':');
        if (colon >= 0)
        {
            path = path[(colon + 1)..];
        }
        string clean = Planner.CleanPath("/" + path);
        bool escapes = false;
        foreach (string part in path.Split('/'))
        {
            escapes |= part == "..";
        }
        if (record.CgroupPath is null || escapes)
        {
            throw new RuntimeException("--cgroup: \"" + path + "\" is not below the container's cgroup");
        }
        CgroupMount mount = CgroupMount.Find();
        return Cgroup.Open(mount, clean == "/" ? record.CgroupPath : record.CgroupPath + clean)
            ?? throw new RuntimeException("--cgroup: there is no cgroup \"" + path + "\" below the container's");
    }

    public static Cgroup? OfInit(ContainerRecord record)
    {
        string? path = CgroupMount.CgroupOf(record.Pid.ToString(CultureInfo.InvariantCulture));
        return path is null ? null : Cgroup.Open(CgroupMount.Find(), path);
    }
}

/// <summary>prlimit(2) on a process that is being prepared.</summary>
static class RlimitSetter
{
    /// <summary>Fewer open files than this would be in the way of the process's own preparations.</summary>
    const ulong EnoughFiles = 64;

    public static void Set(int pid, ContainerPlan plan)
    {
        foreach (Step step in plan.Steps)
        {
            if (step is RlimitsStep limits)
            {
                for (int i = 0; i < limits.Rlimits.Count; i++)
                {
                    SetOne(pid, limits, i);
                }
            }
        }
    }

    static void SetOne(int pid, RlimitsStep step, int index)
    {
        SpecRlimit limit = step.Rlimits[index];
        int resource = Rlimits.Number(limit.Type!);
        bool files = resource == Rlimit.RLIMIT_NOFILE;
        if (files && limit.Hard < EnoughFiles)
        {
            return;
        }
        try
        {
            Syscall.SetPrlimit(pid, resource, new Rlimit64 { rlim_cur = files ? limit.Hard : limit.Soft, rlim_max = limit.Hard });
        }
        catch (SyscallException e)
        {
            throw new RuntimeException($"process.rlimits[{index}]: setrlimit {limit.Type}: " + ErrorText.Describe(e.ErrorNumber),
                step.Hint("prlimit", e.ErrorNumber));
        }
    }
}
