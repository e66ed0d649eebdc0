namespace OciRun.Kernel;

/// <summary>Flags and message types of netlink(7) and rtnetlink(7).</summary>
public static class Netlink
{
    public const int NETLINK_ROUTE = 0;
    public const int NLM_F_REQUEST = 1;
    public const int NLM_F_MULTI = 2;
    public const int NLM_F_ACK = 4;
    public const int NLM_F_ROOT = 256;
    public const int NLM_F_MATCH = 512;
    public const int NLM_F_DUMP = 768;
    public const int NLM_F_REPLACE = 256;
    public const int NLM_F_EXCL = 512;
    public const int NLM_F_CREATE = 1024;
    public const int NLMSG_NOOP = 1;
    public const int NLMSG_ERROR = 2;
    public const int NLMSG_DONE = 3;
    public const int RTM_NEWLINK = 16;
    public const int RTM_DELLINK = 17;
    public const int RTM_GETLINK = 18;
    public const int RTM_SETLINK = 19;
    public const int RTM_NEWADDR = 20;
    public const int RTM_DELADDR = 21;
    public const int RTM_GETADDR = 22;
}

/// <summary>Attribute types of rtnetlink(7) link and address messages.</summary>
public static class RtAttrType
{
    public const int IFLA_UNSPEC = 0;
    public const int IFLA_ADDRESS = 1;
    public const int IFLA_BROADCAST = 2;
    public const int IFLA_IFNAME = 3;
    public const int IFLA_MTU = 4;
    public const int IFLA_LINK = 5;
    public const int IFLA_MASTER = 10;
    public const int IFLA_NET_NS_PID = 19;
    public const int IFLA_NET_NS_FD = 28;
    public const int IFLA_NEW_IFINDEX = 49;
    public const int IFLA_ALT_IFNAME = 53;
    public const int IFLA_PROP_LIST = 52;
    public const int IFA_UNSPEC = 0;
    public const int IFA_ADDRESS = 1;
    public const int IFA_LOCAL = 2;
    public const int IFA_LABEL = 3;
    public const int IFA_BROADCAST = 4;
    public const int IFA_CACHEINFO = 6;
    public const int IFA_FLAGS = 8;
}

/// <summary>Interface flags, netdevice(7).</summary>
public static class IfFlags
{
    public const uint IFF_UP = 1;
    public const uint IFF_BROADCAST = 2;
    public const uint IFF_LOOPBACK = 8;
    public const uint IFF_POINTOPOINT = 0x10;
    public const uint IFF_RUNNING = 0x40;
    public const uint IFF_NOARP = 0x80;
    public const uint IFF_PROMISC = 0x100;
    public const uint IFF_MULTICAST = 0x1000;
}

/// <summary>Address flags of rtnetlink(7).</summary>
public static class IfAddrFlags
{
    public const uint IFA_F_SECONDARY = 1;
    public const uint IFA_F_NODAD = 2;
    public const uint IFA_F_OPTIMISTIC = 4;
    public const uint IFA_F_DADFAILED = 8;
    public const uint IFA_F_HOMEADDRESS = 0x10;
    public const uint IFA_F_DEPRECATED = 0x20;
    public const uint IFA_F_TENTATIVE = 0x40;
    public const uint IFA_F_PERMANENT = 0x80;
    public const uint IFA_F_MANAGETEMPADDR = 0x100;
    public const uint IFA_F_NOPREFIXROUTE = 0x200;
    public const uint IFA_F_MCAUTOJOIN = 0x400;
    public const uint IFA_F_STABLE_PRIVACY = 0x800;
}

/// <summary>Address scopes.</summary>
public static class RtScope
{
    public const int RT_SCOPE_UNIVERSE = 0;
    public const int RT_SCOPE_SITE = 200;
    public const int RT_SCOPE_LINK = 253;
    public const int RT_SCOPE_HOST = 254;
    public const int RT_SCOPE_NOWHERE = 255;
}
