using System;
using System.Collections.Generic;
using System.Text;
using OciRun.Kernel;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Steps;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning;

public sealed partial class Planner
{
    /// <summary>Where the filter comes from.</summary>
    string _seccompPath = "linux.seccomp";

    /// <summary>From the init program to the payload. The same for create and for exec.</summary>
    void PlanProcess()
    {
        if (_spec.Process is not { } process)
        {
            return;
        }
        List<string> env = Environment(process);
        // A hook gets the environment that its author wrote.
        bool homeFromPasswd = _options.Executable is null && !HasHome(env);
        Add(new StreamsStep { ConfigPath = "process.user.uid", Uid = process.User?.Uid ?? 0 });
        Add(new GateStep { Gate = Gate.InitProgram, Reason = "the init program", SendsPasswd = homeFromPasswd });
        if (process.Rlimits is { Count: > 0 } rlimits)
        {
            Add(new RlimitsStep { ConfigPath = "process.rlimits", Rlimits = rlimits, LeavesProcesses = ClonesAtLast });
        }
        Add(new InitProgramStep { HomeOf = homeFromPasswd ? process.User?.Uid ?? 0 : null });
        Add(new ReleaseStep { When = Phase.Restrict });
        if (!_options.IsExec)
        {
            Add(new StageStateStep { Config = _spec });
        }
        Add(new ExecInitStep());
        if (!_options.IsExec)
        {
            PlanNames();
        }
        PlanAttributes(process);
        _filter = CompileSeccomp();
        PlanCredentials(process, _filter);
        PlanProgram(process, env);
        if (ClonesAtLast)
        {
            Add(new EnterPidNamespaceStep { ConfigPath = "linux.namespaces", Terminal = _options.Terminal });
        }
        if (_filter is { UsesNotify: true })
        {
            AddSeccomp(_filter);
        }
        Add(new GateStep { Gate = Gate.Ready, Reason = "all is done but the payload" });
        if (ClonesAtLast)
        {
            PlanLateScheduler(process);
        }
        Add(new WaitStep { ForStart = _options.WaitsForStart });
        PlanLateLimits(process);
        if (_filter is { UsesNotify: false })
        {
            AddSeccomp(_filter);
        }
        Add(new ExecStep { ConfigPath = "process.args", Args = process.Args ?? [""], Env = env, HomeFromPasswd = homeFromPasswd });
    }

    SeccompFilter? _filter;

    /// <summary>Limits that would be in the way until the payload is there.</summary>
    void PlanLateLimits(SpecProcess process)
    {
        for (int i = 0; i < (process.Rlimits?.Count ?? 0); i++)
        {
            SpecRlimit limit = process.Rlimits![i];
            if (limit.Type == "RLIMIT_NOFILE" || (limit.Type == "RLIMIT_NPROC" && ClonesAtLast))
            {
                Add(new LateRlimitStep { ConfigPath = Index("process.rlimits", i), Limit = limit });
            }
        }
    }

    /// <summary>A process of SCHED_DEADLINE cannot clone, and with RESET_ON_FORK its child would not have the policy (sched(7)): the runtime
    /// gives it to the finished process.</summary>
    void PlanLateScheduler(SpecProcess process)
    {
        if (process.Scheduler is { } scheduler && ProcessAttributes.MustBeLate(scheduler))
        {
            Add(new SchedulerStep { ConfigPath = "process.scheduler", Policy = scheduler.Policy!, Attributes = ProcessAttributes.SchedulerBytes(scheduler) });
        }
    }

    SeccompFilter? CompileSeccomp()
    {
        SeccompAnnotations? annotations = SeccompAnnotations.Read(_spec.Annotations, _problems);
        bool given = annotations?.HasProgram == true;
        _seccompPath = given ? SeccompAnnotations.ProgramPath : "linux.seccomp";
        return _linux.Seccomp is null && !given
            ? null
            : SeccompCompiler.Compile(_linux.Seccomp ?? new SpecSeccomp(), _problems, annotations: annotations);
    }

    /// <summary>A process of exec is born into the container's pid namespace at last: before, it is in no other process's sight.</summary>
    bool ClonesAtLast => _options.IsExec && IsJoined(CLONE_NEWPID);

    void AddSeccomp(SeccompFilter filter) => Add(new SeccompStep
    {
        ConfigPath = _seccompPath,
        Filter = filter.Bytes.ToArray(),
        Flags = filter.Flags,
        ListenerPath = filter.ListenerPath,
        UnknownNames = filter.UnknownNames,
        Profile = _seccompPath == SeccompAnnotations.ProgramPath ? null : _linux.Seccomp,
    });

    void PlanNames()
    {
        if (_spec.Hostname is { Length: > 0 } hostname)
        {
            Add(Text(Sys.sethostname, "hostname", hostname, "set the hostname to "));
        }
        if (_spec.Domainname is { Length: > 0 } domainname)
        {
            Add(Text(Sys.setdomainname, "domainname", domainname, "set the domain name to "));
        }
    }

    static ProcessCallStep Text(long number, string path, string value, string words) => new()
    {
        ConfigPath = path,
        Number = number,
        Words = words + value,
        Arguments = image => [image.String(value), (ulong)Encoding.UTF8.GetByteCount(value)],
    };

    static ProcessCallStep Call(long number, string path, string words, string? hint, params ulong[] arguments) =>
        new() { ConfigPath = path, Number = number, Words = words, Arguments = _ => arguments, HintText = hint };

    void PlanAttributes(SpecProcess process)
    {
        uint umask = process.User?.Umask ?? Mode.O022;
        Add(Call(Sys.umask, "process.user.umask", "set the umask to " + Convert.ToString(umask, 8).PadLeft(4, '0'), null, umask));
        ProcessAttributes.Add(_spec, process, _steps, lateScheduler: ClonesAtLast);
        PlanFinalAffinity(process);
        PlanLabels(process);
        if (process.Cwd is { Length: > 0 } cwd)
        {
            // Only now, when no descriptor of the host is open that a link in the path could lead through (CVE-2024-21626).
            Add(new ChangeDirectoryStep { ConfigPath = "process.cwd", Path = cwd, Early = true });
        }
        if (process.NoNewPrivileges)
        {
            Add(Call(Sys.prctl, "process.noNewPrivileges", "set no_new_privs", null, Prctl.PR_SET_NO_NEW_PRIVS, 1));
        }
    }

    void PlanCredentials(SpecProcess process, SeccompFilter? filter)
    {
        SpecUser user = process.User ?? new SpecUser();
        IReadOnlyList<uint>? groups = user.AdditionalGids ?? [];
        if (_facts.SetGroupsDenied || _spec.Annotations?.GetValueOrDefault("run.oci.keep_original_groups") is "1" or "true")
        {
            groups = null;
        }
        Add(new CredentialsStep
        {
            ConfigPath = "process.user",
            Uid = user.Uid,
            Gid = user.Gid,
            Groups = groups,
            Capabilities = CapabilitiesOf(process.Capabilities),
            LastCapability = _facts.LastCapability,
            KeepSysAdmin = filter is not null && !process.NoNewPrivileges,
        });
        if (process.Cwd is { Length: > 0 } cwd)
        {
            Add(new ChangeDirectoryStep { ConfigPath = "process.cwd", Path = cwd, Early = false });
        }
    }

    CapabilitySets CapabilitiesOf(SpecCapabilities? sets)
    {
        var missing = new List<string>();
        CapabilitySets result = new(
            Mask(sets?.Bounding, missing), Mask(sets?.Effective, missing),
            Mask(sets?.Permitted, missing), Mask(sets?.Inheritable, missing),
            Mask(sets?.Ambient, missing));
        if (missing.Count > 0)
        {
            Warning("process.capabilities", "not available to the caller, left out: " + string.Join(", ", missing));
        }
        ulong effective = result.Effective & result.Permitted;
        ulong ambient = result.Ambient & result.Permitted & result.Inheritable;
        if (ambient != result.Ambient)
        {
            Warning("process.capabilities.ambient", "only what is permitted and inheritable can be ambient; the rest is left out");
        }
        return result with { Effective = effective, Ambient = ambient };
    }

    /// <summary>Unknown names have had their warning from validation.</summary>
    ulong Mask(List<string>? names, List<string> missing)
    {
        ulong mask = 0;
        for (int i = 0; i < (names?.Count ?? 0); i++)
        {
            int number = Capabilities.Number(names![i]);
            if (number < 0)
            {
                continue;
            }
            ulong bit = 1UL << number;
            if ((_facts.Capabilities & bit) == 0 && !HasUserNamespace)
            {
                if (!missing.Contains(names[i]))
                {
                    missing.Add(names[i]);
                }
                continue;
            }
            mask |= bit;
        }
        return mask;
    }

    /// <summary>Each directory of PATH is four operations of the init program.</summary>
    const int MostDirectories = 1024;

    void PlanProgram(SpecProcess process, List<string> env)
    {
        if (process.Args is not { Count: > 0 } args || args[0].Length == 0)
        {
            return;
        }
        string name = _options.Executable ?? args[0];
        List<string> candidates = CandidatesOf(name, env);
        if (candidates.Count > MostDirectories)
        {
            Problem("process.env", $"PATH has more than {MostDirectories} directories");
            return;
        }
        Add(new FindProgramStep { ConfigPath = "process.args[0]", Name = name, Candidates = candidates });
    }

    /// <summary>Where a program may be: the name itself when it has a slash, else below each directory of PATH.</summary>
    static List<string> CandidatesOf(string name, List<string> env)
    {
        if (name.Contains('/'))
        {
            return [name];
        }
        var candidates = new List<string>();
        foreach (string directory in Value(env, "PATH").Split(':'))
        {
            candidates.Add(directory.Length == 0 ? "./" + name : directory.EndsWith('/') ? directory + name : directory + "/" + name);
        }
        return candidates;
    }

    static string Value(List<string> env, string name)
    {
        foreach (string entry in env)
        {
            if (entry.Length > name.Length && entry[name.Length] == '=' && entry.StartsWith(name, StringComparison.Ordinal))
            {
                return entry[(name.Length + 1)..];
            }
        }
        return "";
    }

    static bool HasHome(List<string> env) => Value(env, "HOME").Length > 0;

    /// <summary>The payload's environment: of entries with one name the last wins, in the first one's place; and what the runtime
    /// hands on.</summary>
    List<string> Environment(SpecProcess process)
    {
        var result = new List<string>();
        var places = new Dictionary<string, int>();
        foreach (string entry in process.Env ?? [])
        {
            int equals = entry.IndexOf('=');
            string name = equals < 0 ? entry : entry[..equals];
            if (name == "HOME" && equals == entry.Length - 1)
            {
                continue;
            }
            if (places.TryGetValue(name, out int place))
            {
                result[place] = entry;
                continue;
            }
            places[name] = result.Count;
            result.Add(entry);
        }
        if (_options.ListenFds > 0)
        {
            result.Add("LISTEN_FDS=" + _options.ListenFds);
            result.Add("LISTEN_PID=1");
        }
        if (_options.NotifyDirectory is not null)
        {
            result.Add("NOTIFY_SOCKET=/run/notify/notify.sock");
        }
        return result;
    }
}
