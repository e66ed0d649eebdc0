using System;
using System.Globalization;
using System.Text;
using OciRun.Engine.State;
using OciRun.Kernel;
using OciRun.Syscalls;
using static OciRun.Kernel.Mode;

namespace OciRun.Engine.HandOver;

/// <summary>Service notifications (sd_notify(3)): the container gets a socket of its own at /run/notify/notify.sock, and the
/// runtime hands what comes there on to the caller's NOTIFY_SOCKET, with the payload's pid as the host sees it.</summary>
sealed class NotifySocket : IDisposable
{
    const string SocketName = "notify.sock";
    const int BarrierTimeout = 30_000;

    readonly SafeFd _inside;
    readonly SafeFd _host;
    readonly int _pid;

    NotifySocket(SafeFd inside, SafeFd host, int pid)
    {
        _inside = inside;
        _host = host;
        _pid = pid;
    }

    /// <summary>The caller's socket, null when nobody wants to be notified.</summary>
    public static string? HostPath => Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is { Length: > 0 } path ? path : null;

    /// <summary>Host directory that the container sees as /run/notify.</summary>
    public static string DirectoryOf(GlobalOptions globals, string id) => globals.Root + "/" + id + "/" +
        ContainerDirectory.NotifyName;

    public static void MakeDirectory(ContainerDirectory directory)
    {
        Syscall.MkdirAt(directory.Fd, ContainerDirectory.NotifyName, O755);
        Syscall.FchmodAt(directory.Fd, ContainerDirectory.NotifyName, O755);
    }

    /// <summary>The container's socket, ready before its payload is; null when the caller or the container has none.</summary>
    public static NotifySocket? TryOpen(ContainerDirectory directory, int pid)
    {
        if (HostPath is not { } path ||
            Syscall.TryFstatAt(directory.Fd, ContainerDirectory.NotifyName, AtFlags.AT_SYMLINK_NOFOLLOW, out _) < 0)
        {
            return null;
        }
        SafeFd host = Datagram();
        // An abstract name starts with '@' in the variable and with NUL in the address (unix(7)).
        int connected = Syscall.TryConnectUnix(host, path[0] == '@' ? "\0" + path[1..] : path);
        if (connected < 0)
        {
            host.Dispose();
            Log.Warn("NOTIFY_SOCKET: " + ErrorText.Call("connect", path, -connected) + ": notifications are lost");
            return null;
        }
        SafeFd inside = Datagram();
        string name = ContainerDirectory.NotifyName + "/" + SocketName;
        Syscall.TryUnlinkAt(directory.Fd, name, 0);
        Syscall.BindUnix(inside, directory.ShortPath(name));
        // Whatever user the payload is.
        Syscall.FchmodAt(directory.Fd, name, O777);
        return new NotifySocket(inside, host, pid);
    }

    static SafeFd Datagram() => Syscall.Socket(AddressFamily.AF_UNIX, SocketType.SOCK_DGRAM | SocketType.SOCK_CLOEXEC);

    public int Fd => _inside;

    /// <summary>Hands on what has come; true when the payload said that it is ready.</summary>
    public bool Relay()
    {
        bool ready = false;
        Span<byte> buffer = stackalloc byte[4096];
        Span<int> fds = stackalloc int[16];
        while (true)
        {
            int size = Syscall.TryRecvMsg(_inside, buffer, fds, out int count, MsgFlags.MSG_DONTWAIT);
            foreach (int fd in fds[..count])
            {
                // sd_notify_barrier(3) waits until the descriptor that came with BARRIER=1 is closed: that is the answer.
                Syscall.TryClose(fd);
            }
            if (size == -Errno.EMSGSIZE)
            {
                continue;
            }
            if (size <= 0)
            {
                return ready;
            }
            ready |= HandOn(Encoding.UTF8.GetString(buffer[..size]));
        }
    }

    bool HandOn(string message)
    {
        var text = new StringBuilder();
        bool ready = false;
        foreach (string line in message.Split('\n'))
        {
            if (!IsPassedOn(line))
            {
                continue;
            }
            text.Append(line).Append('\n');
            if (line.StartsWith("READY=1", StringComparison.Ordinal))
            {
                ready = true;
                text.Append("MAINPID=").Append(_pid.ToString(CultureInfo.InvariantCulture)).Append('\n');
            }
        }
        if (text.Length > 0)
        {
            Syscall.TrySendMsg(_host, Encoding.UTF8.GetBytes(text.ToString()));
        }
        return ready;
    }

    /// <summary>What describes the payload's own state. A container must not name other processes (MAINPID) or store
    /// descriptors.</summary>
    static bool IsPassedOn(string line)
    {
        int equals = line.IndexOf('=');
        return equals > 0 && line[..equals] is "READY" or "RELOADING" or "STOPPING" or "STATUS" or "ERRNO" or "BUSERROR"
            or "WATCHDOG" or "MONOTONIC_USEC" or "EXTEND_TIMEOUT_USEC";
    }

    /// <summary>Until the payload is ready, or ends. A runtime that does not stay makes sure that its message has been
    /// taken.</summary>
    public void WaitReady(SafeFd pidfd)
    {
        Span<PollFd> fds = stackalloc PollFd[2];
        while (true)
        {
            fds[0] = new PollFd { fd = _inside, events = PollEvents.POLLIN };
            fds[1] = new PollFd { fd = pidfd, events = PollEvents.POLLIN };
            Syscall.Poll(fds, -1);
            if (Relay())
            {
                Barrier();
                return;
            }
            if (fds[1].revents != 0)
            {
                return;
            }
        }
    }

    /// <summary>sd_notify_barrier(3): the receiver closes the pipe once it has come to this message.</summary>
    void Barrier()
    {
        (SafeFd read, SafeFd write) = Syscall.Pipe2();
        using (read)
        {
            using (write)
            {
                if (Syscall.TrySendMsg(_host, "BARRIER=1"u8, [write]) < 0)
                {
                    return;
                }
            }
            Syscall.Poll(read, PollEvents.POLLIN, BarrierTimeout);
        }
    }

    public void Dispose()
    {
        _inside.Dispose();
        _host.Dispose();
    }
}
