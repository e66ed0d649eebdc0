using System;
using System.Collections.Generic;
using OciRun.Planning.Steps;
using OciRun.Spec;
using static OciRun.Kernel.Mode;
using static OciRun.Kernel.StatMode;

namespace OciRun.Planning.Sections;

/// <summary><c>linux.devices</c>, the default devices and the links of /dev.</summary>
sealed class DeviceSection(PlanDraft draft, MountPlaces places)
{
    public void Plan()
    {
        bool bind = draft.IsInUserNamespace;
        var configured = new HashSet<string>();
        foreach (SpecDevice device in draft.Linux.Devices ?? [])
        {
            configured.Add(PathText.Clean(device.Path ?? "/"));
        }
        bool ownDev = HasOwnDev();
        if (ownDev)
        {
            AddDefaultDevices(bind, configured);
        }
        for (int i = 0; i < (draft.Linux.Devices?.Count ?? 0); i++)
        {
            AddConfiguredDevice(draft.Linux.Devices![i], ConfigPath.Item("linux.devices", i), bind, ownDev);
        }
        if (ownDev)
        {
            AddDeviceLinks();
        }
    }

    /// <summary>Whether /dev is the container's own, to make nodes and links in: not when something of the host's goes
    /// there.</summary>
    public bool HasOwnDev()
    {
        foreach (SpecMount mount in draft.Spec.Mounts ?? [])
        {
            if (PathText.Clean(mount.Destination ?? "/") == "/dev" && MountKinds.IsShared(mount))
            {
                return false;
            }
        }
        return draft.HasMountNamespace;
    }

    void AddDefaultDevices(bool bind, HashSet<string> configured)
    {
        foreach ((string path, uint major, uint minor) in DefaultDevices())
        {
            if (!configured.Contains(path))
            {
                var node = new DeviceNode(path, S_IFCHR | O666, major, minor, 0, 0);
                draft.Add(new DeviceStep { ConfigPath = "", Node = node, Bind = bind, FromConfig = false });
            }
        }
    }

    /// <summary>config-linux.md, "Default Devices", short of /dev/console and /dev/ptmx.</summary>
    static (string, uint, uint)[] DefaultDevices() =>
    [
        ("/dev/null", 1, 3), ("/dev/zero", 1, 5), ("/dev/full", 1, 7),
        ("/dev/random", 1, 8), ("/dev/urandom", 1, 9), ("/dev/tty", 5, 0),
    ];

    void AddConfiguredDevice(SpecDevice device, string path, bool bind, bool ownDev)
    {
        if (device.Path is null || PathText.Clean(device.Path) == "/dev/ptmx")
        {
            return;
        }
        uint type = device.Type switch { "b" => S_IFBLK, "p" => S_IFIFO, _ => S_IFCHR };
        uint mode = device.FileMode is { } given ? given & O7777 : O666;
        var node = new DeviceNode(PathText.Clean(device.Path), type | mode, Number(device.Major), Number(device.Minor),
            device.Uid ?? 0, device.Gid ?? 0);
        draft.Add(new DeviceStep
        {
            ConfigPath = path,
            Node = node,
            Bind = bind && device.Type != "p",
            FromConfig = true,
            InSharedDev = !ownDev,
            Place = ownDev && node.Path.StartsWith("/dev/", StringComparison.Ordinal) ? MountPlace.Rootfs
                : places.Below(node.Path),
        });
    }

    /// <summary>What is no device number was reported by the rules; planning goes on, to find what else is wrong.</summary>
    static uint Number(long? number) => number is >= 0 and <= uint.MaxValue ? (uint)number : 0;

    void AddDeviceLinks()
    {
        draft.Add(new SymlinkStep { ConfigPath = "", Target = "/proc/self/fd", Path = "/dev/fd" });
        draft.Add(new SymlinkStep { ConfigPath = "", Target = "/proc/self/fd/0", Path = "/dev/stdin" });
        draft.Add(new SymlinkStep { ConfigPath = "", Target = "/proc/self/fd/1", Path = "/dev/stdout" });
        draft.Add(new SymlinkStep { ConfigPath = "", Target = "/proc/self/fd/2", Path = "/dev/stderr" });
        draft.Add(new SymlinkStep { ConfigPath = "", Target = "/proc/kcore", Path = "/dev/core", OnlyIfTargetExists = true });
        draft.Add(new SymlinkStep { ConfigPath = "", Target = "pts/ptmx", Path = "/dev/ptmx", Replace = true });
    }
}
