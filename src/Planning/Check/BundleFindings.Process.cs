using System;
using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Spec;

namespace OciRun.Planning.Check;

// What the process and the mounts need of the kernel.
public static partial class BundleFindings
{
    static void CheckProcess(SpecProcess? process, HostSurvey host, List<Finding> findings)
    {
        if (process is null)
        {
            return;
        }

        if (process.ApparmorProfile is { Length: > 0 } profile && profile != "unconfined")
        {
            CheckApparmor(profile, host, findings);
        }

        if (!string.IsNullOrEmpty(process.SelinuxLabel) && !host.HasSelinux)
        {
            findings.Add(new Finding(Severity.Note, "process.selinuxLabel", "ignored: SELinux is off on this host"));
        }

        CheckCapabilities(process.Capabilities?.Bounding, host, findings);
        if (process.OomScoreAdj < 0 && !host.IsRoot)
        {
            findings.Add(new Finding(Severity.Warning, "process.oomScoreAdj", "only root may lower it",
                "run as root, or leave it out"));
        }

        if (host.KeysUsed is long used && host.KeysAllowed is long allowed && used >= allowed)
        {
            findings.Add(new Finding(Severity.Error, "process",
                $"this user has {used} of {allowed} keys, and a container's session keyring is one more",
                "raise kernel.keys.maxkeys (root: kernel.keys.root_maxkeys), or use --no-new-keyring"));
        }
    }

    static void CheckApparmor(string profile, HostSurvey host, List<Finding> findings)
    {
        const string path = "process.apparmorProfile";
        if (!host.HasApparmor)
        {
            findings.Add(new Finding(Severity.Error, path, "AppArmor is off on this host",
                "leave the profile out, or boot with apparmor=1"));
        }
        else if (host.ApparmorProfiles is { } profiles && !profiles.Contains(profile))
        {
            findings.Add(new Finding(Severity.Error, path, $"profile \"{profile}\" is not loaded",
                "load it with apparmor_parser -r"));
        }
    }

    static void CheckCapabilities(List<string>? names, HostSurvey host, List<Finding> findings)
    {
        for (int i = 0; i < (names?.Count ?? 0); i++)
        {
            if (Capabilities.Number(names![i]) > host.LastCapability)
            {
                findings.Add(new Finding(Severity.Warning, $"process.capabilities.bounding[{i}]",
                    $"kernel {host.Kernel} has no {names[i]} yet"));
            }
        }
    }

    static void CheckMounts(RuntimeSpec spec, HostSurvey host, List<Finding> findings)
    {
        for (int i = 0; i < (spec.Mounts?.Count ?? 0); i++)
        {
            SpecMount mount = spec.Mounts![i];
            if (MountKinds.Of(mount) is MountKind.FileSystem or MountKind.Cgroup && mount.Type is { } type and not "cgroup"
                && !host.FileSystems.Contains(type))
            {
                findings.Add(new Finding(Severity.Warning, $"mounts[{i}].type", $"the kernel has no file system \"{type}\" now",
                    "it may load the module when asked; try modprobe " + type));
            }

            for (int j = 0; j < (mount.Options?.Count ?? 0); j++)
            {
                CheckOption(mount.Options![j], $"mounts[{i}].options[{j}]", host, findings);
            }
        }
    }

    static void CheckOption(string option, string path, HostSurvey host, List<Finding> findings)
    {
        (int major, int minor) = option switch
        {
            "nosymfollow" or "rnosymfollow" => (5, 10),
            "rro" or "rrw" or "rnosuid" or "rsuid" or "rnodev" or "rdev" or "rnoexec" or "rexec" or "rnodiratime" or "rdiratime"
                or "rrelatime" or "rnorelatime" or "rnoatime" or "ratime" or "rstrictatime" or "rnostrictatime" => (5, 12),
            "idmap" or "ridmap" => (5, 12),
            _ when option.StartsWith("idmap=", StringComparison.Ordinal) || option.StartsWith("ridmap=",
                StringComparison.Ordinal) => (5, 12),
            _ => (0, 0),
        };
        if (!host.Kernel.IsAtLeast(major, minor))
        {
            findings.Add(new Finding(Severity.Error, path, $"\"{option}\" needs Linux {major}.{minor}; this is {host.Kernel}"));
        }
    }
}
