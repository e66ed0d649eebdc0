using System;
using System.Text;
using OciRun.Kernel;
using Tmds.Linux;

namespace OciRun.Syscalls;

/// <content>socket(2), unix(7), sendmsg(2), recvmsg(2), netlink(7).</content>
public static unsafe partial class Syscall
{
    // SCM_MAX_FD of the kernel, unix(7): a longer list is EINVAL for the sender, so none can be received either.
    const int MaxFds = 253;

    /// <summary>socket(2), always SOCK_CLOEXEC: hooks and newuidmap are executed while sockets are open.</summary>
    public static SafeFd Socket(int family, int type, int protocol = 0) =>
        Own(FromLibC(LibC.socket(family, type | SocketType.SOCK_CLOEXEC, protocol)), "socket");

    /// <summary>socketpair(2) of AF_UNIX, always SOCK_CLOEXEC.</summary>
    public static (SafeFd First, SafeFd Second) SocketPair(int type)
    {
        int* fds = stackalloc int[2];
        Check(FromLibC(LibC.socketpair(AddressFamily.AF_UNIX, type | SocketType.SOCK_CLOEXEC, 0, fds)), "socketpair");
        return (new SafeFd(fds[0]), new SafeFd(fds[1]));
    }

    /// <summary>bind(2) to an AF_UNIX path of any length.</summary>
    public static void BindUnix(int fd, string path) => Check(WithUnixAddress(Sys.bind, fd, path), "bind", path);

    /// <summary>connect(2) to an AF_UNIX path: 0 or -errno. ECONNREFUSED tells a socket that nobody listens on any more, ENOENT
    /// one that was removed.</summary>
    public static int TryConnectUnix(int fd, string path) => WithUnixAddress(Sys.connect, fd, path);

    /// <summary>listen(2).</summary>
    public static void Listen(int fd, int backlog) => Check(FromLibC(LibC.listen(fd, backlog)), "listen");

    /// <summary>sendmsg(2): the count or -errno. Descriptors travel as SCM_RIGHTS; on a stream socket they want at least one
    /// byte of data with them (unix(7)).</summary>
    public static int TrySendMsg(int fd, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> fds = default)
    {
        if (fds.Length > MaxFds)
        {
            return -Errno.EINVAL;
        }
        int payload = fds.Length * sizeof(int);
        int space = sizeof(Cmsghdr) + Align8(payload);
        byte* control = stackalloc byte[space];
        new Span<byte>(control, space).Clear();
        fixed (byte* p = bytes)
        {
            Iovec iov = new() { iov_base = p, iov_len = (nuint)bytes.Length };
            Msghdr message = new() { msg_iov = &iov, msg_iovlen = 1 };
            if (payload > 0)
            {
                // The length counts without the padding (CMSG_LEN), the room with it (CMSG_SPACE), cmsg(3).
                *(Cmsghdr*)control = new Cmsghdr
                {
                    cmsg_len = (nuint)(sizeof(Cmsghdr) + payload),
                    cmsg_level = SocketOption.SOL_SOCKET,
                    cmsg_type = SocketOption.SCM_RIGHTS,
                };
                fds.CopyTo(new Span<int>(control + sizeof(Cmsghdr), fds.Length));
                message.msg_control = control;
                message.msg_controllen = (nuint)space;
            }
            // MSG_NOSIGNAL: EPIPE and no SIGPIPE, whatever this process does with its signals (send(2)).
            return (int)Try(Sys.sendmsg, fd, (long)(&message), MsgFlags.MSG_NOSIGNAL);
        }
    }

    /// <summary>recvmsg(2): the count or -errno; a message that was cut short is EMSGSIZE, and none of its descriptors stays
    /// open.</summary>
    public static int TryRecvMsg(int fd, Span<byte> buffer, Span<int> fds, out int fdCount, int flags = 0)
    {
        // Room for as many descriptors as one message can carry, whatever was asked for: a peer chooses how many it sends.
        const int space = 16 + ((MaxFds * sizeof(int) + 7) & ~7);
        byte* control = stackalloc byte[space];
        fdCount = 0;
        fixed (byte* p = buffer)
        {
            Iovec iov = new() { iov_base = p, iov_len = (nuint)buffer.Length };
            Msghdr message = new() { msg_iov = &iov, msg_iovlen = 1, msg_control = control, msg_controllen = space };
            // MSG_CMSG_CLOEXEC, or a program that is executed at this moment inherits what a peer sent.
            long count = Try(Sys.recvmsg, fd, (long)(&message), flags | MsgFlags.MSG_CMSG_CLOEXEC);
            if (count < 0)
            {
                return (int)count;
            }
            fdCount = TakeFds(control, (long)message.msg_controllen, fds);
            // Some are lost (the limit of open files was reached, or an LSM refused one), and which is not said.
            if ((message.msg_flags & MsgFlags.MSG_CTRUNC) != 0)
            {
                foreach (int taken in fds[..fdCount])
                {
                    TryClose(taken);
                }
                fdCount = 0;
                return -Errno.EMSGSIZE;
            }
            return (int)count;
        }
    }

    static int TakeFds(byte* control, long length, Span<int> fds)
    {
        int taken = 0;
        for (long at = 0; at + sizeof(Cmsghdr) <= length;)
        {
            Cmsghdr* header = (Cmsghdr*)(control + at);
            long size = (long)header->cmsg_len;
            // CMSG_NXTHDR of cmsg(3) makes the same two checks; without the first a header of length 0 would be read for ever.
            if (size < sizeof(Cmsghdr) || at + size > length)
            {
                break;
            }
            if (header->cmsg_level == SocketOption.SOL_SOCKET && header->cmsg_type == SocketOption.SCM_RIGHTS)
            {
                // What the caller did not ask for is open all the same, in this process: closed, or it is inherited by a fork.
                int* numbers = (int*)(header + 1);
                for (int i = 0; i < (size - sizeof(Cmsghdr)) / sizeof(int); i++)
                {
                    if (taken < fds.Length)
                    {
                        fds[taken++] = numbers[i];
                    }
                    else
                    {
                        TryClose(numbers[i]);
                    }
                }
            }
            at += Align8((int)size);
        }
        return taken;
    }

    static int Align8(int size) => (size + 7) & ~7;

    static int WithUnixAddress(long nr, int fd, string path)
    {
        // Linux takes an address without the final NUL, other readers of a socket's name may not.
        if (Encoding.UTF8.GetByteCount(path) < Limits.UNIX_PATH_MAX)
        {
            return CallWithAddress(nr, fd, path);
        }
        // A longer path is reached through its directory's descriptor: only the last component must be short. The state directory
        // is where an engine wants it and has a container's id of 64 letters in it, so that 107 bytes are soon gone.
        int slash = path.LastIndexOf('/');
        string directory = slash < 0 ? "." : slash == 0 ? "/" : path[..slash];
        int dirfd = TryOpen(directory, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        if (dirfd < 0)
        {
            return dirfd;
        }
        string shorter = "/proc/self/fd/" + dirfd + "/" + path[(slash + 1)..];
        int result = Encoding.UTF8.GetByteCount(shorter) < Limits.UNIX_PATH_MAX
            ? CallWithAddress(nr, fd, shorter) : -Errno.ENAMETOOLONG;
        TryClose(dirfd);
        return result;
    }

    static int CallWithAddress(long nr, int fd, string path)
    {
        SockaddrUn address = default;
        address.sun_family = AddressFamily.AF_UNIX;
        Span<byte> bytes = address.sun_path;
        int length = Encoding.UTF8.GetBytes(path, bytes);
        // An abstract name (a leading NUL) ends with the address, a path with a NUL.
        int total = sizeof(ushort) + length + (length > 0 && bytes[0] == 0 ? 0 : 1);
        return (int)Try(nr, fd, (long)(&address), total);
    }

    /// <summary>A netlink(7) socket, SOCK_RAW, bound to a port of the kernel's choice: with nl_pid 0 it takes one that is
    /// free.</summary>
    public static SafeFd NetlinkSocket(int protocol)
    {
        SafeFd fd = Socket(AddressFamily.AF_NETLINK, SocketType.SOCK_RAW, protocol);
        SockaddrNl address = new() { nl_family = AddressFamily.AF_NETLINK };
        long result = Try(Sys.bind, fd, (long)(&address), sizeof(SockaddrNl));
        if (result < 0)
        {
            fd.Dispose();
            Check(result, "bind", "AF_NETLINK");
        }
        return fd;
    }

    /// <summary>Sends one netlink request to the kernel.</summary>
    public static void NetlinkSend(int fd, ReadOnlySpan<byte> request) => Check(TrySendMsg(fd, request), "sendmsg", "AF_NETLINK");

    /// <summary>Receives one datagram of netlink messages; one that does not fit is EMSGSIZE. MSG_TRUNC makes the kernel say
    /// the true length (recv(2)): a list of messages that was cut in silence would look complete.</summary>
    public static int NetlinkReceive(int fd, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            long count = Check(Try(Sys.recvfrom, fd, (long)p, buffer.Length, MsgFlags.MSG_TRUNC), "recvfrom", "AF_NETLINK");
            return (int)Check(count > buffer.Length ? -Errno.EMSGSIZE : count, "recvfrom", "AF_NETLINK");
        }
    }
}
