using System;
using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>The text of state.json. A reader takes what a newer version wrote and ignores what it does not know.</summary>
public static unsafe class StateFile
{
    const string Foreign = "was not written by oci-run; use the runtime that made this container, or another --root";

    public static byte[] Serialize(ContainerRecord record) => JsonOutput.Compact(record, &ContainerRecord.Write);

    /// <summary>Null with one line of <paramref name="problem"/> (without the file's name) if the text is no state of this
    /// runtime. Without <paramref name="withConfig"/> the config, most of the file, is only passed over.</summary>
    public static ContainerRecord? Parse(ReadOnlySpan<byte> utf8, bool withConfig, out string? problem)
    {
        var problems = new List<ConfigProblem>();
        ContainerRecord? record = ConfigReader.ReadDocument(utf8, problems, &ContainerRecord.Read, brief: !withConfig);
        problem = null;
        foreach (ConfigProblem found in problems)
        {
            if (!found.IsWarning && (problem is null || found.Path == "schema"))
            {
                problem = found.Path == "schema" ? Foreign : found.ToString();
            }
        }

        problem = record is { Schema: < 1 } ? Foreign : record is { Id: "" } ? problem ?? "id: missing" : problem;
        return problem is null ? record : null;
    }
}
