using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OciRun.Planning.Check;

/// <summary>Findings as people and programs read them.</summary>
/// <param name="findings">What was found, in the order in which it is shown.</param>
/// <param name="praise">What is said of a bundle without any finding.</param>
public sealed class CheckReport(List<Finding> findings, string praise = "nothing keeps this host from running it")
{
    public IReadOnlyList<Finding> Findings => findings;

    /// <summary>True if a container would be refused.</summary>
    public bool HasErrors => findings.Exists(static finding => finding.Severity == Severity.Error);

    /// <summary>A table with a heading, and a line for what to do below each finding that has one.</summary>
    public string Text()
    {
        const string heading = "WHAT";
        int width = "config".Length;
        foreach (Finding finding in findings)
        {
            width = Math.Max(width, Place(finding).Length);
        }

        var text = new StringBuilder();
        text.Append("SEVERITY  ").Append(heading.PadRight(width)).Append("  FINDING\n");
        foreach (Finding finding in findings)
        {
            text.Append(Word(finding.Severity).PadRight(10)).Append(Place(finding).PadRight(width));
            text.Append("  ").Append(finding.Message).Append('\n');
            if (finding.Advice.Length > 0)
            {
                text.Append(' ', width + 12).Append("-> ").Append(finding.Advice).Append('\n');
            }
        }

        if (findings.Count == 0)
        {
            text.Append("ok        ").Append("config".PadRight(width)).Append("  ").Append(praise).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>An indented list of objects with the keys severity, path, message and, unless empty, advice.</summary>
    public byte[] Json()
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions
        {
            Indented = true,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
        }))
        {
            json.WriteStartArray();
            foreach (Finding finding in findings)
            {
                json.WriteStartObject();
                json.WriteString("severity", Word(finding.Severity));
                json.WriteString("path", finding.Path);
                json.WriteString("message", finding.Message);
                if (finding.Advice.Length > 0)
                {
                    json.WriteString("advice", finding.Advice);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    static string Place(Finding finding) => finding.Path.Length > 0 ? finding.Path : "config";

    static string Word(Severity severity) => severity switch
    {
        Severity.Ok => "ok",
        Severity.Note => "note",
        Severity.Warning => "warning",
        _ => "error",
    };
}
