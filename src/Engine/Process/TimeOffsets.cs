using System.Text;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Engine.Process;

/// <summary>A new time namespace: made by the runtime for its children, its clocks set before the first one enters
/// (time_namespaces(7)).</summary>
static class TimeOffsets
{
    static bool _hasUnshared;

    /// <summary>The runtime's own time namespace, for children that are not the container's; null when they are born into it. A
    /// process with threads cannot go back itself.</summary>
    public static SafeFd? OpenOwn() =>
        _hasUnshared ? Syscall.Open("/proc/self/ns/time", OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC) : null;

    /// <summary>unshare(2); it takes effect for children alone.</summary>
    public static void Unshare(TimeNamespaceStep step)
    {
        int result = Syscall.TryUnshare(CLONE_NEWTIME);
        if (result < 0)
        {
            throw new RuntimeException(step.ConfigPath + ": " + ErrorText.Call("unshare", "time", -result));
        }
        _hasUnshared = true;
    }

    public static void Write(TimeOffsetsStep step)
    {
        var text = new StringBuilder();
        foreach ((string clock, SpecTimeOffset offset) in step.Offsets)
        {
            text.Append(clock).Append(' ').Append(offset.Secs).Append(' ').Append(offset.Nanosecs).Append('\n');
        }
        ProcFile.Write(Syscall.Getpid(), "timens_offsets", text.ToString(), step.ConfigPath, step);
    }
}
