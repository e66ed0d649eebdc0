using System;
using OciRun.Kernel;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Cgroups;

/// <summary>The stream of <c>events</c>: statistics at an interval and a line for each kill by the OOM killer, until the cgroup
/// is empty.</summary>
public static class CgroupWatch
{
    /// <summary>Runs until no process is left in the cgroup. The kernel wakes poll(2) when memory.events or cgroup.events
    /// changes.</summary>
    /// <param name="cgroup">The container's cgroup.</param>
    /// <param name="record">The container.</param>
    /// <param name="intervalMs">Between two statistics lines.</param>
    /// <param name="write">Gets each line, without its end; false stops.</param>
    public static void Run(Cgroup cgroup, ContainerRecord record, int intervalMs, Func<byte[], bool> write)
    {
        int opened = CgroupFiles.TryOpen(cgroup.Directory, "cgroup.events", OpenFlags.O_RDONLY);
        if (opened < 0)
        {
            return;
        }
        using SafeFd life = new(opened);
        using SafeFd memory = new(CgroupFiles.TryOpen(cgroup.Directory, "memory.events", OpenFlags.O_RDONLY));
        ulong kills = Kills(memory) ?? 0;
        long next = Environment.TickCount64 + intervalMs;
        while (CgroupFiles.TryReadOpen(life, out string state) == 0 && CgroupFiles.KeyedNumber(state, "populated") == 1)
        {
            PollFd[] files =
            [
                new() { fd = life, events = PollEvents.POLLPRI },
                new() { fd = memory, events = PollEvents.POLLPRI },
            ];
            Syscall.Poll(files, (int)Math.Clamp(next - Environment.TickCount64, 0, int.MaxValue));
            if (!ReportKills(memory, ref kills, record.Id, write))
            {
                return;
            }
            if (Environment.TickCount64 >= next)
            {
                next += intervalMs;
                if (cgroup.IsPopulated && !write(ContainerStats.StatsLine(cgroup, record)))
                {
                    return;
                }
            }
        }
        ReportKills(memory, ref kills, record.Id, write);
    }

    static bool ReportKills(SafeFd memory, ref ulong kills, string id, Func<byte[], bool> write)
    {
        if (Kills(memory) is { } now && now > kills)
        {
            kills = now;
            return write(ContainerStats.OomLine(id));
        }
        return true;
    }

    static ulong? Kills(SafeFd memory) =>
        !memory.IsClosed && CgroupFiles.TryReadOpen(memory, out string events) == 0
            ? CgroupFiles.KeyedNumber(events, "oom_kill")
            : null;
}
