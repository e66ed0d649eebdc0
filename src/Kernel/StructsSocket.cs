using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OciRun.Kernel;

/// <summary><c>struct iovec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Iovec
{
    public void* iov_base;
    public nuint iov_len;
}

/// <summary><c>struct msghdr</c> of sendmsg(2), 56 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 56)]
public unsafe struct Msghdr
{
    [FieldOffset(0)] public void* msg_name;
    [FieldOffset(8)] public uint msg_namelen;
    [FieldOffset(16)] public Iovec* msg_iov;
    [FieldOffset(24)] public nuint msg_iovlen;
    [FieldOffset(32)] public void* msg_control;
    [FieldOffset(40)] public nuint msg_controllen;
    [FieldOffset(48)] public int msg_flags;
}

/// <summary><c>struct cmsghdr</c>; its data follows at offset 16, and the next header at a multiple of 8.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Cmsghdr
{
    public nuint cmsg_len;
    public int cmsg_level;
    public int cmsg_type;
}

/// <summary>The 108 bytes of sun_path.</summary>
[InlineArray(108)]
public struct SunPath
{
    byte first;
}

/// <summary><c>struct sockaddr_un</c>, 110 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SockaddrUn
{
    public ushort sun_family;
    public SunPath sun_path;
}

/// <summary><c>struct sockaddr_nl</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SockaddrNl
{
    public ushort nl_family;
    public ushort nl_pad;
    public uint nl_pid;
    public uint nl_groups;
}

/// <summary><c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PollFd
{
    public int fd;
    public short events;
    public short revents;
}

/// <summary>The 16 bytes of ifr_name.</summary>
[InlineArray(16)]
public struct IfName
{
    byte first;
}

/// <summary><c>struct ifreq</c>, 40 bytes, with the members of its union that are used.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
public struct Ifreq
{
    [FieldOffset(0)] public IfName ifr_name;
    [FieldOffset(16)] public short ifr_flags;
    [FieldOffset(16)] public int ifr_ifindex;
    [FieldOffset(16)] public IfName ifr_newname;
}

/// <summary><c>struct nlmsghdr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Nlmsghdr
{
    public uint nlmsg_len;
    public ushort nlmsg_type;
    public ushort nlmsg_flags;
    public uint nlmsg_seq;
    public uint nlmsg_pid;
}

/// <summary><c>struct ifinfomsg</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Ifinfomsg
{
    public byte ifi_family;
    public byte __ifi_pad;
    public ushort ifi_type;
    public int ifi_index;
    public uint ifi_flags;
    public uint ifi_change;
}

/// <summary><c>struct ifaddrmsg</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Ifaddrmsg
{
    public byte ifa_family;
    public byte ifa_prefixlen;
    public byte ifa_flags;
    public byte ifa_scope;
    public uint ifa_index;
}

/// <summary><c>struct rtattr</c>; its payload follows at offset 4, and the next attribute at a multiple of 4.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Rtattr
{
    public ushort rta_len;
    public ushort rta_type;
}
