using System;
using System.Collections.Generic;

using OciRun.Kernel;

namespace OciRun.Planning.Seccomp;

/// <summary>A run of call numbers that are decided alike; it ends where the next one starts.</summary>
readonly record struct SeccompRange(uint Start, int Decision);

/// <summary>Turns ranges of decisions into a program: per architecture a binary search on the number, whose leaves are shared
/// answers and shared argument tests.</summary>
sealed class SeccompEmitter(SeccompProfile profile, SeccompDecisions decisions)
{
    const int Unplaced = 0;

    readonly BpfAssembler _assembler = new();
    readonly int[] _labels = new int[decisions.Count];
    SeccompArchitecture _architecture;

    /// <summary>A piece of the search's bottom level: ranges First..Last, of which every second is one number wide and the others
    /// are decided alike, so that equality tests do.</summary>
    readonly record struct Leaf(int First, int Last);

    public BpfInstruction[] Finish(List<(uint Audit, int Label)> architectures, uint badArchitecture)
    {
        int next = _assembler.Return(badArchitecture);
        for (int i = architectures.Count - 1; i >= 0; i--)
        {
            next = _assembler.Test(BpfCode.JumpEqual, architectures[i].Audit, architectures[i].Label, next);
        }
        _assembler.Load(SeccompData.Architecture, next);
        return _assembler.ToArray();
    }

    /// <summary>True when the kernel would not take the program. What is written from then on is not worth finishing.</summary>
    public bool IsFull => _assembler.IsFull;

    /// <summary>The search of one AUDIT_ARCH value, from loading the number on.</summary>
    public int Architecture(SeccompArchitecture architecture, List<SeccompRange> ranges)
    {
        if (architecture.Is64Bit != _architecture.Is64Bit || architecture.IsLittleEndian != _architecture.IsLittleEndian)
        {
            ForgetConditional();
        }
        _architecture = architecture;
        List<Leaf> leaves = FindLeaves(ranges);
        return _assembler.Load(SeccompData.Number, Search(ranges, leaves, 0, leaves.Count - 1));
    }

    /// <summary>Argument tests depend on the width and byte order of the arguments; plain answers do not.</summary>
    void ForgetConditional()
    {
        for (int i = 0; i < _labels.Length; i++)
        {
            if (decisions[i].Rule >= 0)
            {
                _labels[i] = Unplaced;
            }
        }
    }

    static List<Leaf> FindLeaves(List<SeccompRange> ranges)
    {
        var leaves = new List<Leaf>(ranges.Count);
        for (int i = 0; i < ranges.Count; i++)
        {
            int last = i;
            while (last + 2 < ranges.Count && last < i + 4 && ranges[last + 2].Decision == ranges[i].Decision
                   && ranges[last + 2].Start == ranges[last + 1].Start + 1)
            {
                last += 2;
            }
            leaves.Add(new Leaf(i, last));
            i = last;
        }
        return leaves;
    }

    int Search(List<SeccompRange> ranges, List<Leaf> leaves, int first, int last)
    {
        if (first == last || _assembler.IsFull)
        {
            return Exceptions(ranges, leaves[first]);
        }
        int middle = (first + last + 1) / 2;
        int above = Search(ranges, leaves, middle, last);
        int below = Search(ranges, leaves, first, middle - 1);
        return _assembler.Test(BpfCode.JumpGreaterOrEqual, ranges[leaves[middle].First].Start, above, below);
    }

    int Exceptions(List<SeccompRange> ranges, Leaf leaf)
    {
        int next = Place(ranges[leaf.First].Decision);
        for (int i = leaf.Last - 1; i > leaf.First; i -= 2)
        {
            int exception = Place(ranges[i].Decision);
            next = _assembler.Test(BpfCode.JumpEqual, ranges[i].Start, exception, next);
        }
        return next;
    }

    /// <summary>Where a decision is carried out: an earlier place if one is near, for a plain answer costs no more than a jump to
    /// it.</summary>
    int Place(int decision)
    {
        int label = _labels[decision];
        SeccompDecision what = decisions[decision];
        if (label == Unplaced)
        {
            label = what.Rule < 0 ? _assembler.Return(what.Return) : Chain(decision);
        }
        label = _assembler.Near(label);
        _labels[decision] = label;
        return label;
    }

    int Chain(int decision)
    {
        List<int> rules = SeccompPrecedence.Order(profile, decisions, decision);
        int next = Place(0);
        for (int i = rules.Count - 1; i >= 0 && !_assembler.IsFull; i--)
        {
            SeccompRule rule = profile.Rules[rules[i]];
            int onMatch = Place(decisions.Plain(rule.Return));
            for (int test = rule.TestCount - 1; test >= 0; test--)
            {
                onMatch = Condition(profile.Tests[rule.FirstTest + test], onMatch, next);
            }
            next = onMatch;
        }
        return next;
    }

    int Condition(SeccompTest test, int onTrue, int onFalse)
    {
        if (!_architecture.Is64Bit && !Fits32(test.Value))
        {
            return test.Operator is SeccompOperator.Less or SeccompOperator.LessOrEqual or SeccompOperator.NotEqual ? onTrue
                : onFalse;
        }
        switch (test.Operator)
        {
            case SeccompOperator.NotEqual:
                return Equal(test, onFalse, onTrue);
            case SeccompOperator.Less:
                return Greater(test, BpfCode.JumpGreaterOrEqual, onFalse, onTrue);
            case SeccompOperator.LessOrEqual:
                return Greater(test, BpfCode.JumpGreater, onFalse, onTrue);
            case SeccompOperator.Greater:
                return Greater(test, BpfCode.JumpGreater, onTrue, onFalse);
            case SeccompOperator.GreaterOrEqual:
                return Greater(test, BpfCode.JumpGreaterOrEqual, onTrue, onFalse);
            default:
                return Equal(test, onTrue, onFalse);
        }
    }

    /// <summary>Whether a 32-bit argument can have the value: as it is, or as a negative number that the profile writes in 64
    /// bits.</summary>
    static bool Fits32(ulong value) => value <= uint.MaxValue || unchecked((long)value) is >= int.MinValue and < 0;

    int Equal(SeccompTest test, int onTrue, int onFalse)
    {
        int low = EqualHalf(LowOffset(test.Index), Low(test.Mask), Low(test.Value), onTrue, onFalse);
        return _architecture.Is64Bit
            ? EqualHalf(HighOffset(test.Index), (uint)(test.Mask >> 32), (uint)(test.Value >> 32), low, onFalse)
            : low;
    }

    int EqualHalf(uint offset, uint mask, uint value, int onTrue, int onFalse)
    {
        if (mask == 0)
        {
            // The value has no bits outside the mask: nothing to look at.
            return onTrue;
        }
        int next = _assembler.Test(BpfCode.JumpEqual, value, onTrue, onFalse);
        if (mask != uint.MaxValue)
        {
            next = _assembler.And(mask, next);
        }
        return _assembler.Load(offset, next);
    }

    int Greater(SeccompTest test, ushort code, int onTrue, int onFalse)
    {
        int low = _assembler.Load(LowOffset(test.Index), _assembler.Test(code, Low(test.Value), onTrue, onFalse));
        if (!_architecture.Is64Bit)
        {
            return low;
        }
        uint high = (uint)(test.Value >> 32);
        int equal = _assembler.Test(BpfCode.JumpEqual, high, low, onFalse);
        return _assembler.Load(HighOffset(test.Index), _assembler.Test(BpfCode.JumpGreater, high, onTrue, equal));
    }

    static uint Low(ulong value) => unchecked((uint)value);

    uint LowOffset(int index) => SeccompData.Arguments + (8 * (uint)index) + (_architecture.IsLittleEndian ? 0u : 4u);

    uint HighOffset(int index) => SeccompData.Arguments + (8 * (uint)index) + (_architecture.IsLittleEndian ? 4u : 0u);
}
