using System;
using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary><c>linux.resources.unified</c>: files by name. Written last, so that they win over what the other members
/// set.</summary>
static class UnifiedWrites
{
    public static void Add(Dictionary<string, string>? files, WriteList writes)
    {
        if (files is null || files.Count == 0)
        {
            return;
        }
        string[] names = [.. files.Keys];
        Array.Sort(names, StringComparer.Ordinal);
        foreach (string name in names)
        {
            string path = ConfigPath.Key("linux.resources.unified", name);
            if (Refusal(name) is { } refusal)
            {
                writes.Problem(path, refusal);
                continue;
            }
            string controller = Controller(name);
            if (!writes.Has(controller))
            {
                writes.Problem(path, "unified resource \"" + name +
                    "\" can't be set: controller \"" + controller + "\" not available");
                continue;
            }
            writes.Add(new CgroupWrite(name, files[name] ?? "", controller, path));
        }
    }

    static string? Refusal(string name)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAny("/\0\n") || name is "." or ".." || !name.Contains('.'))
        {
            return "\"" + name + "\" is no name of a cgroup file";
        }
        // These act on processes instead of setting a limit: a config must not pull foreign processes into the container or
        // freeze its init.
        return name is "cgroup.procs" or "cgroup.threads" or "cgroup.kill" or "cgroup.freeze"
            ? "\"" + name + "\" is no resource; the runtime uses the file itself"
            : null;
    }

    /// <summary>The part before the first dot. Pressure files exist without their controller (psi is not one).</summary>
    static string Controller(string name)
    {
        string prefix = name[..name.IndexOf('.')];
        return prefix == "cgroup" || name.EndsWith(".pressure", StringComparison.Ordinal) ? "" : prefix;
    }
}
