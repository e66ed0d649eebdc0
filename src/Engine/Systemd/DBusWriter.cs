using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using OciRun.Planning.Cgroups;

namespace OciRun.Engine.Systemd;

/// <summary>Marshals values, little-endian, aligned from the start of the buffer (D-Bus specification, "Marshaling"). Values are
/// boxed as
/// <see cref="DBusVariant"/> says; a variant is a boxed DBusVariant.</summary>
public sealed class DBusWriter
{
    byte[] _buffer = new byte[256];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written so far.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, Length);

    /// <summary>Writes one value for each complete type of a signature.</summary>
    public void Write(string signature, IReadOnlyList<object> values)
    {
        int at = 0;
        foreach (object value in values)
        {
            int length = GVariantText.TypeLengthWithVariant(signature.AsSpan(at));
            if (length == 0)
            {
                throw new ArgumentException("fewer types than values: " + signature);
            }
            WriteOne(signature.AsSpan(at, length), value);
            at += length;
        }
        if (at != signature.Length)
        {
            throw new ArgumentException("more types than values: " + signature);
        }
    }

    void WriteOne(ReadOnlySpan<char> type, object value)
    {
        switch (type[0])
        {
            case 'y':
                Reserve(1, 1)[0] = (byte)value;
                break;
            case 'b':
                UInt32((bool)value ? 1u : 0);
                break;
            case 'n':
                BinaryPrimitives.WriteInt16LittleEndian(Reserve(2, 2), (short)value);
                break;
            case 'q':
                BinaryPrimitives.WriteUInt16LittleEndian(Reserve(2, 2), (ushort)value);
                break;
            case 'i':
                UInt32((uint)(int)value);
                break;
            case 'u':
                UInt32((uint)value);
                break;
            case 'x':
                BinaryPrimitives.WriteInt64LittleEndian(Reserve(8, 8), (long)value);
                break;
            case 't':
                BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8, 8), (ulong)value);
                break;
            case 'd':
                BinaryPrimitives.WriteDoubleLittleEndian(Reserve(8, 8), (double)value);
                break;
            case 's' or 'o':
                String((string)value);
                break;
            case 'g':
                Signature((string)value);
                break;
            case 'v':
                DBusVariant variant = (DBusVariant)value;
                Signature(variant.Signature);
                WriteOne(variant.Signature, variant.Value);
                break;
            case 'a':
                Array(type[1..], (List<object>)value);
                break;
            case '(':
                Align(8);
                Write(type[1..^1].ToString(), (List<object>)value);
                break;
            default:
                throw new ArgumentException("type not supported: " + type.ToString());
        }
    }

    /// <summary>A four-byte number.</summary>
    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4, 4), value);

    /// <summary>A byte, without alignment.</summary>
    public void Byte(byte value) => Reserve(1, 1)[0] = value;

    void String(string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        UInt32((uint)length);
        Encoding.UTF8.GetBytes(text, Reserve(length + 1, 1));
    }

    void Signature(string text)
    {
        Byte((byte)text.Length);
        Encoding.UTF8.GetBytes(text, Reserve(text.Length + 1, 1));
    }

    /// <summary>The length counts from the first element, after the padding for its type.</summary>
    void Array(ReadOnlySpan<char> element, List<object> items)
    {
        UInt32(0);
        int lengthAt = Length - 4;
        Align(Alignment(element[0]));
        int start = Length;
        foreach (object item in items)
        {
            WriteOne(element, item);
        }
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(lengthAt), (uint)(Length - start));
    }

    /// <summary>Alignment of a type, by its first letter.</summary>
    public static int Alignment(char type) => type switch
    {
        'y' or 'g' or 'v' => 1,
        'n' or 'q' => 2,
        'x' or 't' or 'd' or '(' or '{' => 8,
        _ => 4,
    };

    /// <summary>Zero bytes up to a multiple.</summary>
    public void Align(int alignment) => Reserve(0, alignment);

    /// <summary>Appends bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length, 1));

    Span<byte> Reserve(int count, int alignment)
    {
        int start = (Length + alignment - 1) / alignment * alignment;
        while (start + count > _buffer.Length)
        {
            System.Array.Resize(ref _buffer, _buffer.Length * 2);
        }
        _buffer.AsSpan(Length, start + count - Length).Clear();
        Length = start + count;
        return _buffer.AsSpan(start, count);
    }
}
