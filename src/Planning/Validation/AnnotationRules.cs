using System;
using System.Collections.Generic;

namespace OciRun.Planning.Validation;

/// <summary>crun's annotations that name cgroups.</summary>
public static class AnnotationRules
{
    const string SubGroupKey = "run.oci.systemd.subgroup";
    const string DelegatedKey = "run.oci.delegate-cgroup";

    /// <summary>The cgroup below a systemd unit that holds the container; null for the unit's own.</summary>
    public static string? SubGroup(Dictionary<string, string>? annotations) => Name(annotations, SubGroupKey);

    /// <summary>The cgroup below that one that the payload manages; null for none.</summary>
    public static string? DelegatedGroup(Dictionary<string, string>? annotations) => Name(annotations, DelegatedKey);

    static string? Name(Dictionary<string, string>? annotations, string key) =>
        annotations is not null && annotations.TryGetValue(key, out string? name) && name.Length > 0 ? name : null;

    internal static void Check(Dictionary<string, string>? annotations, Rules rules)
    {
        CheckName(annotations, SubGroupKey, rules);
        CheckName(annotations, DelegatedKey, rules);
        if (DelegatedGroup(annotations) is not null && SubGroup(annotations) is null)
        {
            rules.Warning($"annotations[\"{DelegatedKey}\"]", $"has no effect without {SubGroupKey}");
        }
    }

    static void CheckName(Dictionary<string, string>? annotations, string key, Rules rules)
    {
        if (Name(annotations, key) is not { } name)
        {
            return;
        }
        if (name is "." or ".." || name.AsSpan().IndexOfAny('/', '\0', '\n') >= 0
            || name.StartsWith("cgroup.", StringComparison.Ordinal))
        {
            rules.Problem($"annotations[\"{key}\"]", $"\"{name}\" is not the name of a cgroup");
        }
    }
}
