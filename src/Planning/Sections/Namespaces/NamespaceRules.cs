using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config-linux.md, "Namespaces" and "Offset for Time Namespace".</summary>
static class NamespaceRules
{
    public static void Check(SpecLinux linux, Rules rules)
    {
        int seen = 0;
        for (int i = 0; i < (linux.Namespaces?.Count ?? 0); i++)
        {
            SpecNamespace entry = linux.Namespaces![i];
            string path = ConfigPath.Item("linux.namespaces", i);
            if (!string.IsNullOrEmpty(entry.Path) && Rules.PathFault(entry.Path) is string fault)
            {
                rules.Problem(path + ".path", fault);
            }

            if (string.IsNullOrEmpty(entry.Type))
            {
                rules.Missing(path + ".type");
            }
            else if (NamespaceKind.Of(entry.Type) is not { Flag: int flag })
            {
                rules.Problem(path + ".type", $"unknown namespace \"{entry.Type}\"");
            }
            else if ((seen & flag) != 0)
            {
                rules.Problem(path + ".type", $"{entry.Type} is given twice");
            }
            else
            {
                seen |= flag;
                CheckUser(linux, flag, path, rules);
            }
        }

        CheckTimeOffsets(linux, rules);
    }

    /// <summary>setns(2) gives EINVAL for the user namespace that the caller is in already.</summary>
    static void CheckUser(SpecLinux linux, int flag, string path, Rules rules)
    {
        if (flag == CloneFlags.CLONE_NEWUSER && !rules.HasOwn(linux, "user"))
        {
            rules.Problem(path + ".path", "is the host's own user namespace, which nothing can join: leave the entry out");
        }
    }

    static void CheckTimeOffsets(SpecLinux linux, Rules rules)
    {
        if (linux.TimeOffsets is not { Count: > 0 })
        {
            return;
        }

        SpecNamespace? time = Rules.Namespace(linux, "time");
        if (time is null || !string.IsNullOrEmpty(time.Path))
        {
            rules.Problem("linux.timeOffsets", "needs a new time namespace in linux.namespaces; those of a joined one are fixed");
        }

        foreach (KeyValuePair<string, SpecTimeOffset> offset in linux.TimeOffsets)
        {
            if (offset.Key is not ("monotonic" or "boottime"))
            {
                rules.Problem(ConfigPath.Key("linux.timeOffsets", offset.Key), "is no clock; must be monotonic or boottime");
            }

            if (offset.Value.Nanosecs >= 1_000_000_000)
            {
                rules.Problem(ConfigPath.Key("linux.timeOffsets", offset.Key) + ".nanosecs",
                    $"{offset.Value.Nanosecs} is out of range (0 to 999999999)");
            }
        }
    }
}
