using System.Globalization;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Process;

/// <summary>The steps that give a process what it cannot give itself.</summary>
static class ProcessActs
{
    /// <summary>Fewer open files than this would be in the way of the process's own preparations.</summary>
    const ulong EnoughFiles = 64;

    public static void SetOomScore(OomScoreStep step, int pid)
    {
        int result = ProcFile.TryWrite(pid, "oom_score_adj", step.Value.ToString(CultureInfo.InvariantCulture));
        if (result < 0 && !(step.MayBeRefused && result == -Errno.EACCES))
        {
            throw new RuntimeException(step.ConfigPath + ": " +
                ErrorText.Call("write", "/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/oom_score_adj", -result),
                step.Hint("write", -result));
        }
    }

    public static void SetScheduler(SchedulerStep step, int pid)
    {
        int result = Syscall.TrySchedSetattr(pid, step.Attributes);
        if (result < 0)
        {
            throw new RuntimeException(step.ConfigPath + ": " + ErrorText.Call("sched_setattr", null, -result),
                step.Hint("sched_setattr", -result));
        }
    }

    /// <summary>prlimit(2) on a process that is being prepared.</summary>
    public static void SetRlimits(RlimitsStep step, int pid)
    {
        for (int i = 0; i < step.Rlimits.Count; i++)
        {
            SetOne(step, i, pid);
        }
    }

    static void SetOne(RlimitsStep step, int index, int pid)
    {
        SpecRlimit limit = step.Rlimits[index];
        var value = new Rlimit64 { rlim_cur = limit.Soft, rlim_max = limit.Hard };
        if (limit.Type == "RLIMIT_NOFILE")
        {
            if (limit.Hard < EnoughFiles)
            {
                return;
            }
            value.rlim_cur = limit.Hard;
        }
        else if (limit.Type == "RLIMIT_NPROC" && step.LeavesProcesses)
        {
            if (Syscall.GetPrlimit(0, Rlimits.Number("RLIMIT_NPROC")).rlim_max >= limit.Hard)
            {
                return;
            }
            value.rlim_cur = limit.Hard;
        }
        try
        {
            Syscall.SetPrlimit(pid, Rlimits.Number(limit.Type!), value);
        }
        catch (SyscallException e)
        {
            throw new RuntimeException($"process.rlimits[{index}]: setrlimit {limit.Type}: " + ErrorText.Describe(e.ErrorNumber),
                step.Hint("prlimit", e.ErrorNumber));
        }
    }
}
