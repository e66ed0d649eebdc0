using System;
using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config-linux.md, "Sysctl": only what a namespace of the container's own holds may be set, for all else is the
/// host's.</summary>
public static class SysctlRules
{
    /// <summary>The path of a sysctl below /proc/sys, or null if the name is no such path. The first separator decides, as in
    /// sysctl.d(5): in <c>net/ipv4/conf/eth0.100/forwarding</c> the dot is part of a name, and in
    /// <c>net.ipv4.conf.eth0/100.forwarding</c> the slash stands for one.</summary>
    public static string? PathOf(string name)
    {
        int first = name.AsSpan().IndexOfAny('.', '/');
        string path = first >= 0 && name[first] == '.' ? Swap(name) : name;
        foreach (Range part in path.AsSpan().Split('/'))
        {
            if (path.AsSpan()[part] is "" or "." or "..")
            {
                return null;
            }
        }

        return first < 0 || path.AsSpan().ContainsAny('\0', '\n') ? null : path;
    }

    internal static void Check(RuntimeSpec spec, SpecLinux linux, Rules rules)
    {
        if (linux.Sysctl is null)
        {
            return;
        }

        foreach (KeyValuePair<string, string> entry in linux.Sysctl)
        {
            if (Fault(spec, entry.Key, entry.Value) is string fault)
            {
                rules.Problem(ConfigPath.Key("linux.sysctl", entry.Key), fault);
            }
            else if (Reach(linux, entry.Key, rules) is string reach)
            {
                rules.Refusal(ConfigPath.Key("linux.sysctl", entry.Key), reach);
            }
        }
    }

    static string? Fault(RuntimeSpec spec, string name, string value)
    {
        if (PathOf(name) is not string path)
        {
            return "is no name of a sysctl";
        }

        if (value.AsSpan().ContainsAny('\0', '\n'))
        {
            return "the value has a line break in it";
        }

        if (path == "kernel/hostname")
        {
            return "cannot be set here; use hostname";
        }

        if (path == "kernel/domainname" && !string.IsNullOrEmpty(spec.Domainname) && spec.Domainname != value)
        {
            return $"\"{value}\" is not what domainname says, \"{spec.Domainname}\"";
        }

        return null;
    }

    /// <summary>What is wrong with setting it in the namespaces of this container.</summary>
    static string? Reach(SpecLinux linux, string name, Rules rules)
    {
        if (NamespaceOf(PathOf(name)!) is not string type)
        {
            return "is not in a separate kernel namespace, so setting it would change the host";
        }

        return rules.HasOwn(linux, type)
            ? null
            : $"is not allowed in the host's {type} namespace: it needs {(type == "ipc" ? "an" : "a")} {type} namespace in " +
            $"linux.namespaces";
    }

    static string? NamespaceOf(string path) => path switch
    {
        "kernel/domainname" => "uts",
        "kernel/msgmax" or "kernel/msgmnb" or "kernel/msgmni" or "kernel/sem" or "kernel/shmall" or "kernel/shmmax"
            or "kernel/shmmni" or "kernel/shm_rmid_forced" => "ipc",
        _ when path.StartsWith("fs/mqueue/", StringComparison.Ordinal) => "ipc",
        _ when path.StartsWith("net/", StringComparison.Ordinal) => "network",
        _ when path.StartsWith("user/", StringComparison.Ordinal) => "user",
        _ => null,
    };

    static string Swap(string name) => string.Create(name.Length, name, static (result, name) =>
    {
        for (int i = 0; i < name.Length; i++)
        {
            result[i] = name[i] switch
            {
                '.' => '/',
                '/' => '.',
                char other => other,
            };
        }
    });
}
