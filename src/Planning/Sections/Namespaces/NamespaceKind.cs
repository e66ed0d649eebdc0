using System;
using System.Text;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning.Steps;

/// <summary>One kind of namespace: its word in config.json, its CLONE_NEW* bit and its file below /proc/PID/ns.</summary>
public readonly record struct NamespaceKind(string Type, int Flag, string File)
{
    /// <summary>config-linux.md, "Namespaces".</summary>
    public static NamespaceKind[] All() =>
    [
        new("cgroup", CLONE_NEWCGROUP, "cgroup"),
        new("ipc", CLONE_NEWIPC, "ipc"),
        new("mount", CLONE_NEWNS, "mnt"),
        new("network", CLONE_NEWNET, "net"),
        new("pid", CLONE_NEWPID, "pid"),
        new("time", CLONE_NEWTIME, "time"),
        new("user", CLONE_NEWUSER, "user"),
        new("uts", CLONE_NEWUTS, "uts"),
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
