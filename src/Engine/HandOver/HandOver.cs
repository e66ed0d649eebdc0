using System;
using System.Globalization;
using System.Text;
using OciRun.Kernel;
using OciRun.Syscalls;
using static OciRun.Kernel.Mode;

namespace OciRun.Engine.HandOver;

/// <summary>Hands a descriptor to a caller that listens on a socket.</summary>
static class Sockets
{
    /// <summary>One message with one descriptor (SCM_RIGHTS).</summary>
    public static void SendDescriptor(string path, string payload, int fd, string option) =>
        SendDescriptor(path, Encoding.UTF8.GetBytes(payload), fd, option);

    public static void SendDescriptor(string path, byte[] payload, int fd, string option)
    {
        using SafeFd socket = Syscall.Socket(AddressFamily.AF_UNIX, SocketType.SOCK_STREAM | SocketType.SOCK_CLOEXEC);
        int connected = Syscall.TryConnectUnix(socket, path);
        if (connected < 0)
        {
            throw new RuntimeException(option + ": " + ErrorText.Call("connect", path, -connected));
        }
        int sent = Syscall.TrySendMsg(socket, payload, [fd]);
        if (sent < 0)
        {
            throw new RuntimeException(option + ": " + ErrorText.Call("sendmsg", path, -sent));
        }
    }
}

/// <summary>The pid file: digits and nothing else, complete from the moment it exists.</summary>
static class PidFile
{
    public static void Write(string path, int pid)
    {
        int slash = path.LastIndexOf('/');
        string temporary = path[..(slash + 1)] + "." + path[(slash + 1)..];
        try
        {
            const int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC | OpenFlags.O_NOFOLLOW | OpenFlags.O_CLOEXEC;
            using (SafeFd file = Syscall.Open(temporary, flags, O644))
            {
                Syscall.WriteAll(file, Encoding.ASCII.GetBytes(pid.ToString(CultureInfo.InvariantCulture)), temporary);
            }
            Syscall.RenameAt(AtFlags.AT_FDCWD, temporary, AtFlags.AT_FDCWD, path);
        }
        catch (SyscallException e)
        {
            throw new RuntimeException("--pid-file: " + ErrorText.Call(e.Call, e.Path ?? path, e.ErrorNumber));
        }
    }
}

/// <summary>Descriptors of the caller that the payload gets: socket activation's (sd_listen_fds(3)), then those of --preserve-fds.</summary>
readonly record struct InheritedDescriptors(int Count, int ListenFds)
{
    public static InheritedDescriptors Read(int preserve)
    {
        int listen = 0;
        if (int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out int count))
        {
            string? pid = Environment.GetEnvironmentVariable("LISTEN_PID");
            bool mine = string.IsNullOrEmpty(pid) || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            listen = mine && count < 1024 ? count : 0;
        }
        for (int i = -listen; i < preserve; i++)
        {
            int fd = 3 + listen + i;
            // Close-on-exec: it did not come from the caller, but is one of the runtime's own.
            if (Syscall.TryGetFdFlags(fd) is < 0 or Fcntl.FD_CLOEXEC)
            {
                throw new RuntimeException(i < 0
                    ? $"LISTEN_FDS={listen}: descriptor {fd} is not open"
                    : $"--preserve-fds: unable to stat preserved-fd {i + 1} (of {preserve}): descriptor {fd} is not open");
            }
        }
        return new InheritedDescriptors(listen + preserve, listen);
    }
}
