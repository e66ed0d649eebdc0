using System;
using System.Text;
using OciRun.Kernel;
using OciRun.Syscalls;

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
