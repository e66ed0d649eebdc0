using System;
using System.Collections.Generic;
using System.Linq;
using OciRun.Kernel;
using OciRun.Planning.Seccomp;
using OciRun.Spec;

namespace OciRun.Tests.Unit;

/// <summary>What a profile means, evaluated for one call at a time straight from the specification's objects: slow, and without
/// anything of the compiler but the number tables.</summary>
sealed class SeccompReference
{
    readonly SpecSeccomp _spec;
    readonly uint _default;
    readonly List<SeccompArchitecture> _architectures;
    readonly Dictionary<string, Dictionary<uint, List<Rule>>> _rules = [];
    readonly Dictionary<string, long> _largest = [];

    sealed record Rule(uint Return, int Order, List<SpecSyscallArg> Args);

    static readonly string[] SocketCalls =
    [
        "", "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv", "sendto",
        "recvfrom",
        "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg",
    ];

    static readonly Dictionary<string, uint> IpcCalls = new()
    {
        ["semop"] = 1,
        ["semget"] = 2,
        ["semctl"] = 3,
        ["semtimedop"] = 4,
        ["msgsnd"] = 11,
        ["msgrcv"] = 12,
        ["msgget"] = 13,
        ["msgctl"] = 14,
        ["shmat"] = 21,
        ["shmdt"] = 22,
        ["shmget"] = 23,
        ["shmctl"] = 24,
    };

    public SeccompReference(SpecSeccomp spec, string native = "SCMP_ARCH_X86_64")
    {
        _spec = spec;
        _default = Answer(spec.DefaultAction!, spec.DefaultErrnoRet);
        _architectures = (spec.Architectures ?? []).Prepend(native).Distinct().Select(a => SeccompArchitecture.Find(a)!.Value)
            .ToList();
        foreach (SeccompArchitecture architecture in _architectures)
        {
            Resolve(architecture);
        }
    }

    static uint Answer(string action, uint? errno) => action switch
    {
        "SCMP_ACT_ALLOW" => 0x7fff0000,
        "SCMP_ACT_LOG" => 0x7ffc0000,
        "SCMP_ACT_TRACE" => 0x7ff00000 | (errno ?? 1),
        "SCMP_ACT_NOTIFY" => 0x7fc00000,
        "SCMP_ACT_ERRNO" => 0x00050000 | (errno ?? 1),
        "SCMP_ACT_TRAP" => 0x00030000,
        "SCMP_ACT_KILL_PROCESS" => 0x80000000,
        _ => 0,
    };

    void Resolve(SeccompArchitecture architecture)
    {
        var rules = new Dictionary<uint, List<Rule>>();
        long largest = -1;
        int order = 0;
        foreach (SpecSyscall syscall in _spec.Syscalls ?? [])
        {
            uint answer = Answer(syscall.Action!, syscall.ErrnoRet);
            List<SpecSyscallArg> args = syscall.Args ?? [];
            bool separate = args.Select(a => a.Index).Distinct().Count() < args.Count;
            List<List<SpecSyscallArg>> sets = separate ? args.Select(a => new List<SpecSyscallArg> { a }).ToList() : [args];
            foreach (string name in syscall.Names!)
            {
                long number = SyscallTable.Number(name, architecture);
                (long carrier, uint call) = Carrier(name, architecture);
                bool special = (number >= 0xf0000 && architecture.Base == 0)
                    || (number >= 0x40000200 && architecture.Base == 0x40000000);
                largest = Math.Max(largest, Math.Max(special ? -1 : number, carrier));
                foreach (List<SpecSyscallArg> set in sets.Where(_ => answer != _default))
                {
                    Add(rules, number, new Rule(answer, order, set));
                    if (set.Count == 0 || Strictness(answer) > Strictness(_default))
                    {
                        Add(rules, carrier, new Rule(answer, order, [new SpecSyscallArg { Op = "SCMP_CMP_EQ", Value = call }]));
                    }
                    order++;
                }
            }
        }
        _rules[architecture.Name] = rules;
        _largest[architecture.Name] = largest;
    }

    static (long Carrier, uint Call) Carrier(string name, SeccompArchitecture architecture)
    {
        int socket = Array.IndexOf(SocketCalls, name);
        if (socket > 0)
        {
            return (SyscallTable.Number("socketcall", architecture), (uint)socket);
        }
        return IpcCalls.TryGetValue(name, out uint call) ? (SyscallTable.Number("ipc", architecture), call) : (-1, 0);
    }

    static void Add(Dictionary<uint, List<Rule>> rules, long number, Rule rule)
    {
        if (number < 0)
        {
            return;
        }
        if (!rules.TryGetValue((uint)number, out List<Rule>? list))
        {
            rules[(uint)number] = list = [];
        }
        list.Add(rule);
    }

    static int Strictness(uint value) => Array.IndexOf<uint>(
        [0x7fff0000, 0x7ffc0000, 0x7ff00000, 0x7fc00000, 0x00050000, 0x00030000, 0x00000000, 0x80000000], value & 0xffff0000);

    public uint Evaluate(SeccompCall call)
    {
        List<SeccompArchitecture> same = _architectures.Where(a => a.Audit == call.Architecture).ToList();
        if (same.Count == 0)
        {
            return 0;
        }
        bool x86 = call.Architecture == AuditArch.AUDIT_ARCH_X86_64;
        uint x32 = x86 ? call.Number & 0x40000000 : 0;
        if (x86 && call.Number == uint.MaxValue)
        {
            return Beyond;
        }
        if (x86 && !same.Exists(a => a.Base == (call.Number >= 0x40000000 ? 0x40000000u : 0)))
        {
            return 0;
        }
        SeccompArchitecture architecture = x86 ? same.Find(a => a.Base == (call.Number >= 0x40000000 ? 0x40000000u : 0))
            : same[0];
        _rules[architecture.Name].TryGetValue(call.Number, out List<Rule>? rules);
        bool x32Own = x86 && call.Number is >= 0x40000200 and <= 0x40000223;
        if (rules == null && call.Number > _largest[architecture.Name] && call.Number >= architecture.Base && !x32Own)
        {
            return Beyond;
        }
        return rules == null ? _default : Evaluate(rules, call, architecture.Is64Bit);
    }

    uint Beyond => Strictness(_default) <= 2 ? _default : 0x00050026;

    /// <summary>Whether the call is newer than anything that the profile mentions for its ABI.</summary>
    public bool IsBeyond(SeccompCall call)
    {
        bool x86 = call.Architecture == AuditArch.AUDIT_ARCH_X86_64;
        return _architectures.Exists(a => a.Audit == call.Architecture && call.Number > _largest[a.Name]
            && (!x86 || call.Number == uint.MaxValue || call.Number >= 0x40000000 == a.Base > 0));
    }

    /// <summary>Whether a rule for a 32-bit call has a value that no 32-bit argument can have.</summary>
    public bool HasTooWide(SeccompCall call) => _architectures.Exists(a => a.Audit == call.Architecture && !a.Is64Bit
        && _rules[a.Name].TryGetValue(call.Number, out List<Rule>? rules)
        && rules.Exists(r =>
        r.Args.Exists(t => Narrow(t.Op == "SCMP_CMP_MASKED_EQ" ? t.Value & t.ValueTwo : t.Value) > uint.MaxValue)));

    /// <summary>The rules for a call, for a failure's message.</summary>
    public string Rules(SeccompCall call) => string.Join("; ", _architectures
        .Where(a => a.Audit == call.Architecture && _rules[a.Name].ContainsKey(call.Number))
        .SelectMany(a => _rules[a.Name][call.Number].Select(r => SeccompNames.Describe(r.Return) + " if "
            + string.Join(" and ", r.Args.Select(t => $"a{t.Index} {t.Op} {t.Value:x} {t.ValueTwo:x}")))));

    /// <summary>Whether a rule for the call has GT, GE, LT or LE.</summary>
    public bool HasOrdering(SeccompCall call) => _architectures.Exists(a => a.Audit == call.Architecture
        && _rules[a.Name].TryGetValue(call.Number, out List<Rule>? rules)
        && rules.Exists(r => r.Args.Exists(t => t.Op is "SCMP_CMP_GT" or "SCMP_CMP_GE" or "SCMP_CMP_LT" or "SCMP_CMP_LE")));

    /// <summary>How many conditional rules with different answers match: then precedence matters.</summary>
    public int Contenders(SeccompCall call)
    {
        SeccompArchitecture architecture = _architectures.Find(a => a.Audit == call.Architecture && call.Number >= a.Base);
        return architecture.Name != null && _rules[architecture.Name].TryGetValue(call.Number, out List<Rule>? rules)
            ? rules.Where(r => r.Args.TrueForAll(a => Holds(a, call, architecture.Is64Bit))).Select(r => r.Return).Distinct()
            .Count()
            : 0;
    }

    uint Evaluate(List<Rule> rules, SeccompCall call, bool wide)
    {
        Rule? unconditional = rules.Find(r => r.Args.Count == 0);
        if (unconditional != null)
        {
            return unconditional.Return;
        }
        IEnumerable<Rule> matching = rules.Where(r => r.Args.TrueForAll(a => Holds(a, call, wide)));
        return matching.Order(Comparer<Rule>.Create(Precedes)).FirstOrDefault()?.Return ?? _default;
    }

    static int Precedes(Rule a, Rule b)
    {
        foreach ((SpecSyscallArg x, SpecSyscallArg y) in a.Args.OrderBy(t => t.Index).Zip(b.Args.OrderBy(t => t.Index)))
        {
            int order = Key(x).CompareTo(Key(y));
            if (order != 0)
            {
                return order;
            }
        }
        return a.Args.Count != b.Args.Count ? a.Args.Count.CompareTo(b.Args.Count) : a.Order.CompareTo(b.Order);
    }

    static (int, int, ulong) Key(SpecSyscallArg arg) => arg.Op switch
    {
        "SCMP_CMP_MASKED_EQ" => (-(int)arg.Index, 0, 0),
        "SCMP_CMP_EQ" or "SCMP_CMP_NE" => (-(int)arg.Index, 1, ~arg.Value),
        "SCMP_CMP_LT" or "SCMP_CMP_LE" => (-(int)arg.Index, 2, arg.Value),
        _ => (-(int)arg.Index, 3, ~arg.Value),
    };

    static bool Holds(SpecSyscallArg arg, SeccompCall call, bool wide)
    {
        ulong actual = call.Argument((int)arg.Index);
        ulong value = arg.Value;
        ulong datum = arg.ValueTwo;
        if (!wide)
        {
            actual = (uint)actual;
            value = Narrow(value);
            if (arg.Op == "SCMP_CMP_MASKED_EQ")
            {
                value = arg.Value;
                datum = Narrow(arg.ValueTwo & arg.Value);
                if (datum <= uint.MaxValue)
                {
                    value = (uint)value;
                }
            }
        }
        return arg.Op switch
        {
            "SCMP_CMP_EQ" => actual == value,
            "SCMP_CMP_NE" => actual != value,
            "SCMP_CMP_LT" => actual < value,
            "SCMP_CMP_LE" => actual <= value,
            "SCMP_CMP_GT" => actual > value,
            "SCMP_CMP_GE" => actual >= value,
            _ => (actual & value) == (datum & value),
        };
    }

    /// <summary>A negative number that a profile writes in 64 bits is meant as a 32-bit one on a 32-bit architecture.</summary>
    static ulong Narrow(ulong value) => (long)value is < 0 and >= int.MinValue ? (uint)value : value;
}
