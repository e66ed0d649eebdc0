using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using OciRun.Planning.Cgroups;

namespace OciRun.Engine.Systemd;

/// <summary>Kinds of messages.</summary>
public enum DBusMessageType : byte
{
    MethodCall = 1,
    MethodReturn = 2,
    Error = 3,
    Signal = 4,
}

/// <summary>A message (D-Bus specification, "Message Format").</summary>
public sealed class DBusMessage
{
    /// <summary>Bytes of the fixed part of a header: it tells the length of everything.</summary>
    public const int FixedHeader = 16;
    /// <summary>The specification's limit.</summary>
    public const int MaxBytes = 1 << 27;

    const byte FieldPath = 1;
    const byte FieldInterface = 2;
    const byte FieldMember = 3;
    const byte FieldErrorName = 4;
    const byte FieldReplySerial = 5;
    const byte FieldDestination = 6;
    const byte FieldSender = 7;
    const byte FieldSignature = 8;

    public DBusMessageType Type { get; init; }
    public uint Serial { get; set; }
    public uint ReplySerial { get; private set; }
    public string? Path { get; set; }
    public string? Interface { get; set; }
    public string? Member { get; set; }
    public string? ErrorName { get; set; }
    public string? Destination { get; set; }
    /// <summary>The unique name of who sent it; a bus fills it in.</summary>
    public string? Sender { get; set; }
    public string Signature { get; set; } = "";
    public IReadOnlyList<object> Body { get; set; } = [];

    /// <summary>The text of an error, or of a body that starts with one.</summary>
    public string Text => Body.Count > 0 && Body[0] is string text ? text : "";

    /// <summary>A reply to this call, for the tests' bus.</summary>
    public static DBusMessage ReplyTo(uint serial, DBusMessageType type) => new() { Type = type, ReplySerial = serial };

    public byte[] ToBytes()
    {
        DBusWriter body = new();
        body.Write(Signature, Body);
        DBusWriter message = new();
        message.Byte((byte)'l');
        message.Byte((byte)Type);
        message.Byte(0);
        message.Byte(1);
        message.UInt32((uint)body.Length);
        message.UInt32(Serial);
        message.Write("a(yv)", [Fields()]);
        message.Align(8);
        message.Raw(body.Bytes);
        return message.Bytes.ToArray();
    }

    List<object> Fields()
    {
        List<object> fields = [];
        Add(fields, FieldPath, "o", Path);
        Add(fields, FieldInterface, "s", Interface);
        Add(fields, FieldMember, "s", Member);
        Add(fields, FieldErrorName, "s", ErrorName);
        Add(fields, FieldReplySerial, "u", ReplySerial == 0 ? null : ReplySerial);
        Add(fields, FieldDestination, "s", Destination);
        Add(fields, FieldSender, "s", Sender);
        Add(fields, FieldSignature, "g", Signature.Length == 0 ? null : Signature);
        return fields;
    }

    static void Add(List<object> fields, byte code, string signature, object? value)
    {
        if (value is not null)
        {
            fields.Add(new List<object> { code, new DBusVariant(signature, value) });
        }
    }

    /// <summary>Length of the whole message, from its first sixteen bytes.</summary>
    public static int TotalLength(ReadOnlySpan<byte> header)
    {
        if (header[0] != 'l')
        {
            throw new FormatException("message is not little-endian");
        }
        uint body = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        uint fields = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        ulong total = FixedHeader + ((ulong)fields + 7) / 8 * 8 + body;
        return total <= MaxBytes ? (int)total : throw new FormatException("message too long");
    }

    public static DBusMessage Parse(ReadOnlySpan<byte> bytes)
    {
        DBusMessage message = new()
        {
            Type = (DBusMessageType)bytes[1],
            Serial = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
        };
        DBusReader header = new(bytes);
        header.Read("uuu");
        foreach (object field in (List<object>)header.Read("a(yv)")[0])
        {
            List<object> pair = (List<object>)field;
            message.Set((byte)pair[0], ((DBusVariant)pair[1]).Value);
        }
        // The body has its own alignment, for it starts at a multiple of eight.
        int start = (header.At + 7) / 8 * 8;
        if (start > bytes.Length)
        {
            throw new FormatException("message too short");
        }
        message.Body = new DBusReader(bytes[start..]).Read(message.Signature);
        return message;
    }

    void Set(byte code, object value)
    {
        switch (code)
        {
            case FieldPath:
                Path = value as string;
                break;
            case FieldInterface:
                Interface = value as string;
                break;
            case FieldMember:
                Member = value as string;
                break;
            case FieldErrorName:
                ErrorName = value as string;
                break;
            case FieldReplySerial:
                ReplySerial = value is uint serial ? serial : 0;
                break;
            case FieldDestination:
                Destination = value as string;
                break;
            case FieldSender:
                Sender = value as string;
                break;
            case FieldSignature:
                Signature = value as string ?? "";
                break;
        }
    }
}
