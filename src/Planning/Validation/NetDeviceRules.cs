using System;
using System.Collections.Generic;
using System.Text;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config-linux.md, "Network Devices".</summary>
static class NetDeviceRules
{
    /// <summary>IFNAMSIZ without its final NUL.</summary>
    const int MaxName = 15;

    public static void Check(SpecLinux linux, Rules rules)
    {
        if (linux.NetDevices is not { Count: > 0 } devices)
        {
            return;
        }

        if (Rules.Namespace(linux, "network") is null)
        {
            rules.Problem("linux.netDevices", "needs a network namespace in linux.namespaces");
        }

        var targets = new HashSet<string>();
        foreach (KeyValuePair<string, SpecNetDevice> device in devices)
        {
            string path = ConfigPath.Key("linux.netDevices", device.Key);
            string target = string.IsNullOrEmpty(device.Value.Name) ? device.Key : device.Value.Name;
            if (NameFault(device.Key) is string fault)
            {
                rules.Problem(path, fault);
            }
            else if (NameFault(target) is string targetFault)
            {
                rules.Problem(path + ".name", targetFault);
            }
            else if (!targets.Add(target))
            {
                rules.Problem(path + ".name", $"\"{target}\" is the name of two devices");
            }
        }
    }

    /// <summary>dev_valid_name of the kernel. A '%' would make it number the devices.</summary>
    static string? NameFault(string name)
    {
        int length = Encoding.UTF8.GetByteCount(name);
        if (length is 0 or > MaxName)
        {
            return $"\"{name}\" is no interface name: it must have 1 to {MaxName} bytes";
        }

        bool bad = name is "." or "..";
        foreach (char c in name)
        {
            bad |= c is '/' or ':' or '%' || char.IsWhiteSpace(c);
        }

        return bad ? $"\"{name}\" is no interface name" : null;
    }
}
