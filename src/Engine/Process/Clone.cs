using OciRun.Kernel;
using OciRun.Syscalls;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Engine.Process;

/// <summary>clone3(2), once for all that the runtime clones: a container's process, a hook, the holder of a user namespace. Only
/// what the child then does differs.</summary>
static unsafe class Clone
{
    /// <summary>Clones a child and has it run a function that ends in execve(2) or exit_group(2), and obeys the rules of
    /// <see cref="Child.ChildProgram"/>. The parent has one managed thread, no collection can start, and all signals are blocked
    /// until the child has reset their handlers.</summary>
    /// <param name="flags">CLONE_* besides those for the descriptors.</param>
    /// <param name="cgroup">The directory of the cgroup that it is born into, -1 for the runtime's.</param>
    /// <param name="run">What the child does.</param>
    /// <param name="context">What it is given.</param>
    /// <param name="pidfd">The child's; none after a failure.</param>
    /// <returns>Its pid, or a negative errno.</returns>
    public static int Start(ulong flags, int cgroup, delegate*<void*, void> run, void* context, out SafeFd pidfd)
    {
        int fd = -1;
        var args = new CloneArgs
        {
            flags = flags | CLONE_PIDFD | (cgroup >= 0 ? (ulong)CLONE_INTO_CGROUP : 0),
            pidfd = (ulong)&fd,
            exit_signal = Signal.SIGCHLD,
            cgroup = cgroup >= 0 ? (ulong)cgroup : 0,
        };
        ulong mask = Syscall.Sigprocmask(SigHow.SIG_SETMASK, ulong.MaxValue);
        long pid = ChildSys.Clone3(&args, sizeof(CloneArgs));
        if (pid == 0)
        {
            run(context);
        }
        Syscall.Sigprocmask(SigHow.SIG_SETMASK, mask);
        pidfd = new SafeFd(pid < 0 ? -1 : fd);
        return (int)pid;
    }
}
