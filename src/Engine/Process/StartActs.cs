using System;
using System.Runtime.InteropServices;
using OciRun.Engine.State;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Syscalls;

namespace OciRun.Engine.Process;

/// <summary>The steps that let the payload run.</summary>
static class StartActs
{
    /// <summary>One byte over the start socket; a record then says that it was heard.</summary>
    public static void GiveWord(StartStep step, Products made)
    {
        SafeFd socket = Syscall.Socket(AddressFamily.AF_UNIX, SocketType.SOCK_SEQPACKET | SocketType.SOCK_CLOEXEC);
        made.StartConnection = socket;
        int connected = Syscall.TryConnectUnix(socket, made.Directory!.ShortPath(ContainerDirectory.StartSocketName));
        if (connected < 0)
        {
            throw new RuntimeException("container init exited before it was started (" + ErrnoText.Name(-connected) + ")");
        }
        // Before the word is out: a command killed in between leaves no running container that looks like a created one.
        made.Directory.RemoveStartSocket();
        int sent = Syscall.TryWrite(socket, [1]);
        if (sent < 0 && sent != -Errno.EPIPE)
        {
            throw new RuntimeException(ErrorText.Call("write", null, -sent));
        }
        if (ReadRecord(socket, made.InitPidfd) is null)
        {
            throw new RuntimeException("container init exited before it was started");
        }
    }

    /// <summary>The end of the channel says that the payload was executed, a record that it was not.</summary>
    public static void AwaitExec(Products made)
    {
        if (made.StartConnection is null)
        {
            made.Process!.AwaitExec();
        }
        else if (ReadRecord(made.StartConnection, made.InitPidfd) is { } error)
        {
            string program = made.Plan.Find<StartStep>()!.Program;
            throw new RuntimeException("exec: \"" + program + "\": " + ErrnoText.Words(error.Errno));
        }
        Log.Debug("init has executed the container's program");
    }

    /// <summary>The next record of a process that starts; null when it has executed its payload, or has ended.</summary>
    static Record? ReadRecord(SafeFd socket, SafeFd pidfd)
    {
        Span<PollFd> fds = [new PollFd { fd = socket, events = PollEvents.POLLIN },
            new PollFd { fd = pidfd, events = PollEvents.POLLIN }];
        Syscall.Poll(fds, -1);
        Span<byte> reply = stackalloc byte[Record.Size];
        if (fds[0].revents == 0 || Syscall.TryRead(socket, reply) < Record.Size)
        {
            return null;
        }
        return MemoryMarshal.Read<Record>(reply);
    }
}
