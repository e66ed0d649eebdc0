using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OciRun.Spec;

/// <summary>What the generated writers are made of: absent members are left out, empty lists are kept, since some fields
/// (<c>linux.seccomp.flags</c>) tell the two apart. Inlined into 150 places these would be 20 KB.</summary>
static class JsonParts
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Flag(Utf8JsonWriter json, ReadOnlySpan<byte> name, bool? value)
    {
        if (value is bool flag)
        {
            json.WriteBoolean(name, flag);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Signed(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is long number)
        {
            json.WriteNumber(name, number);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Unsigned(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong? value)
    {
        if (value is ulong number)
        {
            json.WriteNumber(name, number);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Time(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTime value) =>
        json.WriteString(name, DateTime.SpecifyKind(value, DateTimeKind.Utc));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Texts(Utf8JsonWriter json, ReadOnlySpan<byte> name, List<string>? values)
    {
        if (values is null)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Numbers(Utf8JsonWriter json, ReadOnlySpan<byte> name, List<uint>? values)
    {
        if (values is null)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (uint value in values)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void TextMap(Utf8JsonWriter json, ReadOnlySpan<byte> name, Dictionary<string, string>? values)
    {
        if (values is null)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (KeyValuePair<string, string> pair in values)
        {
            json.WriteString(pair.Key, pair.Value);
        }

        json.WriteEndObject();
    }
}
