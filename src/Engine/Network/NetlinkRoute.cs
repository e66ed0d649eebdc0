using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.Network;

/// <summary>A socket of rtnetlink(7). It belongs to the network namespace in which it was opened.</summary>
sealed class NetlinkRoute : IDisposable
{
    readonly SafeFd _socket = Syscall.NetlinkSocket(Netlink.NETLINK_ROUTE);
    readonly byte[] _buffer = new byte[64 << 10];

    /// <summary>Sends a request with NLM_F_ACK; returns 0 or a negative errno.</summary>
    public int Acknowledge(ReadOnlySpan<byte> request)
    {
        Syscall.NetlinkSend(_socket, request);
        int result = -Errno.EPROTO;
        ReadMessages((type, body) => result = type == Netlink.NLMSG_ERROR ? MemoryMarshal.Read<int>(body) : result);
        return result;
    }

    /// <summary>Sends a request for a dump or a single object, and gives each message of the answer to
    /// <paramref name="take"/>.</summary>
    /// <returns>0 or a negative errno.</returns>
    public int Query(ReadOnlySpan<byte> request, MessageReader take)
    {
        Syscall.NetlinkSend(_socket, request);
        int result = 0;
        ReadMessages((type, body) =>
        {
            if (type == Netlink.NLMSG_ERROR)
            {
                result = MemoryMarshal.Read<int>(body);
            }
            else
            {
                take(type, body);
            }
        });
        return result;
    }

    public delegate void MessageReader(int type, ReadOnlySpan<byte> body);

    /// <summary>To the end of one answer: a message without NLM_F_MULTI, or NLMSG_DONE.</summary>
    void ReadMessages(MessageReader take)
    {
        int header = Unsafe.SizeOf<Nlmsghdr>();
        while (true)
        {
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, Syscall.NetlinkReceive(_socket, _buffer));
            while (bytes.Length >= header)
            {
                Nlmsghdr message = MemoryMarshal.Read<Nlmsghdr>(bytes);
                if (message.nlmsg_len < header || message.nlmsg_len > bytes.Length || message.nlmsg_type == Netlink.NLMSG_DONE)
                {
                    return;
                }
                take(message.nlmsg_type, bytes[header..(int)message.nlmsg_len]);
                if ((message.nlmsg_flags & Netlink.NLM_F_MULTI) == 0)
                {
                    return;
                }
                bytes = bytes[Math.Min(bytes.Length, (int)(message.nlmsg_len + 3) & ~3)..];
            }
        }
    }

    /// <summary>Attributes behind the fixed struct of a message.</summary>
    public static List<(ushort Type, byte[] Payload)> Attributes(ReadOnlySpan<byte> bytes)
    {
        var result = new List<(ushort, byte[])>();
        while (bytes.Length >= 4)
        {
            Rtattr attribute = MemoryMarshal.Read<Rtattr>(bytes);
            if (attribute.rta_len < 4 || attribute.rta_len > bytes.Length)
            {
                break;
            }
            int type = attribute.rta_type & ~(Netlink.NLA_F_NESTED | Netlink.NLA_F_NET_BYTEORDER);
            result.Add(((ushort)type, bytes[4..attribute.rta_len].ToArray()));
            bytes = bytes[Math.Min(bytes.Length, (attribute.rta_len + 3) & ~3)..];
        }
        return result;
    }

    /// <summary>The index of a device by name, or a negative errno.</summary>
    public int IndexOf(string name)
    {
        Span<byte> buffer = stackalloc byte[128];
        var request = new RouteRequest(buffer, Netlink.RTM_GETLINK, 0);
        request.Struct(default(Ifinfomsg));
        request.Attribute(RtAttrType.IFLA_IFNAME, name);
        int index = -Errno.ENODEV;
        int result = Query(request.Finish(), (type, body) => index = MemoryMarshal.Read<Ifinfomsg>(body).ifi_index);
        return result < 0 ? result : index;
    }

    /// <summary>Whether there is a device with this index.</summary>
    public bool HasIndex(int index)
    {
        Span<byte> buffer = stackalloc byte[64];
        var request = new RouteRequest(buffer, Netlink.RTM_GETLINK, 0);
        request.Struct(new Ifinfomsg { ifi_index = index });
        bool found = false;
        Query(request.Finish(), (type, body) => found = true);
        return found;
    }

    public void Dispose() => _socket.Dispose();
}
