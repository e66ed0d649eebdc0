using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Syscalls;
using static OciRun.Kernel.Signal;

namespace OciRun.Engine.Cgroups;

/// <content>Killing, freezing, waiting and removing. Every wait has an end.</content>
public sealed partial class Cgroup
{

    /// <summary>Kills every process in the cgroup and below. Returns before they are gone.</summary>
    public void Kill()
    {
        // cgroup.kill: Linux 5.14; threaded cgroups refuse it.
        int result = TryWrite("cgroup.kill", "1");
        if (result is -Errno.ENOENT or -Errno.EOPNOTSUPP)
        {
            KillOneByOne();
        }
        else if (result is < 0 and not -Errno.ENODEV)
        {
            throw new RuntimeException("cannot kill cgroup " + Path + ": " + CgroupFiles.Describe(-result));
        }
    }

    /// <summary>Kills like <see cref="Kill"/> and waits; false when something survives that.</summary>
    public bool KillAndWait()
    {
        Kill();
        return WaitEmpty(KillTimeoutMs);
    }

    /// <summary>Sends a signal to every process in the cgroup and below, in the order of their ids.</summary>
    public void Signal(int signal)
    {
        foreach (int pid in Pids(recursive: true))
        {
            Syscall.Try(Sys.kill, pid, signal);
        }
    }

    /// <summary>Frozen, so that a process that forks faster than it is killed gets nowhere; a frozen process dies of SIGKILL all
    /// the same.</summary>
    void KillOneByOne()
    {
        bool froze = !IsFreezing && TryWrite("cgroup.freeze", "1") == 0;
        Signal(SIGKILL);
        if (froze)
        {
            TryWrite("cgroup.freeze", "0");
        }
        Signal(SIGKILL);
    }

    /// <summary>Stops all processes and waits until they are; thaws again when that takes more than ten seconds.</summary>
    public void Freeze()
    {
        int result = TryWrite("cgroup.freeze", "1");
        if (result < 0)
        {
            throw new RuntimeException("cannot freeze cgroup " + Path + ": " + CgroupFiles.Describe(-result));
        }
        if (!WaitFor("frozen", 1, FreezeTimeoutMs))
        {
            // Asked before thawing, which wakes them all for a moment.
            string remaining = Remaining();
            TryWrite("cgroup.freeze", "0");
            throw new RuntimeException("cannot freeze cgroup " + Path + " within 10 seconds; it was thawed again" + remaining);
        }
    }

    /// <summary>Lets all processes run on.</summary>
    public void Thaw()
    {
        int result = TryWrite("cgroup.freeze", "0");
        if (result < 0)
        {
            throw new RuntimeException("cannot thaw cgroup " + Path + ": " + CgroupFiles.Describe(-result));
        }
    }

    /// <summary>Waits until no process is left in the cgroup and below; false when it takes longer.</summary>
    public bool WaitEmpty(int timeoutMs) => WaitFor("populated", 0, timeoutMs);

    /// <summary>Waits until a key of cgroup.events has a value. The kernel wakes poll(2) with POLLPRI at each change. A cgroup
    /// that is gone counts as reached.</summary>
    unsafe bool WaitFor(string key, ulong value, int timeoutMs)
    {
        int opened = CgroupFiles.TryOpen(Directory, "cgroup.events", OpenFlags.O_RDONLY);
        if (opened < 0)
        {
            return true;
        }
        using SafeFd events = new(opened);
        long end = Environment.TickCount64 + timeoutMs;
        while (true)
        {
            if (CgroupFiles.TryReadOpen(events, out string content) < 0 || CgroupFiles.KeyedNumber(content, key) == value)
            {
                return true;
            }
            long rest = end - Environment.TickCount64;
            if (rest <= 0)
            {
                return false;
            }
            Syscall.Poll(events, PollEvents.POLLPRI, (int)rest);
        }
    }

    /// <summary>Removes the cgroup and all below it, after killing what still lives there. Gone already is fine.</summary>
    /// <exception cref="RuntimeException">It is still there after a bounded time; names the processes that do not
    /// die.</exception>
    /// <param name="leftovers">Whose the processes are that live in it: what is not the container's is not killed, and the cgroup
    /// then stays, with a warning.</param>
    public void Remove(Leftovers leftovers)
    {
        if (TryRemoveTree())
        {
            return;
        }
        if (leftovers == Leftovers.Own && IsPopulated && !KillAndWait())
        {
            throw new RuntimeException("cannot remove cgroup " + Path + ": processes survive SIGKILL" + Remaining());
        }
        if (leftovers == Leftovers.Foreign && !WaitEmpty(RemoveTimeoutMs))
        {
            Log.Warn("cgroup " + Path + " stays, for it has processes that are not the container's" + Remaining());
            return;
        }
        // The kernel lets go of a dead process's cgroup a moment after it reports the cgroup empty.
        long end = Environment.TickCount64 + RemoveTimeoutMs;
        for (int delay = 1; !TryRemoveTree(); delay = Math.Min(delay * 2, 128))
        {
            if (Environment.TickCount64 >= end)
            {
                throw new RuntimeException("cannot remove cgroup " + Path + ": device or resource busy (EBUSY)" + Remaining());
            }
            Syscall.Sleep(delay);
        }
    }

    bool TryRemoveTree()
    {
        int slash = Path.LastIndexOf('/');
        int opened = CgroupFiles.TryOpenDirectory(_mount.Root, slash <= 0 ? "/" : Path[..slash]);
        if (opened < 0)
        {
            return opened is -Errno.ENOENT or -Errno.ENODEV ? true
                : throw new RuntimeException("cannot remove cgroup " + Path + ": " + CgroupFiles.Describe(-opened));
        }
        using SafeFd parent = new(opened);
        int result = RemoveTree(parent, Path[(slash + 1)..]);
        return result switch
        {
            0 or -Errno.ENOENT or -Errno.ENODEV => true,
            -Errno.EBUSY => false,
            _ => throw new RuntimeException("cannot remove cgroup " + Path + ": " + CgroupFiles.Describe(-result)),
        };
    }

    static int RemoveTree(int parent, string name)
    {
        int result = Syscall.TryUnlinkAt(parent, name, AtFlags.AT_REMOVEDIR);
        if (result != -Errno.EBUSY)
        {
            return result;
        }
        int opened = CgroupFiles.TryOpenDirectory(parent, name);
        if (opened < 0)
        {
            return opened;
        }
        using SafeFd directory = new(opened);
        result = RemoveBelow(directory);
        return result < 0 ? result : Syscall.TryUnlinkAt(parent, name, AtFlags.AT_REMOVEDIR);
    }

    static int RemoveBelow(SafeFd directory)
    {
        using CgroupTree tree = new(directory);
        do
        {
            while (tree.Down())
            {
            }
            if (!tree.Up(out string left))
            {
                return 0;
            }
            int removed = Syscall.TryUnlinkAt(tree.Directory, left, AtFlags.AT_REMOVEDIR);
            if (removed is < 0 and not -Errno.ENOENT and not -Errno.ENODEV)
            {
                return removed;
            }
        }
        while (true);
    }

    /// <summary>The processes that are left, with state and kernel function for those in uninterruptible sleep, which no signal
    /// wakes.</summary>
    string Remaining()
    {
        const int most = 8;
        List<int> pids = Pids(recursive: true);
        StringBuilder text = new();
        for (int i = 0; i < pids.Count && i < most; i++)
        {
            text.Append(i == 0 ? ": remaining processes " : ", ");
            text.Append(pids[i].ToString(CultureInfo.InvariantCulture)).Append(Sleep(pids[i]));
        }
        return text.Append(pids.Count > most ? " and " + (pids.Count - most) + " more" : "").ToString();
    }

    static string Sleep(int pid)
    {
        int opened = Syscall.TryOpen("/proc/" + pid + "/stat", OpenFlags.O_RDONLY);
        if (opened < 0)
        {
            return "";
        }
        using SafeFd fd = new(opened);
        CgroupFiles.TryReadOpen(fd, out string stat);
        int paren = stat.LastIndexOf(") ", StringComparison.Ordinal);
        if (paren < 0 || stat[paren + 2] != 'D')
        {
            return "";
        }
        int wchan = Syscall.TryOpen("/proc/" + pid + "/wchan", OpenFlags.O_RDONLY);
        string where = "";
        if (wchan >= 0)
        {
            using SafeFd wait = new(wchan);
            CgroupFiles.TryReadOpen(wait, out where);
        }
        return where.Length is 0 or 1 ? " (in uninterruptible sleep)" : " (in uninterruptible sleep at " + where + ")";
    }
}
