namespace OciRun.Kernel;

/// <summary>Inode numbers of the namespaces that the kernel starts with, of linux/nsfs.h; those of all others lie above. The last
/// two are Linux 6.18; before, they are numbers like any other.</summary>
public static class NamespaceInodes
{
    public const uint IPC_NS_INIT_INO = 0xEFFFFFFF;
    public const uint UTS_NS_INIT_INO = 0xEFFFFFFE;
    public const uint USER_NS_INIT_INO = 0xEFFFFFFD;
    public const uint PID_NS_INIT_INO = 0xEFFFFFFC;
    public const uint CGROUP_NS_INIT_INO = 0xEFFFFFFB;
    public const uint TIME_NS_INIT_INO = 0xEFFFFFFA;
    public const uint NET_NS_INIT_INO = 0xEFFFFFF9;
    public const uint MNT_NS_INIT_INO = 0xEFFFFFF8;
}
