using System;
using System.Globalization;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.State;

/// <summary>Facts about a process, from /proc/PID/stat.</summary>
public static class ProcessStat
{
    /// <summary>Start time in clock ticks since boot (field 22) and state (field 3) of a process; false when there is
    /// none.</summary>
    public static bool TryRead(int pid, out ulong startTime, out char state)
    {
        startTime = 0;
        state = '?';
        int fd = Syscall.TryOpen("/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/stat", OpenFlags.O_RDONLY |
            OpenFlags.O_CLOEXEC);
        // Any other error says nothing about the process: a container that runs must not pass for a stopped one.
        if (fd is -Errno.ENOENT or -Errno.ESRCH)
        {
            return false;
        }
        Syscall.Check(fd, "open", "/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/stat");
        using var file = new SafeFd(fd);
        Span<byte> buffer = stackalloc byte[1024];
        int size = Syscall.TryRead(file, buffer);
        if (size is 0 or -Errno.ESRCH)
        {
            return false;
        }
        Syscall.Check(size, "read", "/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/stat");
        // The command in field 2 may hold anything, parentheses as well: it ends at the last one.
        ReadOnlySpan<byte> rest = buffer[..size];
        rest = rest[(rest.LastIndexOf((byte)')') + 2)..];
        state = (char)rest[0];
        for (int field = 3; field < 22; field++)
        {
            rest = rest[(rest.IndexOf((byte)' ') + 1)..];
        }
        return System.Buffers.Text.Utf8Parser.TryParse(rest, out startTime, out _);
    }

    /// <summary>The process that was recorded still runs: not another with its pid, and no zombie.</summary>
    public static bool IsAlive(int pid, ulong recordedStart) =>
        pid > 0 && TryRead(pid, out ulong start, out char state) && start == recordedStart && state is not ('Z' or 'X');

    public static ulong StartTimeOf(int pid) => TryRead(pid, out ulong start, out _) ? start : 0;
}
