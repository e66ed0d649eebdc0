using System.Collections.Generic;
using System.Globalization;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary>Device rules as DevicePolicy and DeviceAllow: systemd attaches its own program, again on every daemon-reload, and the
/// kernel asks all attached programs, so the unit must allow what the container's own program allows.</summary>
static class SystemdDevices
{
    public static void Add(DeviceRuleSet set, List<UnitProperty> properties, List<ConfigProblem> problems)
    {
        // systemd knows lists of allowed devices only. With a list of refused ones the container's own program does it all.
        if (set.DefaultAllow)
        {
            properties.Add(UnitProperty.Text("DevicePolicy", "auto"));
            properties.Add(new UnitProperty("DeviceAllow", new DBusVariant("a(ss)", new List<object>())));
            return;
        }
        List<object> allow = [];
        foreach (DeviceException device in set.Exceptions)
        {
            if (device.Major < 0 && device.Minor >= 0)
            {
                problems.Add(new ConfigProblem("linux.resources.devices",
                    "rule \"" + device + "\": systemd cannot allow a minor number of any major", IsWarning: true));
                continue;
            }
            allow.Add(new List<object> { Specifier(device), DeviceRuleSet.Text(device.Access) });
        }
        properties.Add(UnitProperty.Text("DevicePolicy", "strict"));
        properties.Add(new UnitProperty("DeviceAllow", new DBusVariant("a(ss)", allow)));
    }

    /// <summary>systemd.resource-control(5): a group of /proc/devices, where <c>*</c> is all and a number is a major; or a node,
    /// for which /dev/char/MAJOR:MINOR is understood even when it does not exist.</summary>
    static string Specifier(DeviceException device)
    {
        string kind = device.Type == 'b' ? "block" : "char";
        if (device.Major < 0)
        {
            return kind + "-*";
        }
        string major = device.Major.ToString(CultureInfo.InvariantCulture);
        return device.Minor < 0
            ? kind + "-" + major
            : "/dev/" + kind + "/" + major + ":" + device.Minor.ToString(CultureInfo.InvariantCulture);
    }
}
