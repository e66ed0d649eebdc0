using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.Process;

/// <summary>setns(2) into a pid namespace takes effect for children: the runtime enters one for those to come, and
/// returns.</summary>
static class PidNamespaces
{
    /// <summary>Enters the pid namespace of a descriptor: of the namespace itself, or a pidfd of a process in it.</summary>
    /// <param name="fd">The descriptor.</param>
    /// <param name="own">The way back; null after a failure.</param>
    /// <returns>0, or a negative errno.</returns>
    public static int TryEnter(int fd, out SafeFd? own)
    {
        own = Syscall.Open("/proc/self/ns/pid", OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC);
        int result = Syscall.TrySetns(fd, CloneFlags.CLONE_NEWPID);
        if (result < 0)
        {
            own.Dispose();
            own = null;
        }
        return result;
    }

    /// <summary>Returns to the runtime's own.</summary>
    public static void Return(SafeFd own) => Syscall.Setns(own, CloneFlags.CLONE_NEWPID);
}
