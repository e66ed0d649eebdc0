using System;
using System.Buffers.Binary;
using OciRun.Kernel;
using OciRun.Planning.Seccomp;

namespace OciRun.Tests.Unit;

/// <summary>A call as a filter sees it.</summary>
readonly record struct SeccompCall(uint Architecture, uint Number, ulong A0 = 0, ulong A1 = 0, ulong A2 = 0, ulong A3 = 0,
    ulong A4 = 0,
    ulong A5 = 0)
{
    public ulong Argument(int index) => index switch { 0 => A0, 1 => A1, 2 => A2, 3 => A3, 4 => A4, _ => A5 };

    public override string ToString() =>
        $"arch 0x{Architecture:x} nr 0x{Number:x} ({A0:x}, {A1:x}, {A2:x}, {A3:x}, {A4:x}, {A5:x})";
}

/// <summary>Runs classic BPF as net/core/filter.c checks and runs it for seccomp.</summary>
static class SeccompSimulator
{
    /// <summary>Bytes of struct seccomp_data.</summary>
    const int Size = 64;

    public static uint Run(ReadOnlySpan<BpfInstruction> program, SeccompCall call, out int steps)
    {
        Span<byte> data = stackalloc byte[Size];
        Fill(data, call);
        bool little = (call.Architecture & 0x40000000) != 0;
        uint accumulator = 0;
        steps = 0;
        for (int at = 0; ; at++)
        {
            BpfInstruction i = program[at];
            steps++;
            switch (i.Code)
            {
                case BpfCode.Load:
                    accumulator = little
                        ? BinaryPrimitives.ReadUInt32LittleEndian(data[(int)i.K..])
                        : BinaryPrimitives.ReadUInt32BigEndian(data[(int)i.K..]);
                    break;
                case BpfCode.And:
                    accumulator &= i.K;
                    break;
                case BpfCode.Jump:
                    at += (int)i.K;
                    break;
                case BpfCode.JumpEqual:
                    at += accumulator == i.K ? i.Jt : i.Jf;
                    break;
                case BpfCode.JumpGreater:
                    at += accumulator > i.K ? i.Jt : i.Jf;
                    break;
                case BpfCode.JumpGreaterOrEqual:
                    at += accumulator >= i.K ? i.Jt : i.Jf;
                    break;
                case BpfCode.Return:
                    return i.K;
                default:
                    throw new InvalidOperationException($"instruction {at}: unknown opcode 0x{i.Code:x}");
            }
        }
    }

    public static uint Run(SeccompFilter filter, SeccompCall call) => Run(filter.Instructions, call, out _);

    static void Fill(Span<byte> data, SeccompCall call)
    {
        bool little = (call.Architecture & 0x40000000) != 0;
        for (int i = 0; i < 6; i++)
        {
            Span<byte> argument = data[(16 + (8 * i))..];
            if (little)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(argument, call.Argument(i));
            }
            else
            {
                BinaryPrimitives.WriteUInt64BigEndian(argument, call.Argument(i));
            }
        }
        if (little)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(data, call.Number);
            BinaryPrimitives.WriteUInt32LittleEndian(data[4..], call.Architecture);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(data, call.Number);
            BinaryPrimitives.WriteUInt32BigEndian(data[4..], call.Architecture);
        }
    }

    /// <summary>What the kernel's checker (bpf_check_classic, seccomp_check_filter) would object to, or null.</summary>
    public static string? Check(ReadOnlySpan<BpfInstruction> program)
    {
        if (program.Length is 0 or > BpfCode.MaxInstructions)
        {
            return $"{program.Length} instructions";
        }
        for (int at = 0; at < program.Length; at++)
        {
            BpfInstruction i = program[at];
            bool fine = i.Code switch
            {
                BpfCode.Load => i.K < Size && (i.K & 3) == 0,
                BpfCode.And or BpfCode.Return => true,
                BpfCode.Jump => at + 1 + i.K < program.Length,
                BpfCode.JumpEqual or BpfCode.JumpGreater or BpfCode.JumpGreaterOrEqual =>
                    at + 1 + Math.Max(i.Jt, i.Jf) < program.Length,
                _ => false,
            };
            if (!fine)
            {
                return $"instruction {at}: code 0x{i.Code:x} jt {i.Jt} jf {i.Jf} k 0x{i.K:x}";
            }
        }
        return program[^1].Code == BpfCode.Return ? null : "the last instruction is not a return";
    }
}
