using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <summary>
/// The door to the kernel for code that runs after clone3: raw system calls that return a value &gt;= 0 or -errno.
/// Nothing here allocates, throws or has static state, and EINTR is the caller's business.
/// </summary>
/// <remarks>
/// SuppressGCTransition keeps the transition frame away: the child has no other thread, so nobody waits for it to reach a safe point.
/// Managed code uses <see cref="Syscall"/>.
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

    /// <summary>System call <paramref name="nr"/> with a pointer as its first argument.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Call(long nr, void* a, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) =>
        Call(nr, (long)a, b, c, d, e, f);

    /// <summary>System call <paramref name="nr"/> with a pointer as its second argument, as the *at calls have it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Call(long nr, long a, void* b, long c = 0, long d = 0, long e = 0, long f = 0) =>
        Call(nr, a, (long)b, c, d, e, f);

    /// <summary>
    /// clone3(2): the child's pid in the parent, 0 in the child, or -errno. Without CLONE_VM the child gets a copy of the caller's
    /// stack, so it returns from here too.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Clone3(CloneArgs* args, long size) => Call(Sys.clone3, (long)args, size);

    /// <summary>read(2), tried again on EINTR.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(int fd, void* buffer, long count)
    {
        long result;
        do
        {
            result = Call(Sys.read, fd, (long)buffer, count);
        }
        while (result == -Errno.EINTR);
        return result;
    }

    /// <summary>write(2), tried again on EINTR; may be short.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Write(int fd, void* buffer, long count)
    {
        long result;
        do
        {
            result = Call(Sys.write, fd, (long)buffer, count);
        }
        while (result == -Errno.EINTR);
        return result;
    }

    /// <summary>close(2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Close(int fd) => Call(Sys.close, fd);

    /// <summary>openat2(2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long OpenAt2(int dirfd, byte* path, OpenHow* how) =>
        Call(Sys.openat2, dirfd, (long)path, (long)how, sizeof(OpenHow));

    /// <summary>openat(2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long OpenAt(int dirfd, byte* path, int flags, uint mode = 0) =>
        Call(Sys.openat, dirfd, (long)path, (long)flags, mode);

    /// <summary>execve(2): returns only on failure.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Execve(byte* path, byte** argv, byte** envp) => Call(Sys.execve, (long)path, (long)argv, (long)envp);

    /// <summary>execveat(2): returns only on failure.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ExecveAt(int dirfd, byte* path, byte** argv, byte** envp, int flags) =>
        Call(Sys.execveat, dirfd, (long)path, (long)argv, (long)envp, flags);

    /// <summary>exit_group(2): does not return.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ExitGroup(int status)
    {
        while (true)
        {
            Call(Sys.exit_group, status);
        }
    }

    /// <summary>prctl(2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Prctl(int option, long b = 0, long c = 0, long d = 0, long e = 0) => Call(Sys.prctl, option, b, c, d, e);
}
