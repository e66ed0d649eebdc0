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
        new("cgroup", CLONE_NEWCGROUP, "cgroup"), new("ipc", CLONE_NEWIPC, "ipc"), new("mount", CLONE_NEWNS, "mnt"), new("network", CLONE_NEWNET, "net"),
        new("pid", CLONE_NEWPID, "pid"), new("time", CLONE_NEWTIME, "time"), new("user", CLONE_NEWUSER, "user"), new("uts", CLONE_NEWUTS, "uts"),
    ];

    public static int FlagOf(string? type) => type switch
    {
        "cgroup" => CLONE_NEWCGROUP,
        "ipc" => CLONE_NEWIPC,
        "mount" => CLONE_NEWNS,
        "network" => CLONE_NEWNET,
        "pid" => CLONE_NEWPID,
        "time" => CLONE_NEWTIME,
        "user" => CLONE_NEWUSER,
        "uts" => CLONE_NEWUTS,
        _ => 0,
    };

    /// <summary>The kinds that a config makes anew; those with a path are joined.</summary>
    public static int NewOf(RuntimeSpec spec)
    {
        int kinds = 0;
        foreach (SpecNamespace one in spec.Linux?.Namespaces ?? [])
        {
            kinds |= string.IsNullOrEmpty(one.Path) ? FlagOf(one.Type) : 0;
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
