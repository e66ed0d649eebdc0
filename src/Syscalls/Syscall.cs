using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <summary>
/// The door to the kernel for managed code. Calls retry EINTR and throw <see cref="SyscallException"/>; <c>TryX</c> variants
/// return -errno where the error number is a decision. Descriptors are always opened close-on-exec. One file per man-page family.
/// </summary>
public static unsafe partial class Syscall
{
    [DllImport("libc.so.6", EntryPoint = "syscall", ExactSpelling = true)]
    static extern long RawSyscall(long nr, long a, long b, long c, long d, long e, long f);

    [DllImport("libc.so.6", EntryPoint = "__errno_location", ExactSpelling = true), SuppressGCTransition]
    static extern int* ErrnoLocation();

    /// <summary>One system call, tried once: its result or -errno.</summary>
    public static long Once(long nr, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0)
    {
        long result = RawSyscall(nr, a, b, c, d, e, f);
        // The C library returns -1 and sets errno of the thread; no call whose valid result may be -1 is made here.
        return result == -1 ? -*ErrnoLocation() : result;
    }

    /// <summary>One system call, tried again on EINTR: its result or -errno. signal(7) lists the calls that a handler
    /// interrupts in spite of SA_RESTART.</summary>
    public static long Try(long nr, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0)
    {
        long result;
        do
        {
            result = Once(nr, a, b, c, d, e, f);
        }
        while (result == -Errno.EINTR);
        return result;
    }

    /// <summary>Passes a result through, or throws for -errno.</summary>
    public static long Check(long result, string call, string? path = null)
    {
        if (result < 0)
        {
            Throw(result, call, path);
        }
        return result;
    }

    /// <summary>Wraps a descriptor that a Try function returned, or throws for -errno.</summary>
    public static SafeFd Own(long result, string call, string? path = null) => new((int)Check(result, call, path));

    [DoesNotReturn]
    static void Throw(long result, string call, string? path) => throw new SyscallException(call, (int)-result, path);

    // Tmds.LibC keeps errno as the last P/Invoke error.
    static long FromLibC(long result) => result == -1 ? -Marshal.GetLastPInvokeError() : result;
}
