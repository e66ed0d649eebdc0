using System.Collections.Generic;

namespace OciRun.Planning;

/// <summary>Paths as they are written, without a look at what is there.</summary>
public static class PathText
{
    /// <summary>Removes empty and "." components and resolves ".." by name.</summary>
    public static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (string part in path.Split('/'))
        {
            if (part is "" or ".")
            {
                continue;
            }
            if (part == "..")
            {
                if (parts.Count > 0)
                {
                    parts.RemoveAt(parts.Count - 1);
                }
                continue;
            }
            parts.Add(part);
        }
        return "/" + string.Join('/', parts);
    }
}
