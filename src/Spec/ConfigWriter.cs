using System;
using System.Collections.Generic;
using System.Text.Json;

namespace OciRun.Spec;

/// <summary>Writes the model as config.json, so that <see cref="ConfigReader"/> reads the same model back: absent members are
/// left out, empty lists are kept, since some fields (<c>linux.seccomp.flags</c>) tell the two apart.</summary>
public static partial class ConfigWriter
{
    delegate void ValueWriter<T>(Utf8JsonWriter json, T value);

    public static void Write(Utf8JsonWriter json, RuntimeSpec value)
    {
        json.WriteStartObject();
        Text(json, "ociVersion"u8, value.OciVersion);
        Object(json, "process"u8, value.Process, Process);
        Object(json, "root"u8, value.Root, Root);
        Text(json, "hostname"u8, value.Hostname);
        Text(json, "domainname"u8, value.Domainname);
        Objects(json, "mounts"u8, value.Mounts, Mount);
        Object(json, "hooks"u8, value.Hooks, Hooks);
        TextMap(json, "annotations"u8, value.Annotations);
        Object(json, "linux"u8, value.Linux, Linux);
        json.WriteEndObject();
    }

    internal static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    internal static void Flag(Utf8JsonWriter json, ReadOnlySpan<byte> name, bool? value)
    {
        if (value is bool flag)
        {
            json.WriteBoolean(name, flag);
        }
    }

    static void Signed(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is long number)
        {
            json.WriteNumber(name, number);
        }
    }

    static void Unsigned(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong? value)
    {
        if (value is ulong number)
        {
            json.WriteNumber(name, number);
        }
    }

    static void Texts(Utf8JsonWriter json, ReadOnlySpan<byte> name, List<string>? values)
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

    static void Numbers(Utf8JsonWriter json, ReadOnlySpan<byte> name, List<uint>? values)
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

    internal static void TextMap(Utf8JsonWriter json, ReadOnlySpan<byte> name, Dictionary<string, string>? values)
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

    static void Object<T>(Utf8JsonWriter json, ReadOnlySpan<byte> name, T? value, ValueWriter<T> write) where T : class
    {
        if (value is not null)
        {
            json.WritePropertyName(name);
            write(json, value);
        }
    }

    static void Objects<T>(Utf8JsonWriter json, ReadOnlySpan<byte> name, List<T>? values, ValueWriter<T> write) where T : class
    {
        if (values is null)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (T value in values)
        {
            write(json, value);
        }

        json.WriteEndArray();
    }

    static void Map<T>(Utf8JsonWriter json, ReadOnlySpan<byte> name, Dictionary<string, T>? values, ValueWriter<T> write)
        where T : class
    {
        if (values is null)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (KeyValuePair<string, T> pair in values)
        {
            json.WritePropertyName(pair.Key);
            write(json, pair.Value);
        }

        json.WriteEndObject();
    }
}
