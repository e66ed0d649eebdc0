using System;
using System.Runtime.InteropServices;
using static OciRun.Kernel.RegexFlags;

namespace OciRun.Syscalls;

/// <summary>A POSIX extended regular expression, regex(3): the C library's, for .NET's would add half a megabyte to the
/// program.</summary>
public sealed unsafe class Pattern : IDisposable
{
    /// <summary>Larger than regex_t (64 bytes) of any C library on 64 bits.</summary>
    const int OpaqueSize = 256;

    readonly byte* _compiled;

    Pattern(byte* compiled) => _compiled = compiled;

    /// <summary>Null when the expression is wrong; then why.</summary>
    public static Pattern? Compile(string expression, out string? problem)
    {
        byte* compiled = (byte*)NativeMemory.AllocZeroed(OpaqueSize);
        int result;
        fixed (byte* text = CString.Of(expression, stackalloc byte[CString.Stack]))
        {
            result = regcomp(compiled, text, REG_EXTENDED | REG_NOSUB);
        }

        if (result == 0)
        {
            problem = null;
            return new Pattern(compiled);
        }

        byte* message = stackalloc byte[200];
        // regerror(3) also takes the structure of a regcomp that failed, and cuts its text to the room. After a failure
        // regfree(3) has nothing to free: what regcomp(3) had taken it gave back.
        regerror(result, compiled, message, 200);
        problem = Marshal.PtrToStringUTF8((nint)message);
        NativeMemory.Free(compiled);
        return null;
    }

    /// <summary>Whether some part of the text matches.</summary>
    public bool Matches(string text)
    {
        fixed (byte* start = CString.Of(text, stackalloc byte[CString.Stack]))
        {
            // Zero is a match. No positions are asked for, so it may stop at the first place that fits.
            return regexec(_compiled, start, 0, null, 0) == 0;
        }
    }

    public void Dispose()
    {
        regfree(_compiled);
        NativeMemory.Free(_compiled);
    }

    [DllImport("libc.so.6")]
    static extern int regcomp(byte* compiled, byte* expression, int flags);

    [DllImport("libc.so.6")]
    static extern int regexec(byte* compiled, byte* text, nuint count, void* matches, int flags);

    [DllImport("libc.so.6")]
    static extern nuint regerror(int code, byte* compiled, byte* buffer, nuint size);

    [DllImport("libc.so.6")]
    static extern void regfree(byte* compiled);
}
