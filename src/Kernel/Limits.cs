namespace OciRun.Kernel;

/// <summary>Sizes that the kernel's interface fixes.</summary>
public static class Limits
{
    /// <summary>Bytes of a path with its final NUL, path_resolution(7).</summary>
    public const int PATH_MAX = 4096;
}
