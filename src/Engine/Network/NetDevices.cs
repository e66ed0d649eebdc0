using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Syscalls;

namespace OciRun.Engine.Network;

/// <summary>Gives network devices of the runtime's network namespace to a container (config-linux.md, "Network
/// Devices").</summary>
static class NetDevices
{
    /// <summary>What an address keeps of its flags when it is made again; the others tell its state.</summary>
    const uint KeptFlags = IfAddrFlags.IFA_F_NODAD | IfAddrFlags.IFA_F_HOMEADDRESS | IfAddrFlags.IFA_F_MANAGETEMPADDR |
        IfAddrFlags.IFA_F_NOPREFIXROUTE | IfAddrFlags.IFA_F_MCAUTOJOIN;

    /// <summary>An address as the kernel reported it.</summary>
    sealed record Address(Ifaddrmsg Header, uint Flags, List<(ushort Type, byte[] Payload)> Attributes);

    /// <summary>Moves all devices of the step to the network namespace of process <paramref name="pid"/>.</summary>
    public static void Move(NetDevicesStep step, int pid)
    {
        string path = "/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/ns/net";
        using SafeFd target = Syscall.Open(path, OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC);
        using var own = new NetlinkRoute();
        using NetlinkRoute inside = OpenIn(target);
        foreach (MovedDevice device in step.Devices)
        {
            MoveOne(step, device, own, inside, target);
        }
    }

    /// <summary>A network namespace is the calling thread's: it goes there for one system call and comes back.</summary>
    static NetlinkRoute OpenIn(SafeFd target)
    {
        using SafeFd back = Syscall.Open("/proc/thread-self/ns/net", OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC);
        Syscall.Setns(target, CloneFlags.CLONE_NEWNET);
        try
        {
            return new NetlinkRoute();
        }
        finally
        {
            Syscall.Setns(back, CloneFlags.CLONE_NEWNET);
        }
    }

    static void MoveOne(NetDevicesStep step, MovedDevice device, NetlinkRoute own, NetlinkRoute inside, int target)
    {
        int index = own.IndexOf(device.Name);
        if (index == -Errno.ENODEV)
        {
            throw new RuntimeException($"{device.ConfigPath}: there is no network device \"{device.Name}\" in the runtime's " +
                $"network namespace",
                "ip link lists the devices");
        }
        Check(index, "RTM_GETLINK", device, step);
        if (inside.IndexOf(device.NewName) >= 0)
        {
            // The kernel moves first and renames then: a device whose new name is taken would stay there, or die with the
            // namespace.
            Check(-Errno.EEXIST, "RTM_NEWLINK", device, step);
        }
        List<Address> addresses = AddressesOf(own, index);
        int newIndex = FreeIndex(inside, index);
        Span<byte> buffer = stackalloc byte[256];
        var request = new RouteRequest(buffer, Netlink.RTM_NEWLINK, Netlink.NLM_F_ACK);
        request.Struct(new Ifinfomsg { ifi_index = index });
        request.Attribute(RtAttrType.IFLA_NET_NS_FD, (uint)target);
        request.Attribute(RtAttrType.IFLA_NEW_IFINDEX, (uint)newIndex);
        request.Attribute(RtAttrType.IFLA_IFNAME, device.NewName);
        Check(own.Acknowledge(request.Finish()), "RTM_NEWLINK", device, step);
        index = newIndex;
        foreach (Address address in addresses)
        {
            Check(AddAddress(inside, index, address), "RTM_NEWADDR", device, step);
        }
        Check(SetUp(inside, index), "RTM_NEWLINK", device, step);
    }

    /// <summary>An index that no device has there yet, best the one that the device has here. Given to the kernel (Linux 5.12),
    /// it tells the device afterwards, whose name may be of the kernel's making.</summary>
    static int FreeIndex(NetlinkRoute inside, int index)
    {
        while (inside.HasIndex(index))
        {
            index++;
        }
        return index;
    }

    static void Check(int result, string request, MovedDevice device, NetDevicesStep step)
    {
        if (result < 0)
        {
            throw new RuntimeException($"{device.ConfigPath}: netlink {request}: {ErrorText.Describe(-result)}",
                step.Hint(request, -result));
        }
    }

    /// <summary>Permanent ones of global scope; the kernel makes the others by itself, or whoever made them renews
    /// them.</summary>
    static List<Address> AddressesOf(NetlinkRoute route, int index)
    {
        Span<byte> buffer = stackalloc byte[64];
        var request = new RouteRequest(buffer, Netlink.RTM_GETADDR, Netlink.NLM_F_DUMP);
        request.Struct(default(Ifaddrmsg));
        var result = new List<Address>();
        route.Query(request.Finish(), (type, body) =>
        {
            Ifaddrmsg header = MemoryMarshal.Read<Ifaddrmsg>(body);
            if (type != Netlink.RTM_NEWADDR || header.ifa_index != index || header.ifa_scope != RtScope.RT_SCOPE_UNIVERSE)
            {
                return;
            }
            List<(ushort Type, byte[] Payload)> attributes = NetlinkRoute.Attributes(body[Unsafe.SizeOf<Ifaddrmsg>()..]);
            uint flags = header.ifa_flags;
            foreach ((ushort kind, byte[] payload) in attributes)
            {
                flags = kind == RtAttrType.IFA_FLAGS ? MemoryMarshal.Read<uint>(payload) : flags;
            }
            if ((flags & IfAddrFlags.IFA_F_PERMANENT) != 0)
            {
                result.Add(new Address(header, flags, attributes));
            }
        });
        return result;
    }

    static int AddAddress(NetlinkRoute route, int index, Address address)
    {
        Span<byte> buffer = stackalloc byte[256];
        var request = new RouteRequest(buffer, Netlink.RTM_NEWADDR, Netlink.NLM_F_ACK | Netlink.NLM_F_CREATE |
            Netlink.NLM_F_REPLACE);
        request.Struct(address.Header with { ifa_index = (uint)index, ifa_flags = 0 });
        foreach ((ushort type, byte[] payload) in address.Attributes)
        {
            if (type is RtAttrType.IFA_ADDRESS or RtAttrType.IFA_LOCAL or RtAttrType.IFA_BROADCAST)
            {
                request.Attribute(type, payload);
            }
        }
        request.Attribute(RtAttrType.IFA_FLAGS, address.Flags & KeptFlags);
        return route.Acknowledge(request.Finish());
    }

    static int SetUp(NetlinkRoute route, int index)
    {
        Span<byte> buffer = stackalloc byte[64];
        var request = new RouteRequest(buffer, Netlink.RTM_NEWLINK, Netlink.NLM_F_ACK);
        request.Struct(new Ifinfomsg { ifi_index = index, ifi_flags = IfFlags.IFF_UP, ifi_change = IfFlags.IFF_UP });
        return route.Acknowledge(request.Finish());
    }
}
