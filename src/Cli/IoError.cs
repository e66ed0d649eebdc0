using System;
using System.IO;
using OciRun.Kernel;

namespace OciRun.Cli;

/// <summary>Words for what the class library throws; its own texts are left out of the binary.</summary>
static class IoError
{
    public static string Describe(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => Describe(Errno.ENOENT),
        PathTooLongException => Describe(Errno.ENAMETOOLONG),
        UnauthorizedAccessException => Describe(Errno.EACCES),
        // On Unix the HResult of any other IOException is the errno.
        IOException { HResult: > 0 and < 4096 } => Describe(e.HResult),
        _ => e.GetType().Name,
    };

    public static string Describe(int errno) => $"{ErrnoText.Words(errno)} ({ErrnoText.Name(errno)})";
}
