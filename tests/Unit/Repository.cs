using System.IO;
using System.Runtime.CompilerServices;

namespace OciRun.Tests.Unit;

static class Repository
{
    /// <summary>Top of the source tree.</summary>
    public static string Root { get; } = Find();

    static string Find([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));
}
