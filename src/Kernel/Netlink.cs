namespace OciRun.Kernel;

/// <summary>Flags and message types of netlink(7) and rtnetlink(7).</summary>
public static class Netlink
{
    public const int NETLINK_ROUTE = 0;
    public const int NLM_F_REQUEST = 1;
    public const int NLM_F_MULTI = 2;
    public const int NLM_F_ACK = 4;
    public const int NLM_F_DUMP = 768;
    public const int NLM_F_REPLACE = 256;
    public const int NLM_F_CREATE = 1024;
    public const int NLMSG_ERROR = 2;
    public const int NLMSG_DONE = 3;
    public const int NLA_F_NESTED = 0x8000;
    public const int NLA_F_NET_BYTEORDER = 0x4000;
    public const int RTM_NEWLINK = 16;
    public const int RTM_GETLINK = 18;
    public const int RTM_NEWADDR = 20;
    public const int RTM_GETADDR = 22;
}

/// <summary>Attribute types of rtnetlink(7) link and address messages.</summary>
public static class RtAttrType
{
    public const int IFLA_IFNAME = 3;
    public const int IFLA_NET_NS_FD = 28;
    public const int IFLA_NEW_IFINDEX = 49;
    public const int IFA_ADDRESS = 1;
    public const int IFA_LOCAL = 2;
    public const int IFA_BROADCAST = 4;
    public const int IFA_FLAGS = 8;
}

/// <summary>Interface flags, netdevice(7).</summary>
public static class IfFlags
{
    public const uint IFF_UP = 1;
}

/// <summary>Address flags of rtnetlink(7).</summary>
public static class IfAddrFlags
{
    public const uint IFA_F_NODAD = 2;
    public const uint IFA_F_HOMEADDRESS = 0x10;
    public const uint IFA_F_PERMANENT = 0x80;
    public const uint IFA_F_MANAGETEMPADDR = 0x100;
    public const uint IFA_F_NOPREFIXROUTE = 0x200;
    public const uint IFA_F_MCAUTOJOIN = 0x400;
}

/// <summary>Address scopes.</summary>
public static class RtScope
{
    public const int RT_SCOPE_UNIVERSE = 0;
}
