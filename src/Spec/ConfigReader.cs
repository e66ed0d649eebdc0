using System;
using System.Collections.Generic;
using System.Text.Json;

namespace OciRun.Spec;

/// <summary>Reads config.json and its parts with the readers that Spec.Generator writes from the model. They stand over <see
/// cref="Utf8JsonReader"/> since every start of a container reads one config in a cold process, where the metadata of the
/// library's own generator costs more than all the rest of the parsing. Members that the model does not know are passed over, as
/// config.md, "Extensibility", demands.</summary>
public static unsafe class ConfigReader
{
    /// <summary>Reads a whole config. What is wrong with types and ranges is added to <paramref name="problems"/>, all of it; the
    /// result then lacks those values. Null if the document is no JSON object at all, with the one problem that says where it
    /// breaks.</summary>
    public static RuntimeSpec? Read(ReadOnlySpan<byte> utf8, List<ConfigProblem> problems) =>
        ReadDocument(utf8, problems, &RuntimeSpec.Read);

    /// <summary>Reads the Process object of <c>exec --process</c>; paths start below it ("user.uid").</summary>
    public static SpecProcess? ReadProcess(ReadOnlySpan<byte> utf8, List<ConfigProblem> problems) =>
        ReadDocument(utf8, problems, &SpecProcess.Read);

    /// <summary>Reads the resources object of <c>update --resources</c>; paths start below it ("memory.limit").</summary>
    public static SpecResources? ReadResources(ReadOnlySpan<byte> utf8, List<ConfigProblem> problems) =>
        ReadDocument(utf8, problems, &SpecResources.Read);

    /// <param name="utf8">The document.</param>
    /// <param name="problems">Receives what is wrong with it.</param>
    /// <param name="read">Reads its one value. A pointer, for each delegate that is kept costs a thousand instructions at every
    /// start.</param>
    /// <param name="brief">Passes over members marked NotInBrief.</param>
    internal static T? ReadDocument<T>(ReadOnlySpan<byte> utf8, List<ConfigProblem> problems, delegate*<ref JsonCursor, T?> read,
        bool brief = false) where T : class
    {
        int before = problems.Count;
        if (JsonSyntax.FindForeignText(utf8) is string foreign)
        {
            problems.Add(new ConfigProblem("", foreign));
            return null;
        }

        try
        {
            var cursor = new JsonCursor(utf8, stackalloc int[JsonCursor.MaxModelDepth], problems) { IsBrief = brief };
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
}
