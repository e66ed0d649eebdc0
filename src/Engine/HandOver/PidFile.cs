using System;
using System.Globalization;
using System.Text;
using OciRun.Kernel;
using OciRun.Syscalls;
using static OciRun.Kernel.Mode;

namespace OciRun.Engine.HandOver;

/// <summary>The pid file: digits and nothing else, complete from the moment it exists. It is written under a name that nobody can
/// have put a link or a pipe at before.</summary>
static class PidFile
{
    public static void Write(string path, int pid)
    {
        int slash = path.LastIndexOf('/');
        Span<byte> random = stackalloc byte[8];
        Syscall.Getrandom(random);
        string temporary = path[..(slash + 1)] + "." + Convert.ToHexStringLower(random);
        try
        {
            const int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW |
                OpenFlags.O_CLOEXEC;
            using (SafeFd file = Syscall.Open(temporary, flags, O644))
            {
                Syscall.WriteAll(file, Encoding.ASCII.GetBytes(pid.ToString(CultureInfo.InvariantCulture)), temporary);
            }
            Syscall.RenameAt(AtFlags.AT_FDCWD, temporary, AtFlags.AT_FDCWD, path);
        }
        catch (SyscallException e)
        {
            Syscall.TryUnlinkAt(AtFlags.AT_FDCWD, temporary, 0);
            throw new RuntimeException("--pid-file: " + ErrorText.Call(e.Call, e.Path ?? path, e.ErrorNumber));
        }
    }
}
