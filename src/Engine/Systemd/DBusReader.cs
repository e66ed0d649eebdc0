using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using OciRun.Planning.Cgroups;

namespace OciRun.Engine.Systemd;

/// <summary>Unmarshals little-endian values out of a message of a peer that need not be honest: every length is
/// checked.</summary>
/// <exception cref="FormatException">The bytes are not what the signature says.</exception>
public ref struct DBusReader
{
    const int MaxDepth = 32;
    const int MaxArrayBytes = 1 << 26;

    readonly ReadOnlySpan<byte> _bytes;
    int _depth;

    public DBusReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Where the next value is, before its alignment.</summary>
    public int At { get; private set; }

    /// <summary>Reads one value for each complete type of a signature.</summary>
    public List<object> Read(string signature)
    {
        List<object> values = [];
        int at = 0;
        while (at < signature.Length)
        {
            int length = GVariantText.TypeLengthWithVariant(signature.AsSpan(at));
            if (length == 0)
            {
                throw new FormatException("bad signature");
            }
            values.Add(ReadOne(signature.AsSpan(at, length)));
            at += length;
        }
        return values;
    }

    object ReadOne(ReadOnlySpan<char> type)
    {
        if (++_depth > MaxDepth)
        {
            throw new FormatException("nested too deeply");
        }
        object value = type[0] switch
        {
            'y' => Take(1, 1)[0],
            'b' => UInt32() != 0,
            'n' => BinaryPrimitives.ReadInt16LittleEndian(Take(2, 2)),
            'q' => BinaryPrimitives.ReadUInt16LittleEndian(Take(2, 2)),
            'i' => (int)UInt32(),
            'u' or 'h' => UInt32(),
            'x' => BinaryPrimitives.ReadInt64LittleEndian(Take(8, 8)),
            't' => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, 8)),
            'd' => BinaryPrimitives.ReadDoubleLittleEndian(Take(8, 8)),
            's' or 'o' => String(UInt32()),
            'g' => String(Take(1, 1)[0]),
            'v' => Variant(),
            'a' => Array(type[1..]),
            '(' or '{' => Struct(type[1..^1].ToString()),
            _ => throw new FormatException("unknown type " + type[0]),
        };
        _depth--;
        return value;
    }

    /// <summary>A four-byte number.</summary>
    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, 4));

    string String(uint length)
    {
        if (length >= int.MaxValue)
        {
            throw new FormatException("string too long");
        }
        string text = Encoding.UTF8.GetString(Take((int)length, 1));
        Take(1, 1);
        return text;
    }

    object Variant()
    {
        string signature = String(Take(1, 1)[0]);
        int length = GVariantText.TypeLengthWithVariant(signature);
        return length > 0 && length == signature.Length
            ? new DBusVariant(signature, ReadOne(signature))
            : throw new FormatException("bad signature of a variant");
    }

    List<object> Struct(string members)
    {
        Take(0, 8);
        return Read(members);
    }

    List<object> Array(ReadOnlySpan<char> element)
    {
        uint length = UInt32();
        Take(0, DBusWriter.Alignment(element[0]));
        if (length > MaxArrayBytes || length > _bytes.Length - At)
        {
            throw new FormatException("array too long");
        }
        int end = At + (int)length;
        List<object> items = [];
        while (At < end)
        {
            items.Add(ReadOne(element));
        }
        return At == end ? items : throw new FormatException("array ends within an element");
    }

    ReadOnlySpan<byte> Take(int count, int alignment)
    {
        int start = (At + alignment - 1) / alignment * alignment;
        if (start > _bytes.Length || count > _bytes.Length - start)
        {
            throw new FormatException("message too short");
        }
        At = start + count;
        return _bytes.Slice(start, count);
    }
}
