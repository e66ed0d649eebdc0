using System;
using System.Collections.Generic;
using System.Text;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>Where rules put what they find, and the checks that many of them share. Paths are given only once something is wrong,
/// so that a good config costs no text.</summary>
readonly struct Rules(List<ConfigProblem> problems, string prefix = "", bool specificationOnly = false, int hostNamespaces = 0)
{
    readonly KnownPaths? _known = problems.Count == 0 ? null : new KnownPaths(problems, problems.Count);

    public void Problem(string path, string message)
    {
        string full = Full(path);
        if (!IsKnown(full, orBelow: false))
        {
            problems.Add(new ConfigProblem(full, message));
        }
    }

    /// <summary>What the specification leaves open and this runtime refuses, for the container would change the host: a warning
    /// when only the specification is asked.</summary>
    public void Refusal(string path, string message)
    {
        if (specificationOnly)
        {
            Warning(path, message);
        }
        else
        {
            Problem(path, message);
        }
    }

    /// <summary>What the specification forbids and runtimes take all the same.</summary>
    public void Strict(string path, string message)
    {
        if (specificationOnly && !IsKnown(Full(path), orBelow: true))
        {
            problems.Add(new ConfigProblem(Full(path), message));
        }
    }

    public void Warning(string path, string message) => problems.Add(new ConfigProblem(Full(path), message, IsWarning: true));

    /// <summary>Says that a required member is missing.</summary>
    public void Missing(string path)
    {
        string full = Full(path);
        if (!IsKnown(full, orBelow: true))
        {
            problems.Add(new ConfigProblem(full, "missing"));
        }
    }

    /// <summary>What is wrong with a path that the kernel must take and that must be absolute; null if nothing is.</summary>
    public static string? PathFault(string path)
    {
        if (path.Length == 0)
        {
            return "empty; must be an absolute path";
        }

        return path[0] == '/' ? LengthFault(path) : $"\"{path}\" is not an absolute path";
    }

    /// <summary>What the kernel has against the length of a path.</summary>
    public static string? LengthFault(string path)
    {
        // A UTF-16 unit is at most three bytes of UTF-8: most paths need no counting.
        if (path.Length <= Limits.NAME_MAX / 3)
        {
            return null;
        }

        int length = Encoding.UTF8.GetByteCount(path);
        if (length >= Limits.PATH_MAX)
        {
            return $"is {length} bytes long; the kernel takes paths of at most {Limits.PATH_MAX - 1}";
        }

        foreach (Range part in path.AsSpan().Split('/'))
        {
            int name = Encoding.UTF8.GetByteCount(path.AsSpan()[part]);
            if (name > Limits.NAME_MAX)
            {
                return $"has a name of {name} bytes in it; the kernel takes names of at most {Limits.NAME_MAX}";
            }
        }

        return null;
    }

    /// <summary>The namespace entry of a type, or null.</summary>
    public static SpecNamespace? Namespace(SpecLinux? linux, string type)
    {
        if (linux?.Namespaces is { } namespaces)
        {
            foreach (SpecNamespace entry in namespaces)
            {
                if (entry.Type == type)
                {
                    return entry;
                }
            }
        }

        return null;
    }

    /// <summary>Whether the container has a namespace of a type that is not the host's own: an entry alone does not say so, for
    /// its path may be one of /proc/1/ns.</summary>
    public bool HasOwn(SpecLinux? linux, string type) =>
        Namespace(linux, type) is not null && (hostNamespaces & NamespaceKind.FlagOf(type)) == 0;

    /// <summary>True if the reader took offence at this value or one around it: what was put in its place deserves no second
    /// line.</summary>
    bool IsKnown(string path, bool orBelow) => _known is not null && (_known.Cover(path) || orBelow && _known.AreBelow(path));

    /// <summary>Removes what was found in or below a value that one of the first <paramref name="count"/> problems, the reader's,
    /// has put out of the way. For checks that do not come through here.</summary>
    public static void RemoveRepeated(List<ConfigProblem> problems, int count)
    {
        if (count == 0 || count == problems.Count)
        {
            return;
        }

        var known = new KnownPaths(problems, count);
        List<ConfigProblem> kept = problems.GetRange(count, problems.Count - count);
        kept.RemoveAll(problem => known.Cover(problem.Path) || known.HasWarning(problem));
        problems.RemoveRange(count, problems.Count - count);
        problems.AddRange(kept);
    }

    string Full(string path) => prefix.Length == 0 ? path : path.Length == 0 ? prefix : prefix + "." + path;
}
