using System;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>setresuid(2), setgroups(2), capget(2), keyctl(2), personality(2).</content>
public static unsafe partial class Syscall
{
    /// <summary>setresuid(2) of the calling thread only.</summary>
    public static void SetResuid(uint real, uint effective, uint saved) =>
        Check(Try(Sys.setresuid, real, effective, saved), "setresuid");

    /// <summary>setresgid(2) of the calling thread only.</summary>
    public static void SetResgid(uint real, uint effective, uint saved) =>
        Check(Try(Sys.setresgid, real, effective, saved), "setresgid");

    /// <summary>setgroups(2) of the calling thread only.</summary>
    public static void SetGroups(ReadOnlySpan<uint> groups)
    {
        fixed (uint* g = groups)
        {
            Check(Try(Sys.setgroups, groups.Length, (long)g), "setgroups");
        }
    }

    /// <summary>capget(2) of the calling thread, as 64-bit sets.</summary>
    public static (ulong Effective, ulong Permitted, ulong Inheritable) CapGet()
    {
        CapUserHeader header = new() { version = CapUserVersion._LINUX_CAPABILITY_VERSION_3 };
        CapUserData* data = stackalloc CapUserData[2];
        Check(Try(Sys.capget, (long)(&header), (long)data), "capget");
        return (data[0].effective | ((ulong)data[1].effective << 32),
            data[0].permitted | ((ulong)data[1].permitted << 32),
            data[0].inheritable | ((ulong)data[1].inheritable << 32));
    }

    /// <summary>keyctl(2): its result or -errno.</summary>
    public static long TryKeyctl(int operation, long b = 0, long c = 0, long d = 0, long e = 0) =>
        Try(Sys.keyctl, operation, b, c, d, e);

    /// <summary>keyctl(KEYCTL_JOIN_SESSION_KEYRING): the new keyring's serial or -errno (ENOSYS, EDQUOT, EPERM under old seccomp).</summary>
    public static int TryJoinSessionKeyring(string name)
    {
        fixed (byte* n = CString.Of(name, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.keyctl, OciRun.Kernel.Keyctl.KEYCTL_JOIN_SESSION_KEYRING, (long)n);
        }
    }

    /// <summary>personality(2); 0xffffffff only asks.</summary>
    public static uint Personality(int persona) => (uint)Check(Try(Sys.personality, (long)persona), "personality");
}
