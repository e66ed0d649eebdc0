using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using Tmds.Linux;
using static OciRun.Kernel.SpawnFlags;

namespace OciRun.Syscalls;

/// <summary>Runs a program of the host with posix_spawn(3). System.Diagnostics.Process would bring threads and a handler for
/// SIGCHLD into a process that is going to clone a container; and after fork(2) the child would run managed code, where
/// posix_spawn's runs only the C library's between clone(2) and execve(2). glibc makes it with CLONE_VM and CLONE_VFORK (since
/// 2.24), so that no page table is copied either.</summary>
public static unsafe class HostProgram
{
    /// <summary>Larger than posix_spawnattr_t (336 bytes) and posix_spawn_file_actions_t (80 bytes) of any C library on 64
    /// bits.</summary>
    const int OpaqueSize = 512;
    // sigset_t of the C library has room for 1024 signals, the one of the kernel for 64.
    const int SignalSetSize = 128;

    /// <summary>Runs a program and collects its standard output; the other streams are the caller's.</summary>
    /// <param name="arguments">The program's name, looked up in PATH, and its arguments.</param>
    /// <param name="output">What it wrote.</param>
    /// <param name="errno">Why it could not be started, or 0.</param>
    /// <returns>The wait(2) status.</returns>
    public static int Capture(IReadOnlyList<string> arguments, out byte[] output, out int errno)
    {
        output = [];
        int* ends = stackalloc int[2];
        // Close-on-exec for both ends: the program gets its copy by dup2, which clears the flag (dup(2)), and nothing else of
        // ours.
        if (LibC.pipe2(ends, LibC.O_CLOEXEC) < 0)
        {
            errno = LibC.errno;
            return -1;
        }

        errno = Spawn(arguments, ends[1], out int pid);
        // As long as we hold a writing end as well, the reader never sees the end of the output (pipe(7)).
        LibC.close(ends[1]);
        // Read before waiting: a program that writes more than a pipe holds (64 KiB, pipe(7)) would wait for us, and we for it.
        if (errno == 0)
        {
            output = ReadAll(ends[0]);
        }

        LibC.close(ends[0]);
        return errno == 0 ? Wait(pid) : -1;
    }

    static int Spawn(IReadOnlyList<string> arguments, int stdout, out int pid)
    {
        // Opaque structures of the C library: more room than they need, since no header is seen here.
        byte* actions = stackalloc byte[OpaqueSize];
        byte* attributes = stackalloc byte[OpaqueSize];
        byte* signals = stackalloc byte[SignalSetSize];
        new Span<byte>(signals, SignalSetSize).Clear();
        posix_spawn_file_actions_init(actions);
        posix_spawn_file_actions_adddup2(actions, stdout, Stdio.Output);
        posix_spawnattr_init(attributes);
        // Blocked signals survive execve(2), signal(7): the program starts with none blocked, whatever the runtime does at this
        // moment.
        posix_spawnattr_setsigmask(attributes, signals);
        // SIGPIPE, which .NET ignores, must not stay ignored in the program.
        signals[(LibC.SIGPIPE - 1) / 8] = (byte)(1 << ((LibC.SIGPIPE - 1) % 8));
        posix_spawnattr_setsigdefault(attributes, signals);
        posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

        byte** argv = NewVector(arguments);
        byte** envp = NewVector(Environment());
        int child = 0;
        // The error is the result, not in errno; what execve(2) says in the child is told as well (posix_spawn(3)).
        int errno = posix_spawnp(&child, argv[0], actions, attributes, argv, envp);
        FreeVector(argv);
        FreeVector(envp);
        posix_spawn_file_actions_destroy(actions);
        posix_spawnattr_destroy(attributes);
        pid = child;
        return errno;
    }

    /// <summary>The runtime's own environment, KEY=VALUE.</summary>
    public static List<string> Environment()
    {
        List<string> words = [];
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            words.Add($"{entry.Key}={entry.Value}");
        }

        return words;
    }

    static byte** NewVector(IReadOnlyList<string> words)
    {
        byte** vector = (byte**)NativeMemory.Alloc((nuint)(words.Count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < words.Count; i++)
        {
            vector[i] = (byte*)Marshal.StringToCoTaskMemUTF8(words[i]);
        }

        vector[words.Count] = null;
        return vector;
    }

    static void FreeVector(byte** vector)
    {
        for (int i = 0; vector[i] != null; i++)
        {
            Marshal.FreeCoTaskMem((nint)vector[i]);
        }

        NativeMemory.Free(vector);
    }

    static byte[] ReadAll(int fd)
    {
        using var all = new MemoryStream();
        byte* buffer = stackalloc byte[8192];
        while (true)
        {
            nint count = (nint)LibC.read(fd, buffer, 8192);
            if (count > 0)
            {
                all.Write(new ReadOnlySpan<byte>(buffer, (int)count));
            }
            else if (count == 0 || LibC.errno != LibC.EINTR)
            {
                return all.ToArray();
            }
        }
    }

    static int Wait(int pid)
    {
        int status = 0;
        // By number, without a race: a child that nobody has waited for keeps its number, as a zombie (wait(2)).
        while (waitpid(pid, &status, 0) < 0 && LibC.errno == LibC.EINTR)
        {
        }

        return status;
    }

    [DllImport("libc.so.6")]
    static extern int posix_spawnp(int* pid, byte* file, byte* actions, byte* attributes, byte** argv, byte** envp);

    [DllImport("libc.so.6")]
    static extern int posix_spawn_file_actions_init(byte* actions);

    [DllImport("libc.so.6")]
    static extern int posix_spawn_file_actions_adddup2(byte* actions, int fd, int newFd);

    [DllImport("libc.so.6")]
    static extern int posix_spawn_file_actions_destroy(byte* actions);

    [DllImport("libc.so.6")]
    static extern int posix_spawnattr_init(byte* attributes);

    [DllImport("libc.so.6")]
    static extern int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

    [DllImport("libc.so.6")]
    static extern int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

    [DllImport("libc.so.6")]
    static extern int posix_spawnattr_setflags(byte* attributes, short flags);

    [DllImport("libc.so.6")]
    static extern int posix_spawnattr_destroy(byte* attributes);

    [DllImport("libc.so.6")]
    static extern int waitpid(int pid, int* status, int options);
}
