using OciRun.Engine;
using OciRun.Syscalls;

namespace OciRun.Cli;

/// <summary>The grammar of container ids: they become directory names and parts of cgroup names.</summary>
static class ContainerId
{
    /// <summary>A file name has at most 255 bytes, and the state directory puts nothing around it.</summary>
    const int MaxLength = 255;

    public static string Check(string id)
    {
        if (!IsValid(id))
        {
            throw new RuntimeException($"invalid container ID format: \"{id}\"",
                "an id is 1 to 255 of the characters A-Z a-z 0-9 _ + - . and neither \".\" nor \"..\"");
        }

        return id;
    }

    public static bool IsValid(string id)
    {
        if (id.Length is 0 or > MaxLength || id is "." or "..")
        {
            return false;
        }

        foreach (char c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '+' or '-' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
