using System;
using System.Text;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;
using static OciRun.Kernel.NamespaceInodes;

namespace OciRun.Planning.Steps;

/// <summary>One kind of namespace: its word in config.json, its CLONE_NEW* bit, its file below /proc/PID/ns, and the inode of the
/// one that the kernel starts with.</summary>
public readonly record struct NamespaceKind(string Type, int Flag, string File, uint InitialInode)
{
    /// <summary>config-linux.md, "Namespaces".</summary>
    public static NamespaceKind[] All() =>
    [
        new("cgroup", CLONE_NEWCGROUP, "cgroup", CGROUP_NS_INIT_INO),
        new("ipc", CLONE_NEWIPC, "ipc", IPC_NS_INIT_INO),
        new("mount", CLONE_NEWNS, "mnt", MNT_NS_INIT_INO),
        new("network", CLONE_NEWNET, "net", NET_NS_INIT_INO),
        new("pid", CLONE_NEWPID, "pid", PID_NS_INIT_INO),
        new("time", CLONE_NEWTIME, "time", TIME_NS_INIT_INO),
        new("user", CLONE_NEWUSER, "user", USER_NS_INIT_INO),
        new("uts", CLONE_NEWUTS, "uts", UTS_NS_INIT_INO),
    ];

    /// <summary>The kind of a word of linux.namespaces; null for a word that is none.</summary>
    public static NamespaceKind? Of(string? type)
    {
        foreach (NamespaceKind kind in All())
        {
            if (kind.Type == type)
            {
                return kind;
            }
        }
        return null;
    }

    /// <summary>0 for a word that is none.</summary>
    public static int FlagOf(string? type) => Of(type)?.Flag ?? 0;

    /// <summary>CLONE_NEW* of all that a config names.</summary>
    public static int AllOf(RuntimeSpec spec) => NewOf(spec) | JoinedOf(spec);

    /// <summary>The kinds that a config makes anew; those with a path are joined.</summary>
    public static int NewOf(RuntimeSpec spec) => KindsOf(spec, joined: false);

    /// <summary>Whether all processes of the pid namespace are the container's, and end with its init.</summary>
    public static bool HasOwnPidNamespace(RuntimeSpec spec) => (NewOf(spec) & CLONE_NEWPID) != 0;

    public static int JoinedOf(RuntimeSpec spec) => KindsOf(spec, joined: true);

    static int KindsOf(RuntimeSpec spec, bool joined)
    {
        int kinds = 0;
        foreach (SpecNamespace one in spec.Linux?.Namespaces ?? [])
        {
            kinds |= string.IsNullOrEmpty(one.Path) != joined ? FlagOf(one.Type) : 0;
        }
        return kinds;
    }

    /// <summary>Names of the kinds in a set of flags, with commas.</summary>
    public static string Names(int flags)
    {
        var text = new StringBuilder();
        foreach (NamespaceKind kind in All())
        {
            if ((flags & kind.Flag) != 0)
            {
                text.Append(text.Length == 0 ? "" : ", ").Append(kind.Type);
            }
        }
        return text.Length == 0 ? "none" : text.ToString();
    }
}
