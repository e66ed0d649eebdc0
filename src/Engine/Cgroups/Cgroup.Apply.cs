using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Kernel;
using OciRun.Planning.Cgroups;
using OciRun.Syscalls;

namespace OciRun.Engine.Cgroups;

/// <content>Writing limits.</content>
public sealed partial class Cgroup
{
    /// <summary>Performs planned writes. In a new cgroup those that ask for the kernel's default are skipped.</summary>
    /// <exception cref="RuntimeException">The kernel refuses a value; the message names its config path.</exception>
    public void Apply(IReadOnlyList<CgroupWrite> writes) => Apply(writes, null);

    /// <summary>Performs planned writes, and puts the old values back when one fails.</summary>
    /// <returns>The old values, for <see cref="Restore"/>.</returns>
    public List<(string File, string Value)> ApplyOrUndo(IReadOnlyList<CgroupWrite> writes)
    {
        List<(string File, string Value)> undo = [];
        try
        {
            Apply(writes, undo);
            return undo;
        }
        catch
        {
            Restore(undo);
            throw;
        }
    }

    /// <summary>Puts old values back, last first.</summary>
    public void Restore(List<(string File, string Value)> undo)
    {
        for (int i = undo.Count - 1; i >= 0; i--)
        {
            (string file, string value) = undo[i];
            int result = TryWrite(file, value);
            if (result < 0)
            {
                Log.Warn("cannot put " + file + " of cgroup " + Path + " back to \"" + value.Trim() + "\": " +
                    CgroupFiles.Describe(-result));
            }
        }
    }

    void Apply(IReadOnlyList<CgroupWrite> writes, List<(string File, string Value)>? undo)
    {
        List<CgroupWrite>? deferred = null;
        for (int i = 0; i < writes.Count; i++)
        {
            CgroupWrite write = writes[i];
            if (IsNew && write.IsDefault && undo is null)
            {
                continue;
            }
            CheckUsage(write);
            Remember(write, undo);
            int result = WriteLines(write);
            if (result == -Errno.EINVAL && write.DeferOnInvalid)
            {
                (deferred ??= []).Add(write);
            }
            else if (result < 0)
            {
                HandleError(write, -result, undo);
            }
        }
        foreach (CgroupWrite write in deferred ?? [])
        {
            if (WriteLines(write) is < 0 and int result)
            {
                HandleError(write, -result, undo);
            }
        }
    }

    void Remember(CgroupWrite write, List<(string File, string Value)>? undo)
    {
        if (undo is not null && TryRead(write.File, out string content) == 0 &&
            PreviousValue.Of(write.File, write.Value, content) is { } previous)
        {
            undo.Add((write.File, previous));
        }
    }

    int WriteLines(CgroupWrite write)
    {
        if (!write.Value.Contains('\n'))
        {
            return TryWrite(write.File, write.Value);
        }
        foreach (string line in write.Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int result = TryWrite(write.File, line);
            if (result < 0)
            {
                return result;
            }
        }
        return 0;
    }

    void HandleError(CgroupWrite write, int errno, List<(string File, string Value)>? undo)
    {
        if (errno is Errno.ENOENT)
        {
            if (write.Fallback is { } fallback)
            {
                Apply([fallback], undo);
                return;
            }
            if (write.IsDefault || write.IgnoreMissing)
            {
                return;
            }
        }
        throw Refused(write, errno);
    }

    RuntimeException Refused(CgroupWrite write, int errno)
    {
        string where = write.ConfigPath + ": ";
        if (errno is Errno.ENOENT && write.Controller.Length != 0 && !Controllers.Contains(write.Controller))
        {
            return new RuntimeException(where + "cgroup controller \"" + write.Controller + "\" is not available in " + Path,
                "a cgroup above it has processes of its own or does not hand it down: see cgroup.subtree_control there");
        }
        if (errno is Errno.ENOENT)
        {
            return new RuntimeException(where + "this kernel has no cgroup file " + write.File);
        }
        string? hint = (write.File, errno) switch
        {
            ("io.max" or "io.weight" or "io.bfq.weight", Errno.ENODEV) =>
                "the host has no block device with these numbers, or it is a partition",
            ("cpuset.cpus" or "cpuset.mems", Errno.EINVAL or Errno.ERANGE) =>
                "see cpuset.cpus.effective and cpuset.mems.effective of the parent cgroup",
            ("cpuset.cpus" or "cpuset.mems", Errno.ENOSPC) =>
                "the cgroup has processes and would be left without CPUs or memory nodes",
            ("cpu.max" or "cpu.max.burst", Errno.EINVAL) =>
                "periods are 1000 to 1000000 microseconds, quotas at least 1000, bursts not above the quota",
            _ => null,
        };
        string reason = errno is Errno.ENODEV ? "no such device (ENODEV)" : CgroupFiles.Describe(errno);
        string what = "cannot write \"" + write.Value + "\" to " + write.File + " of cgroup " + Path + ": ";
        return new RuntimeException(where + what + reason, hint);
    }

    void CheckUsage(CgroupWrite write)
    {
        if (write.CheckUsage && TryRead("memory.current", out string text) == 0 &&
            ulong.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong usage) &&
            ulong.Parse(write.Value, CultureInfo.InvariantCulture) <= usage)
        {
            throw new RuntimeException(write.ConfigPath + ": rejecting memory limit " + write.Value + ": " + usage +
                " bytes are in use, and memory.checkBeforeUpdate is set");
        }
    }
}
