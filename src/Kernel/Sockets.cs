namespace OciRun.Kernel;

/// <summary>Address families.</summary>
public static class AddressFamily
{
    public const int AF_UNSPEC = 0;
    public const int AF_UNIX = 1;
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
    public const int AF_NETLINK = 16;
    public const int AF_PACKET = 17;
}

/// <summary>Socket types and their flags.</summary>
public static class SocketType
{
    public const int SOCK_STREAM = 1;
    public const int SOCK_DGRAM = 2;
    public const int SOCK_RAW = 3;
    public const int SOCK_SEQPACKET = 5;
    public const int SOCK_CLOEXEC = 524288;
    public const int SOCK_NONBLOCK = 2048;
}

/// <summary>Options and control messages at SOL_SOCKET level.</summary>
public static class SocketOption
{
    public const int SOL_SOCKET = 1;
    public const int SO_PASSCRED = 16;
    public const int SO_PEERCRED = 17;
    public const int SO_RCVTIMEO = 20;
    public const int SO_SNDTIMEO = 21;
    public const int SO_SNDBUF = 7;
    public const int SO_RCVBUF = 8;
    public const int SO_ERROR = 4;
    public const int SO_TYPE = 3;
    public const int SO_DOMAIN = 39;
    public const int SCM_RIGHTS = 1;
    public const int SCM_CREDENTIALS = 2;
    public const int SOMAXCONN = 4096;
    public const int SHUT_RD = 0;
    public const int SHUT_WR = 1;
    public const int SHUT_RDWR = 2;
}

/// <summary>Flags of sendmsg(2) and recvmsg(2).</summary>
public static class MsgFlags
{
    public const int MSG_PEEK = 2;
    public const int MSG_CTRUNC = 8;
    public const int MSG_TRUNC = 0x20;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_CMSG_CLOEXEC = 0x40000000;
    public const int MSG_WAITALL = 0x100;
    public const int MSG_EOR = 0x80;
}

/// <summary>Events of poll(2).</summary>
public static class PollEvents
{
    public const int POLLIN = 1;
    public const int POLLPRI = 2;
    public const int POLLOUT = 4;
    public const int POLLERR = 8;
    public const int POLLHUP = 16;
    public const int POLLNVAL = 32;
    public const int POLLRDHUP = 8192;
}

/// <summary>Operations and events of epoll(7).</summary>
public static class Epoll
{
    public const int EPOLL_CLOEXEC = 0x80000;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;
    public const int EPOLLIN = 1;
    public const int EPOLLPRI = 2;
    public const int EPOLLOUT = 4;
    public const int EPOLLERR = 8;
    public const int EPOLLHUP = 0x10;
    public const int EPOLLRDHUP = 0x2000;
    public const int EPOLLONESHOT = 0x40000000;
    public const uint EPOLLET = 0x80000000;
}

/// <summary>Flags and events of inotify(7), for cgroup memory.events.</summary>
public static class Inotify
{
    public const int IN_CLOEXEC = 0x80000;
    public const int IN_NONBLOCK = 0x800;
    public const int IN_ACCESS = 1;
    public const int IN_MODIFY = 2;
    public const int IN_ATTRIB = 4;
    public const int IN_CLOSE_WRITE = 8;
    public const int IN_CREATE = 0x100;
    public const int IN_DELETE = 0x200;
    public const int IN_DELETE_SELF = 0x400;
    public const int IN_MOVED_TO = 0x80;
    public const int IN_IGNORED = 0x8000;
}

/// <summary>Flags of eventfd2(2), for cgroup v1 notifications.</summary>
public static class Eventfd
{
    public const int EFD_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800;
}
