using System;

namespace OciRun.Planning.Seccomp;

/// <summary>Writes a program from its end to its start, so that every jump's target is already placed and its distance known. A
/// label is the count of instructions from an instruction to the end of the program.</summary>
sealed class BpfAssembler
{
    /// <summary>Leaves room for the trampolines of one instruction.</summary>
    const int NearLimit = 250;

    BpfInstruction[] _buffer = new BpfInstruction[512];
    int _count;

    /// <summary>True when there are more instructions than the kernel takes.</summary>
    public bool IsFull => _count > BpfCode.MaxInstructions;

    int Push(BpfInstruction instruction)
    {
        if (_count == _buffer.Length)
        {
            var bigger = new BpfInstruction[_buffer.Length * 2];
            _buffer.CopyTo(bigger, _buffer.Length);
            _buffer = bigger;
        }
        _count++;
        _buffer[_buffer.Length - _count] = instruction;
        return _count;
    }

    public int Return(uint value) => Push(new BpfInstruction(BpfCode.Return, 0, 0, value));

    public int Load(uint offset, int next)
    {
        FallTo(next);
        return Push(new BpfInstruction(BpfCode.Load, 0, 0, offset));
    }

    public int And(uint mask, int next)
    {
        FallTo(next);
        return Push(new BpfInstruction(BpfCode.And, 0, 0, mask));
    }

    public int Test(ushort code, uint k, int onTrue, int onFalse)
    {
        if (onTrue == onFalse)
        {
            return onTrue;
        }
        onTrue = Near(onTrue);
        onFalse = Near(onFalse);
        return Push(new BpfInstruction(code, (byte)(_count - onTrue), (byte)(_count - onFalse), k));
    }

    public bool IsNear(int label) => _count - label <= NearLimit;

    /// <summary>A label within reach of a conditional jump that leads to <paramref name="label"/>.</summary>
    public int Near(int label)
    {
        if (IsNear(label))
        {
            return label;
        }
        BpfInstruction target = _buffer[_buffer.Length - label];
        return target.Code == BpfCode.Return ? Push(target)
            : Push(new BpfInstruction(BpfCode.Jump, 0, 0, (uint)(_count - label)));
    }

    /// <summary>Makes the next written instruction run on into <paramref name="label"/>.</summary>
    void FallTo(int label)
    {
        if (label == _count)
        {
            return;
        }
        BpfInstruction target = _buffer[_buffer.Length - label];
        Push(target.Code == BpfCode.Return ? target : new BpfInstruction(BpfCode.Jump, 0, 0, (uint)(_count - label)));
    }

    public BpfInstruction[] ToArray() => _buffer.AsSpan(_buffer.Length - _count).ToArray();
}
