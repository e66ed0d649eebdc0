using System;
using System.Globalization;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.HandOver;

/// <summary>Descriptors of the caller that the payload gets: socket activation's (sd_listen_fds(3)), then those of
/// --preserve-fds.</summary>
readonly record struct InheritedDescriptors(int Count, int ListenFds)
{
    public static InheritedDescriptors Read(int preserve)
    {
        int listen = 0;
        if (int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture,
            out int count))
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
