using System;
using System.Collections.Generic;
using OciRun.Engine;
using OciRun.Engine.State;
using OciRun.Syscalls;

namespace OciRun.Cli;

/// <summary>The --regex option of kill and delete: one command for all containers whose id matches.</summary>
static class MatchingIds
{
    /// <summary>Does something for each container; one that fails does not keep it from the others.</summary>
    /// <exception cref="RuntimeException">At least one failed, or the expression is wrong.</exception>
    public static void ForEach(GlobalOptions globals, string expression, Action<string> act)
    {
        using Pattern pattern = Pattern.Compile(expression, out string? problem)
            ?? throw new RuntimeException($"--regex: \"{expression}\": {problem}");
        var failures = new List<string>();
        foreach (string id in ContainerDirectory.List(globals))
        {
            if (!ContainerId.IsValid(id) || !pattern.Matches(id))
            {
                continue;
            }

            try
            {
                act(id);
            }
            catch (RuntimeException e)
            {
                failures.Add($"{id}: {e.Message}");
            }
        }

        if (failures.Count > 0)
        {
            throw new RuntimeException(string.Join("; ", failures));
        }
    }
}
