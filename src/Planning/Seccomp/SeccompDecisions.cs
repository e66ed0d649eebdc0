using System;
using System.Collections.Generic;

namespace OciRun.Planning.Seccomp;

/// <summary>What a filter does with a call: a plain answer, or a chain of conditional rules ending in the default.</summary>
/// <param name="Return">The answer, when plain.</param>
/// <param name="Rule">Index of the chain's last rule, or -1 when plain.</param>
/// <param name="Previous">The decision without that rule.</param>
readonly record struct SeccompDecision(uint Return, int Rule, int Previous);

/// <summary>All decisions of a filter, each once. A call's decision is a number; 0 is the default action.</summary>
sealed class SeccompDecisions
{
    /// <summary>Conditional rules for one call. Each takes an instruction at least, and the kernel takes no more of
    /// them.</summary>
    const int MaxChain = BpfCode.MaxInstructions;

    readonly SeccompProfile _profile;
    readonly List<SeccompDecision> _decisions = new(16);
    /// <summary>How many rules each decision's chain has.</summary>
    readonly List<int> _lengths = new(16);
    /// <summary>A hash table with open addresses: numbers of decisions plus one, 0 where nothing is. More than half of it is
    /// free.</summary>
    int[] _slots = new int[64];
    readonly int _firstMade;

    public SeccompDecisions(SeccompProfile profile)
    {
        _profile = profile;
        _firstMade = profile.Rules.Count;
        Intern(new SeccompDecision(profile.DefaultReturn, -1, 0), 0);
    }

    public int Count => _decisions.Count;

    public SeccompDecision this[int decision] => _decisions[decision];

    /// <summary>Index in <c>linux.seccomp.syscalls</c> of the first rule that some call has no room for, or -1.</summary>
    public int TooMany { get; private set; } = -1;

    public int Plain(uint value) => Intern(new SeccompDecision(value, -1, 0), 0);

    /// <summary>Makes sure that the plain answer of every rule has a number, after which no decision is added any more.</summary>
    public void PrepareAnswers()
    {
        foreach (SeccompRule rule in _profile.Rules)
        {
            Plain(rule.Return);
        }
    }

    int Intern(SeccompDecision decision, int length)
    {
        int slot = Slot(decision);
        if (_slots[slot] != 0)
        {
            return _slots[slot] - 1;
        }
        _decisions.Add(decision);
        _lengths.Add(length);
        _slots[slot] = _decisions.Count;
        if (_decisions.Count * 2 > _slots.Length)
        {
            Grow();
        }
        return _decisions.Count - 1;
    }

    /// <summary>Where a decision stands or would stand.</summary>
    int Slot(SeccompDecision decision)
    {
        uint hash = unchecked(((((uint)decision.Rule * 31) + (uint)decision.Previous) * 31 + decision.Return) * 0x9e3779b1);
        int slot = (int)(hash >> 8) & (_slots.Length - 1);
        while (_slots[slot] != 0 && _decisions[_slots[slot] - 1] != decision)
        {
            slot = (slot + 1) & (_slots.Length - 1);
        }
        return slot;
    }

    void Grow()
    {
        _slots = new int[_slots.Length * 2];
        for (int i = 0; i < _decisions.Count; i++)
        {
            _slots[Slot(_decisions[i])] = i + 1;
        }
    }

    bool IsSettled(int decision) => decision != 0 && _decisions[decision].Rule < 0;

    /// <summary>Fills <paramref name="slots"/> (by number, relative to the architecture's base) with decisions.</summary>
    /// <returns>The largest number of the architecture that the profile mentions, or -1.</returns>
    public int Fill(SeccompArchitecture architecture, Span<int> slots, List<(ushort Number, int Decision)> armPrivate)
    {
        ReadOnlySpan<ushort> numbers = architecture.Numbers;
        slots.Clear();
        for (int i = 0; i < _profile.Rules.Count && TooMany < 0; i++)
        {
            SeccompRule rule = _profile.Rules[i];
            if (rule.FirstName < 0)
            {
                // Made below, for a multiplexer.
                break;
            }
            foreach (ushort name in _profile.Names.AsSpan(rule.FirstName, rule.NameCount))
            {
                ushort number = numbers[name];
                if (number < slots.Length)
                {
                    slots[number] = Add(slots[number], rule, i);
                }
                else if (number != SyscallTable.None)
                {
                    AddArmPrivate(armPrivate, number, rule, i);
                }
                if (SyscallNameTable.Multiplexed[name] != 0)
                {
                    AddMultiplexed(architecture, slots, rule, SyscallNameTable.Multiplexed[name]);
                }
            }
        }
        return LargestNumber(numbers, architecture.Base == SeccompRanges.X32Bit ? SeccompRanges.X32First : slots.Length);
    }

    int LargestNumber(ReadOnlySpan<ushort> numbers, int limit)
    {
        int largest = -1;
        foreach (ushort name in _profile.Names.AsSpan(0, _profile.NameCount))
        {
            int number = numbers[name];
            if (number > largest && number < limit)
            {
                largest = number;
            }
            byte call = SyscallNameTable.Multiplexed[name];
            int carrier = call == 0 ? SyscallTable.None : Carrier(numbers, call);
            if (carrier > largest && carrier < limit)
            {
                largest = carrier;
            }
        }
        return largest;
    }

    static int Carrier(ReadOnlySpan<ushort> numbers, byte call) =>
        numbers[call >= 0x80 ? SyscallNameTable.Ipc : SyscallNameTable.Socketcall];

    /// <summary>Adds a rule to what is decided for a call. An unconditional rule beats all conditional ones, wherever it stands,
    /// and of two unconditional rules the first holds: libseccomp's precedence.</summary>
    int Add(int decision, SeccompRule rule, int index)
    {
        if (IsSettled(decision))
        {
            return decision;
        }
        if (rule.TestCount == 0)
        {
            return Plain(rule.Return);
        }
        if (_lengths[decision] == MaxChain)
        {
            TooMany = rule.Source;
            return decision;
        }
        return Intern(new SeccompDecision(0, index, decision), _lengths[decision] + 1);
    }

    void AddArmPrivate(List<(ushort Number, int Decision)> calls, ushort number, SeccompRule rule, int index)
    {
        for (int i = 0; i < calls.Count; i++)
        {
            if (calls[i].Number == number)
            {
                calls[i] = (number, Add(calls[i].Decision, rule, index));
                return;
            }
        }
        calls.Add((number, Add(0, rule, index)));
    }

    /// <summary>A rule for socket(2) also concerns socketcall(SYS_SOCKET) where that exists. The filter cannot see the arguments
    /// there, for they are in memory; a rule that has conditions then applies if it is stricter than the default and is left out
    /// if not, so that a profile never allows more than it says.</summary>
    void AddMultiplexed(SeccompArchitecture architecture, Span<int> slots, SeccompRule rule, byte call)
    {
        int carrier = Carrier(architecture.Numbers, call);
        if (carrier == SyscallTable.None || IsSettled(slots[carrier]))
        {
            return;
        }
        bool stricter = SeccompNames.Strictness(rule.Return) > SeccompNames.Strictness(_profile.DefaultReturn);
        if (rule.TestCount > 0 && !stricter)
        {
            return;
        }
        int made = MakeRule(new SeccompTest(0, SeccompOperator.Equal, ulong.MaxValue, call & 0x7fu), rule);
        slots[carrier] = Add(slots[carrier], _profile.Rules[made], made);
    }

    int MakeRule(SeccompTest test, SeccompRule model)
    {
        for (int i = _firstMade; i < _profile.Rules.Count; i++)
        {
            SeccompRule rule = _profile.Rules[i];
            if (rule.Return == model.Return && _profile.Tests[rule.FirstTest] == test)
            {
                return i;
            }
        }
        _profile.Tests.Add(test);
        _profile.Rules.Add(new SeccompRule(model.Return, -1, 0, _profile.Tests.Count - 1, 1, model.Source));
        return _profile.Rules.Count - 1;
    }
}
