using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <summary>
/// The door to the kernel for code that runs after clone3: raw system calls that return a value &gt;= 0 or -errno.
/// Nothing here allocates, throws or has static state, and EINTR is the caller's business.
/// </summary>
/// <remarks>
/// SuppressGCTransition keeps the transition frame away: the child has no other thread, so nobody waits for it to reach a safe
/// point. Managed code uses <see cref="Syscall"/>.
/// </remarks>
[SkipLocalsInit]
public static unsafe class ChildSys
{
    [DllImport("libc.so.6", EntryPoint = "syscall", ExactSpelling = true), SuppressGCTransition]
    static extern long RawSyscall(long nr, long a, long b, long c, long d, long e, long f);

    [DllImport("libc.so.6", EntryPoint = "__errno_location", ExactSpelling = true), SuppressGCTransition]
    static extern int* ErrnoLocation();

    /// <summary>System call <paramref name="nr"/> of <see cref="Sys"/>: its result, or -errno.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Call(long nr, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0)
    {
        long result = RawSyscall(nr, a, b, c, d, e, f);
        return result == -1 ? -*ErrnoLocation() : result;
    }

    /// <summary>
    /// clone3(2): the child's pid in the parent, 0 in the child, or -errno. Without CLONE_VM the child gets a copy of the
    /// caller's stack, so it returns from here too.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Clone3(CloneArgs* args, long size) => Call(Sys.clone3, (long)args, size);
}
