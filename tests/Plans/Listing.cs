using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using OciRun.Planning;
using OciRun.Planning.Seccomp;

namespace OciRun.Tests.Plans;

/// <summary>Prints lowered plans: one line for each operation.</summary>
static class Listing
{
    static readonly SeccompArchitecture X64 = SeccompArchitecture.Find("SCMP_ARCH_X86_64")!.Value;

    static string CallName(uint number) => SyscallTable.Name(number, X64)!;

    /// <summary>Operations of the process in the runtime's image: index, step, code and arguments.</summary>
    public static string Program(ProgramBuilder program)
    {
        var text = new StringBuilder($"{program.Slots} slots\n");
        for (int i = 0; i < program.Count; i++)
        {
            Op op = program.Ops[i];
            text.Append($"{i,4}  step {op.Step,-4}").Append(op.Code).Append(Arguments(op, program.Data)).Append('\n');
        }
        return text.ToString();
    }

    static string Arguments(Op op, ReadOnlySpan<byte> data) => op.Code switch
    {
        OpCode.Gate => $" {(Gate)op.A}" + (op.B != 0 ? " " + op.B : ""),
        OpCode.Call => $" {CallName((uint)op.A)}(0x{op.B:x}, 0x{op.C:x}, 0x{op.D:x})",
        OpCode.JoinNamespaces => Joins(op, data),
        OpCode.JoinContainer or OpCode.CloneAgain => $" 0x{op.A:x}",
        OpCode.SetPropagation => $" 0x{op.A:x}" + (op.B != 0 ? " above " + String(data, op.C) : ""),
        OpCode.BindRoot or OpCode.OpenRoot or OpCode.Mask or OpCode.ReadOnlyPath or OpCode.MakeDirectory or OpCode.JoinSessionKeyring or OpCode.LabelKeys
            => " " + String(data, op.A),
        OpCode.Mount => Mount(MemoryMarshal.Read<MountArgs>(data[(int)op.A..]), data),
        OpCode.MakeNode => Node(MemoryMarshal.Read<NodeArgs>(data[(int)op.A..]), data),
        OpCode.Symlink => $" {String(data, op.B)} -> {String(data, op.A)}" + (op.Flags != 0 ? $" flags {op.Flags}" : ""),
        OpCode.SealMount => $" slot {op.A}",
        OpCode.Sysctl => $" {String(data, op.A)} = {String(data, op.B)} ({op.C} bytes)",
        OpCode.PivotRoot or OpCode.MoveRoot or OpCode.ChangeRoot => $" 0x{op.A:x}",
        OpCode.OwnStandardStreams => $" {op.A}",
        OpCode.Terminal => $" console {op.A}, {op.B} columns, {op.C} rows",
        _ => "",
    };

    static string Joins(Op op, ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder();
        for (int i = 0; i < (int)op.B; i++)
        {
            JoinArgs join = MemoryMarshal.Read<JoinArgs>(data[((int)op.A + i * Marshal.SizeOf<JoinArgs>())..]);
            text.Append($" slot {join.Slot} kind 0x{join.Kind:x};");
        }
        return text.ToString().TrimEnd(';');
    }

    static string Mount(MountArgs args, ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder();
        Field(text, "source", args.Source, data);
        Field(text, "on", args.Destination, data);
        Field(text, "type", args.Type, data);
        if (args.Data != 0)
        {
            text.Append(" data");
            for (int at = (int)args.Data; data[at] != 0; at += data[at..].IndexOf((byte)0) + 1)
            {
                text.Append(' ').Append(String(data, (ulong)at));
            }
        }
        Field(text, "legacy", args.LegacyData, data);
        Field(text, "fallback", args.FallbackSource, data);
        text.Append(" flags ").Append(args.Flags);
        Bits(text, "set", args.AttrSet);
        Bits(text, "clear", args.AttrClear);
        Bits(text, "rset", args.RecursiveAttrSet);
        Bits(text, "rclear", args.RecursiveAttrClear);
        Bits(text, "ms", args.LegacyFlags);
        Bits(text, "propagation", args.Propagation0);
        Bits(text, "propagation", args.Propagation1);
        Bits(text, "propagation", args.Propagation2);
        Bits(text, "propagation", args.Propagation3);
        Slot(text, "source", args.SourceSlot);
        Slot(text, "idmap", args.IdMapSlot);
        Slot(text, "keep", args.KeepSlot);
        return text.ToString();
    }

    static void Field(StringBuilder text, string name, uint offset, ReadOnlySpan<byte> data)
    {
        if (offset != 0)
        {
            text.Append(' ').Append(name).Append(' ').Append(String(data, offset));
        }
    }

    static void Bits(StringBuilder text, string name, ulong bits)
    {
        if (bits != 0)
        {
            text.Append($" {name} 0x{bits:x}");
        }
    }

    static void Slot(StringBuilder text, string name, int slot)
    {
        if (slot >= 0)
        {
            text.Append($" {name}-slot {slot}");
        }
    }

    static string Node(NodeArgs args, ReadOnlySpan<byte> data) =>
        $" {String(data, args.Path)} mode 0{Convert.ToString(args.Mode, 8)} device 0x{args.Device:x} owner {args.Uid}:{args.Gid} flags {args.Flags}";

    static string String(ReadOnlySpan<byte> data, ulong offset)
    {
        ReadOnlySpan<byte> rest = data[(int)offset..];
        return "\"" + Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]) + "\"";
    }

    /// <summary>System calls of the parked program in the order of its table.</summary>
    public static string Init(byte[] image)
    {
        var text = new StringBuilder();
        InitFile file = new(image);
        for (int i = 0; i < file.Count; i++)
        {
            InitOp op = file.At(i);
            text.Append($"{i,4}  step {op.Step,-4}").Append(op.Kind switch
            {
                0 => Call(op, file),
                1 => $"r{op.Args[0]} = {file.Show(op.Args[1])}",
                2 => $"when [{file.Show(op.Args[0])}] & 0x{op.Args[1]:x} == 0x{op.Args[2]:x}",
                3 => $"when r{op.Args[0]} == {op.Args[1]}",
                _ => $"fail {CallName(op.Number)} errno {op.Args[3]}",
            });
            Jumps(text, op, i);
            text.Append('\n');
        }
        return text.ToString();
    }

    static string Call(InitOp op, InitFile file)
    {
        string name = CallName(op.Number);
        int count = 6;
        while (count > Fewest(name) && op.Args[count - 1] == 0)
        {
            count--;
        }
        var arguments = new List<string>();
        for (int i = 0; i < count; i++)
        {
            arguments.Add(i == 0 && op.From > 0 ? $"r{op.From - 1}" : Argument(name, i, op.Args, file));
        }
        if (count == 0 && op.From > 0)
        {
            arguments.Add($"r{op.From - 1}");
        }
        return (op.To > 0 ? $"r{op.To - 1} = " : "") + name + "(" + string.Join(", ", arguments) + ")";
    }

    static int Fewest(string name) => name switch
    {
        "setresuid" or "setresgid" => 3,
        "prctl" => 2,
        "personality" => 1,
        _ => 0,
    };

    static string Argument(string name, int index, ulong[] all, InitFile file) => (name, index) switch
    {
        ("execve", 1 or 2) => "[" + string.Join(", ", file.Vector(all[index])) + "]",
        ("chdir", 0) or ("sethostname" or "setdomainname", 0) or ("newfstatat" or "faccessat2", 1) => file.String(all[index]),
        ("capset", 0) => file.Hex(all[index], 8),
        ("capset", 1) => file.Hex(all[index], 24),
        ("setgroups", 1) => file.Hex(all[index], (int)all[0] * 4),
        ("sched_setattr", 1) => file.Hex(all[index], 48),
        ("set_mempolicy", 1) => file.Hex(all[index], (int)(all[2] / 8)),
        ("write", 1) => file.Hex(all[index], (int)all[2]),
        ("seccomp", 2) => $"{file.Word(all[index])} instructions",
        _ => file.Show(all[index]),
    };

    static void Jumps(StringBuilder text, InitOp op, int index)
    {
        if (op.Kind == 0 && (op.Errno != 0 || op.Errno2 != 0))
        {
            text.Append(op.Errno2 == InitImageBuilder.AnyErrno ? "  any error" : $"  errno {op.Errno}" + (op.Errno2 != 0 ? $" or {op.Errno2}" : ""));
            text.Append($" -> {index + (op.Else == 0 ? 1 : op.Else)}");
        }
        else if (op.Kind is 2 or 3)
        {
            text.Append(op.Else == 0 ? $"  else {CallName(op.Number)} errno {op.Args[3]}" : $"  else -> {index + op.Else}");
        }
        if (op.Then != 0)
        {
            text.Append($"  then -> {index + op.Then}");
        }
    }
}

/// <summary>One row of the parked program's table (InitCode.S).</summary>
sealed record InitOp(uint Number, byte Kind, byte From, ushort Step, ushort Errno, ushort Errno2, short Then, short Else, byte To, ulong[] Args);

/// <summary>Reads the file that init parks in.</summary>
sealed class InitFile
{
    const int Table = 0x300;
    const int Row = 64;

    readonly byte[] _file;
    readonly ulong _dataAddress;
    readonly byte[] _data;

    public InitFile(byte[] file)
    {
        _file = file;
        Count = (int)((BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(64 + 32)) - Table) / Row);
        ReadOnlySpan<byte> header = file.AsSpan(120);
        _dataAddress = BinaryPrimitives.ReadUInt64LittleEndian(header[16..]);
        _data = file[(int)BinaryPrimitives.ReadUInt64LittleEndian(header[8..])..];
    }

    public int Count { get; }

    public InitOp At(int index)
    {
        ReadOnlySpan<byte> row = _file.AsSpan(Table + index * Row, Row);
        return new InitOp(U16(row), row[2], row[3], U16(row[4..]), U16(row[6..]), U16(row[8..]), (short)U16(row[10..]),
            (short)U16(row[12..]), row[14], MemoryMarshal.Cast<byte, ulong>(row[16..]).ToArray());
    }

    static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    /// <summary>A number, or the text that it points at.</summary>
    public string Show(ulong value)
    {
        if (value >= InitImageBuilder.Scratch && value < InitImageBuilder.Scratch + 4096)
        {
            return value == InitImageBuilder.Scratch ? "scratch" : $"scratch+{value - InitImageBuilder.Scratch}";
        }
        if (value < _dataAddress || value >= _dataAddress + (ulong)_data.Length)
        {
            return (long)value is < 0 and > -4096 ? $"{(long)value}" : value < 4096 ? $"{value}" : $"0x{value:x}";
        }
        return Printable(value) ?? $"data+{value - _dataAddress}";
    }

    string? Printable(ulong address)
    {
        ReadOnlySpan<byte> rest = _data.AsSpan((int)(address - _dataAddress));
        int end = rest.IndexOf((byte)0);
        return end > 1 && rest[..end].IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0 ? "\"" + Encoding.ASCII.GetString(rest[..end]) + "\"" : null;
    }

    public string String(ulong address)
    {
        int start = (int)(address - _dataAddress);
        return "\"" + Encoding.UTF8.GetString(_data, start, Array.IndexOf(_data, (byte)0, start) - start) + "\"";
    }

    /// <summary>Bytes as hexadecimal words of four bytes, in memory order.</summary>
    public string Hex(ulong address, int length)
    {
        var text = new StringBuilder("{");
        for (int i = 0; i < length; i += 4)
        {
            text.Append(i == 0 ? "" : " ").Append($"{BinaryPrimitives.ReadUInt32LittleEndian(_data.AsSpan((int)(address - _dataAddress) + i)):x}");
        }
        return text.Append('}').ToString();
    }

    public ulong Word(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(_data.AsSpan((int)(address - _dataAddress)));

    /// <summary>The strings of a NULL-terminated vector.</summary>
    public IEnumerable<string> Vector(ulong address)
    {
        for (int at = (int)(address - _dataAddress); ; at += 8)
        {
            ulong one = BinaryPrimitives.ReadUInt64LittleEndian(_data.AsSpan(at));
            if (one == 0)
            {
                yield break;
            }
            yield return String(one);
        }
    }
}
