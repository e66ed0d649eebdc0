using System;

namespace OciRun.Planning.Check;

/// <summary>Major and minor number of a kernel release such as <c>6.12.9-amd64</c>.</summary>
public readonly record struct KernelVersion(int Major, int Minor)
{
    /// <summary>0.0 for a text that does not start with two numbers.</summary>
    public static KernelVersion Parse(string release)
    {
        int dot = release.IndexOf('.');
        if (dot <= 0 || !int.TryParse(release.AsSpan(0, dot), out int major))
        {
            return default;
        }

        int end = dot + 1;
        while (end < release.Length && char.IsAsciiDigit(release[end]))
        {
            end++;
        }

        return int.TryParse(release.AsSpan(dot + 1, end - dot - 1), out int minor) ? new KernelVersion(major, minor) : default;
    }

    public bool IsAtLeast(int major, int minor) => Major > major || Major == major && Minor >= minor;

    public override string ToString() => $"{Major}.{Minor}";
}
