using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <summary>A system call failed: <c>openat2("/x"): no such file or directory (ENOENT)</c>.</summary>
public sealed class SyscallException : RuntimeException
{
    /// <summary>Describes the failure of <paramref name="call"/> on <paramref name="path"/>.</summary>
    public SyscallException(string call, int errno, string? path = null)
        : base(Text(call, errno, path))
    {
        Call = call;
        ErrorNumber = errno;
        Path = path;
    }

    /// <summary>The name of the call as in its man page.</summary>
    public string Call { get; }

    /// <summary>The positive error number.</summary>
    public int ErrorNumber { get; }

    /// <summary>The error number as the enum.</summary>
    public int Errno => ErrorNumber;

    /// <summary>The path or name that the call worked on, if any.</summary>
    public string? Path { get; }

    static string Text(string call, int errno, string? path)
    {
        string subject = path is null ? call : call + "(\"" + path + "\")";
        return subject + ": " + ErrnoText.Words(errno) + " (" + ErrnoText.Name(errno) + ")";
    }
}
