using System;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>capget(2).</content>
public static unsafe partial class Syscall
{
    /// <summary>capget(2) of the calling thread, as 64-bit sets.</summary>
    public static (ulong Effective, ulong Permitted, ulong Inheritable) CapGet()
    {
        // Sets of 64 bits came with version 2 in Linux 2.6.25, which is deprecated for a glitch in its header; version 3
        // (2.6.26) is the same interface: two words of 32 bits for each set, the low ones first, capget(2). Process 0 is the
        // calling thread.
        CapUserHeader header = new() { version = CapUserVersion._LINUX_CAPABILITY_VERSION_3 };
        CapUserData* data = stackalloc CapUserData[2];
        Check(Try(Sys.capget, (long)(&header), (long)data), "capget");
        return (data[0].effective | ((ulong)data[1].effective << 32),
            data[0].permitted | ((ulong)data[1].permitted << 32),
            data[0].inheritable | ((ulong)data[1].inheritable << 32));
    }
}
