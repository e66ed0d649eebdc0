using System;
using System.Collections.Generic;
using System.Text;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary>Where a container's cgroup is.</summary>
/// <param name="Path">Below the cgroup2 mount (with the systemd driver: below the service manager's own cgroup), starting with
/// '/', clean.</param>
/// <param name="Unit">The transient unit, with the systemd driver.</param>
/// <param name="Slice">The unit's parent slice, with the systemd driver.</param>
public sealed record CgroupLocation(string Path, string? Unit = null, string? Slice = null);

/// <summary>Reads <c>linux.cgroupsPath</c>.</summary>
public static class CgroupPath
{
    const string Field = "linux.cgroupsPath";

    /// <summary>The cgroup of a container; null after a problem was added. <paramref name="ownCgroup"/> is the path of the "0::"
    /// line of /proc/self/cgroup. With the systemd driver and no path, <paramref name="rootless"/> means user.slice instead of
    /// system.slice.</summary>
    public static CgroupLocation? Resolve(string? cgroupsPath, string id, string ownCgroup, bool systemd, bool rootless,
        List<ConfigProblem> problems)
    {
        if (cgroupsPath is not null && cgroupsPath.AsSpan().IndexOfAny('\0', '\n') >= 0)
        {
            problems.Add(new ConfigProblem(Field, "must not contain NUL or newline characters"));
            return null;
        }
        return systemd ? ResolveUnit(cgroupsPath, id, rootless, problems) : ResolvePath(cgroupsPath, id, ownCgroup, problems);
    }

    /// <summary>Relative paths start beside the runtime's own cgroup, not in it: processes are in that one, and a cgroup with
    /// processes cannot hand controllers down (cgroups(7), "no internal processes").</summary>
    static CgroupLocation? ResolvePath(string? cgroupsPath, string id, string ownCgroup, List<ConfigProblem> problems)
    {
        string leaf = string.IsNullOrEmpty(cgroupsPath) ? id : cgroupsPath;
        string path = leaf[0] == '/' ? Clean(leaf) : Join(Clean(ownCgroup + "/.."), Clean("/" + leaf));
        if (path == "/")
        {
            problems.Add(new ConfigProblem(Field, "\"" + cgroupsPath + "\" is the root cgroup, which cannot be a container's"));
            return null;
        }
        return new CgroupLocation(path);
    }

    static CgroupLocation? ResolveUnit(string? cgroupsPath, string id, bool rootless, List<ConfigProblem> problems)
    {
        string text = string.IsNullOrEmpty(cgroupsPath) ? ":oci-run:" + id : cgroupsPath;
        string[] parts = text.Split(':');
        if (parts.Length != 3)
        {
            problems.Add(new ConfigProblem(Field,
                "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"" + text + "\" instead"));
            return null;
        }
        string slice = parts[0].Length != 0 ? parts[0] : rootless ? "user.slice" : "system.slice";
        string unit = UnitName(parts[1], parts[2]);
        string? parent = ExpandSlice(slice);
        if (parent is null)
        {
            problems.Add(new ConfigProblem(Field, "\"" + slice + "\" is no name of a systemd slice"));
            return null;
        }
        if (!IsUnitName(unit))
        {
            problems.Add(new ConfigProblem(Field, "\"" + unit + "\" is no name of a systemd unit"));
            return null;
        }
        return new CgroupLocation(Join(parent, "/" + unit), unit, slice);
    }

    static string UnitName(string prefix, string name)
    {
        if (name.EndsWith(".slice", StringComparison.Ordinal))
        {
            return name;
        }
        return (prefix.Length == 0 ? name : prefix + "-" + name) + ".scope";
    }

    /// <summary>systemd.unit(5), "Unit file names": at most 255 of letters, digits and <c>:-_.\@</c>.</summary>
    static bool IsUnitName(string name)
    {
        if (name.Length is 0 or > 255 || name[0] == '.')
        {
            return false;
        }
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.' or '\\' or '@' or ':'))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>The path of a slice: systemd.slice(5) nests <c>a-b.slice</c> in <c>a.slice</c>, and <c>-.slice</c> is the root.
    /// Null when the name is not valid.</summary>
    public static string? ExpandSlice(string slice)
    {
        const string suffix = ".slice";
        if (!slice.EndsWith(suffix, StringComparison.Ordinal) || slice.Contains('/') || !IsUnitName(slice))
        {
            return null;
        }
        string name = slice[..^suffix.Length];
        if (name == "-")
        {
            return "/";
        }
        StringBuilder path = new();
        int end = 0;
        foreach (string part in name.Split('-'))
        {
            if (part.Length == 0)
            {
                return null;
            }
            end += part.Length;
            path.Append('/').Append(name, 0, end).Append(suffix);
            end++;
        }
        return path.ToString();
    }

    /// <summary>The path without empty, "." and ".." parts, starting with '/'. As in a file system, ".." at the root stays
    /// there.</summary>
    public static string Clean(string path)
    {
        List<string> parts = [];
        foreach (string part in path.Split('/'))
        {
            if (part == "..")
            {
                if (parts.Count > 0)
                {
                    parts.RemoveAt(parts.Count - 1);
                }
            }
            else if (part.Length != 0 && part != ".")
            {
                parts.Add(part);
            }
        }
        return "/" + string.Join('/', parts);
    }

    /// <summary>Puts a clean path below another.</summary>
    public static string Join(string parent, string child) => parent == "/" ? child : child == "/" ? parent : parent + child;
}
