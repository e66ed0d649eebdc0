using System;
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OciRun.Spec;

/// <summary>The three shapes in which JSON leaves the runtime.</summary>
public static unsafe class JsonOutput
{
    /// <summary>Nothing here goes into HTML, so '+', '&lt;' and non-ASCII text stay readable.</summary>
    static JsonWriterOptions Options(bool indented, char indent, int size) => new()
    {
        Indented = indented,
        IndentCharacter = indent,
        IndentSize = size,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public static byte[] Compact<T>(T value, delegate*<Utf8JsonWriter, T, void> write) =>
        Write(Options(false, ' ', 0), value, write);

    public static byte[] Spaced<T>(T value, delegate*<Utf8JsonWriter, T, void> write) =>
        Write(Options(true, ' ', 2), value, write);

    public static byte[] Tabbed<T>(T value, delegate*<Utf8JsonWriter, T, void> write) =>
        Write(Options(true, '\t', 1), value, write);

    static byte[] Write<T>(JsonWriterOptions options, T value, delegate*<Utf8JsonWriter, T, void> write)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            write(json, value);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
