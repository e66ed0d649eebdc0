using System;
using System.Collections.Generic;
using System.Text;
using OciRun.Kernel;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config-linux.md, "Network Devices".</summary>
public static class NetDeviceRules
{
    internal static void Check(SpecLinux linux, Rules rules)
    {
        if (linux.NetDevices is not { Count: > 0 } devices)
        {
            return;
        }

        if (!rules.HasOwn(linux, "network"))
        {
            rules.Refusal("linux.netDevices", "needs a network namespace in linux.namespaces");
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
            else if (NameFault(target, IsTemplate(target) ? target.Length - 2 : -1) is string targetFault)
            {
                rules.Problem(path + ".name", targetFault);
            }
            else if (!IsTemplate(target) && !targets.Add(target))
            {
                rules.Problem(path + ".name", $"\"{target}\" is the name of two devices");
            }
        }
    }

    /// <summary>A name that ends with %d: the kernel puts the lowest free number there.</summary>
    public static bool IsTemplate(string name) => name.EndsWith("%d", StringComparison.Ordinal);

    /// <summary>dev_valid_name of the kernel. A '%' makes it number the devices, so one may stand at <paramref name="percent"/>
    /// only.</summary>
    static string? NameFault(string name, int percent = -1)
    {
        int length = Encoding.UTF8.GetByteCount(name);
        if (length is 0 or >= Limits.IFNAMSIZ)
        {
            return $"\"{name}\" is no interface name: it must have 1 to {Limits.IFNAMSIZ - 1} bytes";
        }

        bool bad = name is "." or "..";
        for (int i = 0; i < name.Length; i++)
        {
            bad |= name[i] is '/' or ':' || char.IsWhiteSpace(name[i]) || name[i] == '%' && i != percent;
        }

        return bad ? $"\"{name}\" is no interface name" : null;
    }
}
