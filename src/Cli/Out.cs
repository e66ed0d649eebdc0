using System;
using System.Text;
using OciRun.Engine;
using OciRun.Syscalls;

namespace OciRun.Cli;

/// <summary>Standard output, unbuffered and without a console.</summary>
static class Out
{
    public static void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    public static void Write(ReadOnlySpan<byte> bytes)
    {
        int errno = Stdio.TryWrite(Stdio.Output, bytes);
        if (errno != 0)
        {
            throw new RuntimeException($"write(stdout): {IoError.Describe(errno)}");
        }
    }
}
