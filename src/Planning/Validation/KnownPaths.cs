using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>The config paths of problems, for the question whether another one is beside the point. Ten thousand wrong mounts
/// must not be compared with each other.</summary>
sealed class KnownPaths
{
    readonly HashSet<string> _paths = [];
    readonly HashSet<string> _outer = [];
    readonly HashSet<string> _warnings = [];

    /// <summary>Of the first <paramref name="count"/> problems; what a warning is about is there all the same.</summary>
    public KnownPaths(List<ConfigProblem> problems, int count)
    {
        for (int i = 0; i < count; i++)
        {
            string path = problems[i].Path;
            if (problems[i].IsWarning)
            {
                _warnings.Add(problems[i].ToString());
            }
            else if (path.Length > 0 && _paths.Add(path))
            {
                for (int end = Outer(path, path.Length); end > 0 && _outer.Add(path[..end]); end = Outer(path, end))
                {
                }
            }
        }
    }

    /// <summary>Whether one of them is this path or around it.</summary>
    public bool Cover(string path)
    {
        for (int end = path.Length; end > 0; end = Outer(path, end))
        {
            if (_paths.Contains(path[..end]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether this is a warning that was given before: a second reading of the same text warns of the same.</summary>
    public bool HasWarning(ConfigProblem problem) => problem.IsWarning && _warnings.Contains(problem.ToString());

    /// <summary>Whether one of them is inside of this path.</summary>
    public bool AreBelow(string path) => _outer.Contains(path);

    /// <summary>Where the path of the object or list around ends: keys may have dots and brackets in them, and a place too many
    /// is no harm.</summary>
    static int Outer(string path, int end)
    {
        do
        {
            end--;
        }
        while (end > 0 && path[end] is not ('.' or '['));
        return end;
    }
}
