using System;
using System.Collections.Generic;
using System.Text;
using OciRun.Kernel;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning.Sections;

/// <summary><c>process</c>, from the init program to the payload, and what concerns no section of its own.</summary>
sealed class ProcessSection(PlanDraft draft, SchedulingSection scheduling, LabelSection labels, SeccompSection seccomp)
{
    /// <param name="mayBeRefused">A kernel may refuse it in a joined user namespace.</param>
    public void PlanOomScore(bool mayBeRefused = false)
    {
        if (draft.Spec.Process?.OomScoreAdj is { } score)
        {
            draft.Add(new OomScoreStep { ConfigPath = "process.oomScoreAdj", Value = score, MayBeRefused = mayBeRefused });
        }
    }

    /// <summary>Made while the root can still be written.</summary>
    public void PlanWorkingDirectory(MountPlaces places)
    {
        if (draft.Spec.Process?.Cwd is { Length: > 1 } cwd)
        {
            string path = PathText.Clean(cwd);
            draft.Add(new WorkingDirectoryStep { ConfigPath = "process.cwd", Path = path, Place = places.Of(path) });
        }
    }

    /// <param name="console">It is bound on /dev/console too.</param>
    /// <param name="ownDev">/dev is not the host's.</param>
    /// <param name="places">The container's mounts, while it is being made.</param>
    public void PlanTerminal(bool console, bool ownDev = true, MountPlaces? places = null)
    {
        if (!draft.Options.Terminal)
        {
            return;
        }
        draft.Add(new TerminalStep
        {
            ConfigPath = "process.terminal",
            Console = console,
            InSharedDev = !ownDev,
            Place = places?.Of(TerminalStep.Multiplexer) ?? MountPlace.Rootfs,
            ConsolePlace = places?.Below(TerminalStep.ConsolePath) ?? MountPlace.Rootfs,
            LeadsSession = !draft.ClonesAtLast,
            Rows = draft.Spec.Process?.ConsoleSize?.Height ?? 0,
            Columns = draft.Spec.Process?.ConsoleSize?.Width ?? 0,
        });
    }

    /// <summary>From the init program to the payload. The same for create and for exec.</summary>
    public void Plan()
    {
        if (draft.Spec.Process is not { } process)
        {
            return;
        }
        List<string> env = PayloadEnvironment.Of(process, draft.Options);
        // A hook gets the environment that its author wrote.
        bool homeFromPasswd = draft.Options.Executable is null && !PayloadEnvironment.HasHome(env);
        draft.Add(new StreamsStep { ConfigPath = "process.user.uid", Uid = process.User?.Uid ?? 0 });
        draft.Add(new GateStep { Gate = Gate.InitProgram, Reason = "the init program", SendsPasswd = homeFromPasswd });
        if (process.Rlimits is { Count: > 0 } rlimits)
        {
            draft.Add(new RlimitsStep
            {
                ConfigPath = "process.rlimits",
                Rlimits = rlimits,
                LeavesProcesses = draft.ClonesAtLast,
            });
        }
        draft.Add(new InitProgramStep { HomeOf = homeFromPasswd ? process.User?.Uid ?? 0 : null });
        draft.Add(new ReleaseStep { When = Phase.Restrict });
        if (!draft.Options.IsExec && !draft.ClonesAtLast)
        {
            draft.Add(new StageStateStep { Config = draft.Spec, When = Phase.Restrict });
        }
        draft.Add(new ExecInitStep());
        if (!draft.Options.IsExec)
        {
            PlanNames();
        }
        PlanAttributes(process);
        seccomp.Compile();
        new CredentialSection(draft).Plan(process, seccomp.HasFilter);
        PlanFinalDirectory(process);
        PlanProgram(process, env);
        if (draft.ClonesAtLast)
        {
            draft.Add(new EnterPidNamespaceStep { ConfigPath = "linux.namespaces", Terminal = draft.Options.Terminal });
        }
        seccomp.PlanEarly();
        draft.Add(new GateStep { Gate = Gate.Ready, Reason = "all is done but the payload" });
        if (!draft.Options.IsExec && draft.ClonesAtLast)
        {
            // Only now is it known which process is init.
            draft.Add(new StageStateStep { Config = draft.Spec, When = Phase.Wait });
        }
        if (draft.ClonesAtLast)
        {
            scheduling.PlanLateScheduler(process);
        }
        draft.Add(new WaitStep { ForStart = draft.Options.WaitsForStart });
        PlanLateLimits(process);
        seccomp.PlanLate();
        draft.Add(new ExecStep
        {
            ConfigPath = "process.args",
            Args = process.Args ?? [""],
            Env = env,
            HomeFromPasswd = homeFromPasswd,
        });
    }

    /// <summary>Again as the payload's user, to whom a directory may be open that was closed to the runtime's.</summary>
    void PlanFinalDirectory(SpecProcess process)
    {
        if (process.Cwd is { Length: > 0 } cwd)
        {
            draft.Add(new ChangeDirectoryStep { ConfigPath = "process.cwd", Path = cwd, Early = false });
        }
    }

    /// <summary>Limits that would be in the way until the payload is there.</summary>
    void PlanLateLimits(SpecProcess process)
    {
        for (int i = 0; i < (process.Rlimits?.Count ?? 0); i++)
        {
            SpecRlimit limit = process.Rlimits![i];
            if (limit.Type == "RLIMIT_NOFILE" || (limit.Type == "RLIMIT_NPROC" && draft.ClonesAtLast))
            {
                draft.Add(new LateRlimitStep { ConfigPath = ConfigPath.Item("process.rlimits", i), Limit = limit });
            }
        }
    }

    void PlanNames()
    {
        if (draft.Spec.Hostname is { Length: > 0 } hostname)
        {
            draft.Add(Text(Sys.sethostname, "hostname", hostname, "set the hostname to "));
        }
        if (draft.Spec.Domainname is { Length: > 0 } domainname)
        {
            draft.Add(Text(Sys.setdomainname, "domainname", domainname, "set the domain name to "));
        }
    }

    static ProcessCallStep Text(long number, string path, string value, string words) => new()
    {
        ConfigPath = path,
        Number = number,
        Words = words + value,
        Arguments = program => [program.String(value), (ulong)Encoding.UTF8.GetByteCount(value)],
    };

    void PlanAttributes(SpecProcess process)
    {
        uint umask = process.User?.Umask ?? Mode.O022;
        string octal = Convert.ToString(umask, 8).PadLeft(4, '0');
        draft.Add(ProcessCallStep.Of(Sys.umask, "process.user.umask", "set the umask to " + octal, null, umask));
        scheduling.PlanAttributes(process);
        scheduling.PlanFinalAffinity(process);
        labels.Plan(process);
        if (process.Cwd is { Length: > 0 } cwd)
        {
            // Only now, when no descriptor of the host is open that a link in the path could lead through (CVE-2024-21626).
            draft.Add(new ChangeDirectoryStep { ConfigPath = "process.cwd", Path = cwd, Early = true });
        }
        if (process.NoNewPrivileges)
        {
            draft.Add(ProcessCallStep.Of(Sys.prctl, "process.noNewPrivileges", "set no_new_privs", null,
                Prctl.PR_SET_NO_NEW_PRIVS, 1));
        }
    }

    /// <summary>Each directory of PATH is four operations of the init program.</summary>
    const int MostDirectories = 1024;

    void PlanProgram(SpecProcess process, List<string> env)
    {
        if (process.Args is not { Count: > 0 } args || args[0].Length == 0)
        {
            return;
        }
        string name = draft.Options.Executable ?? args[0];
        List<string> candidates = CandidatesOf(name, env);
        if (candidates.Count > MostDirectories)
        {
            draft.Problem("process.env", $"PATH has more than {MostDirectories} directories");
            return;
        }
        draft.Add(new FindProgramStep { ConfigPath = "process.args[0]", Name = name, Candidates = candidates });
    }

    /// <summary>Where a program may be: the name itself when it has a slash, else below each directory of PATH.</summary>
    static List<string> CandidatesOf(string name, List<string> env)
    {
        if (name.Contains('/'))
        {
            return [name];
        }
        var candidates = new List<string>();
        foreach (string directory in PayloadEnvironment.Value(env, "PATH").Split(':'))
        {
            string prefix = directory.Length == 0 ? "./" : directory.EndsWith('/') ? directory : directory + "/";
            candidates.Add(prefix + name);
        }
        return candidates;
    }
}
