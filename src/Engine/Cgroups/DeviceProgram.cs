using System;
using System.Collections.Generic;
using System.Text;
using OciRun.Kernel;
using OciRun.Syscalls;
using static OciRun.Kernel.Rlimit;

namespace OciRun.Engine.Cgroups;

/// <summary>Loads and attaches device filters with bpf(2). Attributes are always the 128 zeroed bytes of the Kernel structs:
/// Linux 6.17 to 7.1 write past a shorter one in BPF_PROG_QUERY.</summary>
public static unsafe class DeviceProgram
{
    const int MostAttempts = 10;
    const int MaxPrograms = 64;
    const int AttrWords = 16;
    const int InfoSize = 256;
    const int InfoNameOffset = 64;
    const int LogSize = 1 << 16;

    static ReadOnlySpan<byte> Name => "oci_run_dev"u8;

    /// <summary>Attaches a filter to a cgroup, beside what others attached (the kernel asks all of them). A filter of an earlier
    /// container is replaced without a moment in between.</summary>
    /// <param name="cgroup">The container's cgroup.</param>
    /// <param name="program">Instructions, from the planner's DeviceFilter.</param>
    /// <returns>False when the caller may not use bpf(2) (EPERM), as in a user namespace, where no device node can be made
    /// either.</returns>
    public static bool TryAttach(Cgroup cgroup, byte[] program)
    {
        int loaded = Load(program);
        if (loaded == -Errno.EPERM)
        {
            return false;
        }
        using SafeFd fd = new(loaded >= 0 ? loaded : throw Failed("load the device filter", -loaded));
        List<uint> old = cgroup.IsNew ? [] : Ours(cgroup);
        int result;
        if (old.Count == 1)
        {
            using SafeFd replaced = new(GetById(old[0]));
            result = replaced.Value < 0 ? Attach(cgroup, fd, 0) : Attach(cgroup, fd, replaced);
        }
        else
        {
            result = Attach(cgroup, fd, 0);
        }
        if (result == -Errno.EPERM)
        {
            return false;
        }
        if (result < 0)
        {
            throw Failed("attach the device filter to cgroup " + cgroup.Path, -result);
        }
        if (old.Count > 1)
        {
            Detach(cgroup, old);
        }
        return true;
    }

    /// <summary>The ids of all device programs attached to a cgroup itself.</summary>
    public static List<uint> Attached(Cgroup cgroup)
    {
        uint* ids = stackalloc uint[MaxPrograms];
        BpfProgQueryAttr attr = new()
        {
            target_fd = (uint)cgroup.Directory.Value,
            attach_type = BpfAttachType.BPF_CGROUP_DEVICE,
            prog_ids = (ulong)ids,
            prog_cnt = MaxPrograms,
        };
        long result = Syscall.Try(Sys.bpf, BpfCmd.BPF_PROG_QUERY, (long)(&attr), sizeof(BpfProgQueryAttr));
        List<uint> found = [];
        for (uint i = 0; result == 0 && i < attr.prog_cnt && i < MaxPrograms; i++)
        {
            found.Add(ids[i]);
        }
        return found;
    }

    /// <summary>Those that this runtime loaded: systemd attaches its own, which must stay.</summary>
    static List<uint> Ours(Cgroup cgroup)
    {
        List<uint> ours = [];
        foreach (uint id in Attached(cgroup))
        {
            int opened = GetById(id);
            if (opened >= 0)
            {
                using SafeFd fd = new(opened);
                if (HasOurName(fd))
                {
                    ours.Add(id);
                }
            }
        }
        return ours;
    }

    static bool HasOurName(int fd)
    {
        byte* info = stackalloc byte[InfoSize];
        new Span<byte>(info, InfoSize).Clear();
        // union bpf_attr, info: bpf_fd, info_len, info.
        ulong* attr = stackalloc ulong[AttrWords];
        new Span<ulong>(attr, AttrWords).Clear();
        attr[0] = (uint)fd | ((ulong)InfoSize << 32);
        attr[1] = (ulong)info;
        return Syscall.Try(Sys.bpf, BpfCmd.BPF_OBJ_GET_INFO_BY_FD, (long)attr, AttrWords * sizeof(ulong)) == 0 &&
            new ReadOnlySpan<byte>(info + InfoNameOffset, Name.Length + 1).SequenceEqual("oci_run_dev\0"u8);
    }

    static int GetById(uint id)
    {
        ulong* attr = stackalloc ulong[AttrWords];
        new Span<ulong>(attr, AttrWords).Clear();
        attr[0] = id;
        return (int)Syscall.Try(Sys.bpf, BpfCmd.BPF_PROG_GET_FD_BY_ID, (long)attr, AttrWords * sizeof(ulong));
    }

    static int Load(byte[] program)
    {
        int fd = Load(program, null);
        if (fd == -Errno.EAGAIN)
        {
            fd = LoadUndisturbed(program);
        }
        if (fd == -Errno.EPERM && RaiseMemlock() is { } old)
        {
            fd = Load(program, null);
            SetMemlock(old);
        }
        if (fd is < 0 and not -Errno.EPERM && Log.DebugSink is not null)
        {
            // The verifier's reasons are for developers; as an error message they would be pages long.
            byte[] log = new byte[LogSize];
            fixed (byte* buffer = log)
            {
                Load(program, buffer);
            }
            Log.Debug("device filter: " + Encoding.UTF8.GetString(log).TrimEnd('\0'));
        }
        return fd;
    }

    /// <summary>The verifier gives up when a signal is pending, as one may be whenever a terminal changes its size.</summary>
    static int LoadUndisturbed(byte[] program)
    {
        ulong old = Syscall.Sigprocmask(SigHow.SIG_BLOCK, ulong.MaxValue);
        int fd = -Errno.EAGAIN;
        for (int i = 0; fd == -Errno.EAGAIN && i < MostAttempts; i++)
        {
            fd = Load(program, null);
        }
        Syscall.Sigprocmask(SigHow.SIG_SETMASK, old);
        return fd;
    }

    static int Load(byte[] program, byte* log)
    {
        byte* name = stackalloc byte[16];
        new Span<byte>(name, 16).Clear();
        Name.CopyTo(new Span<byte>(name, 16));
        fixed (byte* instructions = program)
        fixed (byte* license = "Apache-2.0\0"u8)
        {
            BpfProgLoadAttr attr = new()
            {
                prog_type = BpfProgType.BPF_PROG_TYPE_CGROUP_DEVICE,
                insn_cnt = (uint)program.Length / 8,
                insns = (ulong)instructions,
                license = (ulong)license,
                log_level = log is null ? 0u : 1,
                log_size = log is null ? 0u : LogSize,
                log_buf = (ulong)log,
                prog_name_low = *(ulong*)name,
                prog_name_high = *(ulong*)(name + 8),
                expected_attach_type = BpfAttachType.BPF_CGROUP_DEVICE,
            };
            return (int)Syscall.Try(Sys.bpf, BpfCmd.BPF_PROG_LOAD, (long)(&attr), sizeof(BpfProgLoadAttr));
        }
    }

    static int Attach(Cgroup cgroup, int program, int replaced)
    {
        BpfProgAttachAttr attr = new()
        {
            target_fd = (uint)cgroup.Directory.Value,
            attach_bpf_fd = (uint)program,
            attach_type = BpfAttachType.BPF_CGROUP_DEVICE,
            attach_flags = BpfFlags.BPF_F_ALLOW_MULTI | (replaced == 0 ? 0 : BpfFlags.BPF_F_REPLACE),
            replace_bpf_fd = (uint)replaced,
        };
        return (int)Syscall.Try(Sys.bpf, BpfCmd.BPF_PROG_ATTACH, (long)(&attr), sizeof(BpfProgAttachAttr));
    }

    static void Detach(Cgroup cgroup, List<uint> ids)
    {
        foreach (uint id in ids)
        {
            int opened = GetById(id);
            if (opened >= 0)
            {
                using SafeFd fd = new(opened);
                BpfProgAttachAttr attr = new()
                {
                    target_fd = (uint)cgroup.Directory.Value,
                    attach_bpf_fd = (uint)opened,
                    attach_type = BpfAttachType.BPF_CGROUP_DEVICE,
                };
                Syscall.Try(Sys.bpf, BpfCmd.BPF_PROG_DETACH, (long)(&attr), sizeof(BpfProgAttachAttr));
            }
        }
    }

    /// <summary>Before Linux 5.11 programs count against RLIMIT_MEMLOCK.</summary>
    static (ulong Soft, ulong Hard)? RaiseMemlock()
    {
        ulong* old = stackalloc ulong[2];
        ulong* unlimited = stackalloc ulong[] { ulong.MaxValue, ulong.MaxValue };
        return Syscall.Try(Sys.prlimit64, 0, RLIMIT_MEMLOCK, (long)unlimited, (long)old) == 0 ? (old[0], old[1]) : null;
    }

    static void SetMemlock((ulong Soft, ulong Hard) limit)
    {
        ulong* pair = stackalloc ulong[] { limit.Soft, limit.Hard };
        Syscall.Try(Sys.prlimit64, 0, RLIMIT_MEMLOCK, (long)pair);
    }

    static RuntimeException Failed(string what, int errno) => new(
        "linux.resources.devices: cannot " + what + ": " + CgroupFiles.Describe(errno),
        errno != Errno.E2BIG ? null
            : what.StartsWith("load", StringComparison.Ordinal)
            ? "the rules are too many for the kernel to verify: use fewer, or wider ones"
            : "the cgroup has too many device programs already: remove it first");
}
