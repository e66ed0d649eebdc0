using System;
using System.Collections.Generic;
using System.Text.Json;

namespace OciRun.Spec;

/// <summary>Reads config.json and its parts. Written by hand over <see cref="Utf8JsonReader"/> since every start of a container
/// reads one config in a cold process, where generated serialiser metadata costs more than all the rest of the parsing. Members
/// that the model does not know are passed over, as config.md, "Extensibility", demands.</summary>
public static partial class ConfigReader
{
    /// <summary>Reads a whole config. What is wrong with types and ranges is added to <paramref name="problems"/>, all of it; the
    /// result then lacks those values. Null if the document is no JSON object at all, with the one problem that says where it
    /// breaks.</summary>
    public static RuntimeSpec? Read(ReadOnlySpan<byte> utf8, List<ConfigProblem> problems) =>
        ReadDocument(utf8, problems, Config);

    /// <summary>Reads the Process object of <c>exec --process</c>; paths start below it ("user.uid").</summary>
    public static SpecProcess? ReadProcess(ReadOnlySpan<byte> utf8, List<ConfigProblem> problems) =>
        ReadDocument(utf8, problems, Process);

    /// <summary>Reads the resources object of <c>update --resources</c>; paths start below it ("memory.limit").</summary>
    public static SpecResources? ReadResources(ReadOnlySpan<byte> utf8, List<ConfigProblem> problems) =>
        ReadDocument(utf8, problems, Resources);

    internal static T? ReadDocument<T>(ReadOnlySpan<byte> utf8, List<ConfigProblem> problems, ValueReader<T> read) where T : class
    {
        int before = problems.Count;
        if (JsonSyntax.FindForeignText(utf8) is string foreign)
        {
            problems.Add(new ConfigProblem("", foreign));
            return null;
        }

        try
        {
            var cursor = new JsonCursor(utf8, stackalloc int[JsonCursor.MaxModelDepth], problems);
            cursor.Begin();
            if (cursor.IsNull)
            {
                cursor.Report("expected an object, got null");
            }

            T? document = read(ref cursor);
            cursor.End();
            return document;
        }
        catch (JsonException e)
        {
            // What came before the break may be wrong only because of it.
            problems.RemoveRange(before, problems.Count - before);
            problems.Add(new ConfigProblem("", JsonSyntax.Describe(utf8, e)));
            return null;
        }
    }

    internal static RuntimeSpec? Config(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var spec = new RuntimeSpec();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("ociVersion"u8))
            {
                spec.OciVersion = json.String();
            }
            else if (name.SequenceEqual("root"u8))
            {
                spec.Root = Root(ref json);
            }
            else if (name.SequenceEqual("process"u8))
            {
                spec.Process = Process(ref json);
            }
            else if (name.SequenceEqual("hostname"u8))
            {
                spec.Hostname = json.String();
            }
            else if (name.SequenceEqual("domainname"u8))
            {
                spec.Domainname = json.String();
            }
            else if (name.SequenceEqual("mounts"u8))
            {
                spec.Mounts = json.Objects(Mount);
            }
            else if (name.SequenceEqual("hooks"u8))
            {
                spec.Hooks = Hooks(ref json);
            }
            else if (name.SequenceEqual("annotations"u8))
            {
                spec.Annotations = json.StringMap();
            }
            else if (name.SequenceEqual("linux"u8))
            {
                spec.Linux = Linux(ref json);
            }
            else
            {
                json.Skip();
            }
        }

        return spec;
    }
}
