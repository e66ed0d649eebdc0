using System;
using System.IO;
using OciRun.Engine;

namespace OciRun.Cli;

static class Paths
{
    /// <summary>An absolute path without "." and "..".</summary>
    /// <param name="path">As given by the user.</param>
    /// <param name="option">The option's name, for the error.</param>
    public static string Absolute(string path, string option)
    {
        if (path.Length == 0)
        {
            throw new RuntimeException($"{option}: the path is empty");
        }

        try
        {
            return Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            throw new RuntimeException($"{option}: cannot make \"{path}\" absolute: {IoError.Describe(e)}", e);
        }
    }
}
