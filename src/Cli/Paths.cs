using System;
using System.IO;
using OciRun.Engine;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Cli;

static class Paths
{
    /// <summary>The directory itself, whatever links lead to it: what the state says of a bundle outlives them.</summary>
    public static string Bundle(string? path)
    {
        if (path is null)
        {
            return Absolute(".", "--bundle");
        }

        int opened = Syscall.TryOpen(path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        if (opened < 0)
        {
            throw new RuntimeException($"--bundle: open(\"{path}\"): {IoError.Describe(-opened)}",
                "a bundle is a directory with a config.json: see \"oci-run spec\"");
        }

        using var directory = new SafeFd(opened);
        return Syscall.ReadlinkAt(opened, "/proc/self/fd/" + opened.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

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
