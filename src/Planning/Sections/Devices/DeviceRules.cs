using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Spec;
using static OciRun.Kernel.Mode;
using static OciRun.Kernel.StatMode;

namespace OciRun.Planning.Validation;

/// <summary>config-linux.md, "Devices".</summary>
static class DeviceRules
{
    public static void Check(List<SpecDevice>? devices, Rules rules)
    {
        for (int i = 0; i < (devices?.Count ?? 0); i++)
        {
            SpecDevice device = devices![i];
            string path = ConfigPath.Item("linux.devices", i);
            if (string.IsNullOrEmpty(device.Path))
            {
                rules.Missing(path + ".path");
            }
            else if (Rules.PathFault(device.Path) is string fault)
            {
                rules.Problem(path + ".path", fault);
            }

            if (string.IsNullOrEmpty(device.Type))
            {
                rules.Missing(path + ".type");
            }
            else if (device.Type is not ("c" or "u" or "b" or "p"))
            {
                rules.Problem(path + ".type", $"\"{device.Type}\" is none of c, u (the same), b and p");
            }
            else if (device.Type != "p")
            {
                CheckNumber(device.Major, Dev.LastMajor, path + ".major", rules);
                CheckNumber(device.Minor, Dev.LastMinor, path + ".minor", rules);
            }

            CheckOwner(device.Uid, path, ".uid", rules);
            CheckOwner(device.Gid, path, ".gid", rules);
            if ((device.FileMode & ~(O7777 | S_IFMT)) > 0)
            {
                rules.Problem(path + ".fileMode", $"{device.FileMode} has bits that no file mode has; it is a decimal number");
            }
            else if (device.FileMode > O777)
            {
                rules.Strict(path + ".fileMode", $"{device.FileMode} is out of range (0 to 511, which is 0777)");
            }
        }
    }

    static void CheckOwner(uint? id, string path, string member, Rules rules)
    {
        if (id == ProcessRules.NoId)
        {
            ProcessRules.CheckId(ProcessRules.NoId, path + member, rules);
        }
    }

    static void CheckNumber(long? number, long max, string path, Rules rules)
    {
        if (number is null)
        {
            rules.Missing(path);
        }
        else if (number < 0 || number > max)
        {
            rules.Problem(path, $"{number} is out of range (0 to {max})");
        }
    }
}
