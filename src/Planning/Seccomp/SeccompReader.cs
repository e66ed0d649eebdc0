using System;
using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Spec;

namespace OciRun.Planning.Seccomp;

/// <summary>Checks <c>linux.seccomp</c> and resolves its words. Every problem is reported, each with its config path.</summary>
ref struct SeccompReader(SpecSeccomp spec, List<ConfigProblem> problems, SeccompAnnotations? annotations = null)
{
    const string Root = "linux.seccomp";
    const uint DefaultErrno = 1;
    const uint MostArguments = 6;

    readonly SeccompProfile _profile = new();
    readonly int _problemsBefore = problems.Count;

    /// <summary>Null when there were problems.</summary>
    public readonly SeccompProfile? Read(SeccompArchitecture native)
    {
        ReadDefault();
        ReadArchitectures(native);
        ReadFlags();
        ReadSyscalls();
        return Checked();
    }

    /// <summary>What goes with a program that is not compiled from the profile: flags and listener. Null when there were
    /// problems.</summary>
    public readonly SeccompProfile? ReadFor(BpfInstruction[] program)
    {
        ReadFlags();
        foreach (BpfInstruction one in program)
        {
            _profile.UsesNotify |= one.Code == BpfCode.Return
                && (one.K & SeccompRet.SECCOMP_RET_ACTION_FULL) == SeccompRet.SECCOMP_RET_USER_NOTIF;
        }
        return Checked();
    }

    readonly SeccompProfile? Checked()
    {
        CheckNotify();
        for (int i = _problemsBefore; i < problems.Count; i++)
        {
            if (!problems[i].IsWarning)
            {
                return null;
            }
        }
        return _profile;
    }

    readonly void Report(string path, string message) => problems.Add(new ConfigProblem(Root + path, message));

    readonly void ReadDefault()
    {
        uint? value = ReadAction(spec.DefaultAction, spec.DefaultErrnoRet, ".defaultAction", ".defaultErrnoRet");
        if (value == SeccompRet.SECCOMP_RET_USER_NOTIF)
        {
            Report(".defaultAction",
                "SCMP_ACT_NOTIFY cannot be the default: the init process itself would be stopped for the listener");
        }
        _profile.DefaultReturn = value ?? 0;
    }

    readonly uint? ReadAction(string? action, uint? errno, string path, string errnoPath)
    {
        uint? value = SeccompNames.Actions[action];
        if (value == null)
        {
            Report(path, string.IsNullOrEmpty(action) ? "an action is required" : "unknown action \"" + action + "\"");
            return null;
        }
        if (value is SeccompRet.SECCOMP_RET_ERRNO or SeccompRet.SECCOMP_RET_TRACE)
        {
            if (errno > SeccompRet.SECCOMP_RET_DATA)
            {
                Report(errnoPath, errno.ToString() + " is too big: a filter returns at most 65535");
            }
            return value | ((errno ?? DefaultErrno) & SeccompRet.SECCOMP_RET_DATA);
        }
        if (errno != null)
        {
            Report(errnoPath, "has no meaning for " + action + ", only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE");
        }
        return value;
    }

    readonly void ReadArchitectures(SeccompArchitecture native)
    {
        _profile.Architectures.Add(native);
        for (int i = 0; i < (spec.Architectures?.Count ?? 0); i++)
        {
            string name = spec.Architectures![i];
            if (SeccompArchitecture.Find(name) is not { } architecture)
            {
                Report(".architectures[" + i.ToString() + "]", "unknown architecture \"" + name + "\"");
            }
            else if (!_profile.Architectures.Contains(architecture))
            {
                _profile.Architectures.Add(architecture);
            }
        }
    }

    readonly void ReadFlags()
    {
        if (spec.Flags == null)
        {
            // Without it Linux before 5.16 turns on the speculation mitigations for every container, at a high price.
            _profile.Flags = SeccompFilterFlags.SECCOMP_FILTER_FLAG_SPEC_ALLOW;
            return;
        }
        for (int i = 0; i < spec.Flags.Count; i++)
        {
            uint flag = SeccompNames.Flags[spec.Flags[i]] ?? 0;
            if (flag == 0)
            {
                Report(".flags[" + i.ToString() + "]", "unknown flag \"" + spec.Flags[i] + "\"");
            }
            _profile.Flags |= flag;
        }
    }

    readonly void ReadSyscalls()
    {
        if (spec.Syscalls == null)
        {
            return;
        }
        int names = 0;
        foreach (SpecSyscall syscall in spec.Syscalls)
        {
            names += syscall?.Names?.Count ?? 0;
        }
        _profile.Names = new ushort[names];
        for (int i = 0; i < spec.Syscalls.Count; i++)
        {
            ReadSyscall(spec.Syscalls[i], i);
        }
    }

    readonly void ReadSyscall(SpecSyscall? syscall, int index)
    {
        if (syscall?.Names is not { Count: > 0 })
        {
            Report(Path(index) + ".names", "at least one system call name is required");
        }
        int firstName = _profile.NameCount;
        ReadNames(syscall?.Names, index);
        uint? value = SeccompNames.Actions[syscall?.Action];
        if (value is null or SeccompRet.SECCOMP_RET_ERRNO or SeccompRet.SECCOMP_RET_TRACE || syscall!.ErrnoRet != null)
        {
            value = ReadAction(syscall?.Action, syscall?.ErrnoRet, Path(index) + ".action", Path(index) + ".errnoRet");
        }
        int firstTest = _profile.Tests.Count;
        bool separate = ReadTests(syscall?.Args, index);
        _profile.UsesNotify |= value == SeccompRet.SECCOMP_RET_USER_NOTIF;
        int names = _profile.NameCount - firstName;
        if (value is not { } answer || answer == _profile.DefaultReturn || names == 0)
        {
            return;
        }
        int tests = _profile.Tests.Count - firstTest;
        if (!separate)
        {
            _profile.Rules.Add(new SeccompRule(answer, firstName, names, firstTest, tests, index));
            return;
        }
        for (int i = 0; i < tests; i++)
        {
            _profile.Rules.Add(new SeccompRule(answer, firstName, names, firstTest + i, 1, index));
        }
    }

    static string Path(int index) => ".syscalls[" + index.ToString() + "]";

    readonly void ReadNames(List<string>? names, int index)
    {
        foreach (string name in names ?? [])
        {
            int found = SyscallTable.IndexOf(name);
            if (found >= 0)
            {
                _profile.Names[_profile.NameCount++] = (ushort)found;
            }
            else if (string.IsNullOrEmpty(name))
            {
                Report(Path(index) + ".names", "a system call name is empty");
            }
            else if (annotations?.FailUnknown == true)
            {
                Report(Path(index) + ".names", "unknown system call \"" + name + "\", and " + SeccompAnnotations.FailUnknownPath +
                    " is set");
            }
            else
            {
                (_profile.UnknownNames ??= []).Add(name);
            }
        }
    }

    /// <summary>True when an index occurs twice: then each condition is a rule of its own, as runc has it.</summary>
    readonly bool ReadTests(List<SpecSyscallArg>? args, int index)
    {
        uint seen = 0;
        bool separate = false;
        bool inOrder = true;
        uint last = 0;
        int firstTest = _profile.Tests.Count;
        for (int i = 0; i < (args?.Count ?? 0); i++)
        {
            SpecSyscallArg arg = args![i];
            string path = Path(index) + ".args[" + i.ToString() + "]";
            if (arg.Index >= MostArguments)
            {
                Report(path + ".index", arg.Index.ToString() + " is out of range: a system call has arguments 0 to 5");
            }
            if (SeccompNames.Operators[arg.Op] is not { } op)
            {
                Report(path + ".op", string.IsNullOrEmpty(arg.Op) ? "an operator is required" : "unknown operator \"" + arg.Op +
                    "\"");
                continue;
            }
            bool masked = op == SeccompOperator.MaskedEqual;
            ulong mask = masked ? arg.Value : ulong.MaxValue;
            // As in libseccomp, bits of the datum outside the mask do not count.
            ulong value = masked ? arg.ValueTwo & mask : arg.Value;
            inOrder &= arg.Index >= last;
            last = arg.Index;
            _profile.Tests.Add(new SeccompTest((byte)Math.Min(arg.Index, MostArguments), op, mask, value));
            uint bit = 1u << (int)(arg.Index & 31);
            separate |= (seen & bit) != 0;
            seen |= bit;
        }
        if (!inOrder)
        {
            SortTests(firstTest);
        }
        return separate;
    }

    /// <summary>Puts a rule's conditions in the order of the arguments, so that rules can be compared. Those on one argument keep
    /// theirs.</summary>
    readonly void SortTests(int first)
    {
        SeccompTest[] tests = _profile.Tests.GetRange(first, _profile.Tests.Count - first).ToArray();
        _profile.Tests.RemoveRange(first, tests.Length);
        for (uint argument = 0; argument <= MostArguments; argument++)
        {
            foreach (SeccompTest test in tests)
            {
                if (test.Index == argument)
                {
                    _profile.Tests.Add(test);
                }
            }
        }
    }

    readonly void CheckNotify()
    {
        if (!string.IsNullOrEmpty(spec.ListenerMetadata) && string.IsNullOrEmpty(spec.ListenerPath))
        {
            problems.Add(new ConfigProblem(Root + ".listenerMetadata", "has no meaning without listenerPath", IsWarning: true));
        }
        if (!_profile.UsesNotify)
        {
            if ((_profile.Flags & SeccompFilterFlags.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) != 0)
            {
                Report(".flags", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with SCMP_ACT_NOTIFY");
            }
            return;
        }
        for (int i = 0; i < (spec.Syscalls?.Count ?? 0); i++)
        {
            if (spec.Syscalls![i] is { Action: "SCMP_ACT_NOTIFY", Names: { } names } && names.Contains("write"))
            {
                Report(Path(i) + ".names",
                    "SCMP_ACT_NOTIFY cannot be used for write: the init process needs it to report to the runtime");
            }
        }
        bool named = !string.IsNullOrEmpty(spec.ListenerPath);
        if (!named && string.IsNullOrEmpty(annotations?.Receiver))
        {
            Report(".listenerPath", "is required by SCMP_ACT_NOTIFY");
        }
        _profile.Flags |= SeccompFilterFlags.SECCOMP_FILTER_FLAG_NEW_LISTENER;
        if ((_profile.Flags & SeccompFilterFlags.SECCOMP_FILTER_FLAG_TSYNC) != 0)
        {
            _profile.Flags |= SeccompFilterFlags.SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
        }
        _profile.ListenerPath = named ? spec.ListenerPath : annotations?.Receiver;
        _profile.ListenerSource = named ? Root + ".listenerPath" : SeccompAnnotations.ReceiverPath;
        _profile.ListenerMetadata = spec.ListenerMetadata;
    }
}
