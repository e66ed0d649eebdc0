using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OciRun.Planning;

/// <summary>The arguments of the operations of <see cref="Stage.Clone"/>.</summary>
public static partial class ProgramPrinter
{
    static string CloneArguments(Op op, ReadOnlySpan<byte> data) => op.Code switch
    {
        OpCode.Call => $" {CallName(op.Number)}(0x{op.A:x}, 0x{op.B:x}, 0x{op.C:x})",
        OpCode.Gate => $" {(Gate)op.A}" + (op.B != 0 ? ", with the container's passwd" : ""),
        OpCode.JoinNamespaces => Joins(op, data),
        OpCode.JoinContainer or OpCode.CloneAgain => $" 0x{op.A:x}",
        OpCode.SetPropagation => $" 0x{op.A:x}" + (op.B != 0 ? " above " + String(data, op.C) : ""),
        OpCode.BindRoot or OpCode.OpenRoot or OpCode.LabelKeys => " " + String(data, op.A),
        OpCode.Mask or OpCode.ReadOnlyPath or OpCode.MakeDirectory => " " + String(data, op.A) + Place((int)op.D - 1, op.E, data),
        OpCode.LookAtMount => " " + String(data, MemoryMarshal.Read<MountArgs>(data[(int)op.A..]).Destination) +
            (op.B == 0 ? " below the root" : ""),
        OpCode.Mount => Mount(MemoryMarshal.Read<MountArgs>(data[(int)op.A..]), data),
        OpCode.MakeNode => Node(MemoryMarshal.Read<NodeArgs>(data[(int)op.A..]), data),
        OpCode.Symlink => $" {String(data, op.B)} -> {String(data, op.A)}" + (op.Flags != 0 ? $" flags {op.Flags}" : ""),
        OpCode.SealMount => $" slot {op.A}",
        OpCode.Sysctl => $" {String(data, op.A)} = {String(data, op.B)} ({op.C} bytes)",
        OpCode.PivotRoot or OpCode.MoveRoot or OpCode.ChangeRoot => $" 0x{op.A:x}",
        OpCode.OwnStandardStreams => $" {op.A}",
        OpCode.Terminal => $" console {op.A}, {op.B} columns, {op.C} rows" + Place((int)op.D - 1, op.E, data),
        _ => "",
    };

    static string Joins(Op op, ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder();
        for (int i = 0; i < (int)op.B; i++)
        {
            JoinArgs join = MemoryMarshal.Read<JoinArgs>(data[((int)op.A + i * Unsafe.SizeOf<JoinArgs>())..]);
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
        Slot(text, "pidns", args.PidNamespaceSlot);
        text.Append(Place(args.BelowSlot, args.Below, data));
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
        $" {String(data, args.Path)} mode 0{Convert.ToString(args.Mode, 8)} device 0x{args.Device:x} owner " +
        $"{args.Uid}:{args.Gid}" +
        $" flags {args.Flags}" + Place(args.BelowSlot, args.Below, data);

    static string Place(int slot, ulong rest, ReadOnlySpan<byte> data) =>
        slot < 0 ? "" : $" as {String(data, rest)} in slot {slot}";

    static string String(ReadOnlySpan<byte> data, ulong offset)
    {
        ReadOnlySpan<byte> rest = data[(int)offset..];
        return "\"" + Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]) + "\"";
    }
}
