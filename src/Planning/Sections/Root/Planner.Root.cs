using System;
using System.Collections.Generic;
using System.IO;
using OciRun.Planning.Steps;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;
using static OciRun.Kernel.Mode;
using static OciRun.Kernel.MountFlags;
using static OciRun.Kernel.StatMode;

namespace OciRun.Planning;

public sealed partial class Planner
{
    bool HasMountNamespace => Has(CLONE_NEWNS);

    string Rootfs => AbsolutePath(_spec.Root?.Path ?? "");

    /// <summary>Relative paths are relative to the bundle (config.md, "Root" and "Mounts").</summary>
    string AbsolutePath(string path) => path.StartsWith('/') ? path : CleanPath(_options.Bundle + "/" + path);

    /// <summary>Removes empty and "." components and resolves ".." by name.</summary>
    public static string CleanPath(string path)
    {
        var parts = new List<string>();
        foreach (string part in path.Split('/'))
        {
            if (part is "" or ".")
            {
                continue;
            }
            if (part == "..")
            {
                if (parts.Count > 0)
                {
                    parts.RemoveAt(parts.Count - 1);
                }
                continue;
            }
            parts.Add(part);
        }
        return "/" + string.Join('/', parts);
    }

    /// <summary>MS_* flags of linux.rootfsPropagation, 0 when it is absent.</summary>
    static ulong PropagationFlags(string? word) => (ulong)(word is null ? 0 : SpecWords.Propagation(word) ?? 0);

    void PlanRoot()
    {
        if (_spec.Root?.Path is null or "")
        {
            return;
        }
        ulong propagation = PropagationFlags(_linux.RootfsPropagation);
        if (HasMountNamespace)
        {
            // Only rprivate and the shared ones say something about the host's mounts. The others are for the new root alone, later:
            // unbindable would reach the bind of the rootfs, and slave or private on "/" alone would leave what is mounted below it
            // shared with the host.
            bool shared = (propagation & MS_SHARED) != 0;
            bool given = shared || propagation == (MS_PRIVATE | MS_REC);
            Add(new PropagationStep
            {
                ConfigPath = _linux.RootfsPropagation is null ? "" : "linux.rootfsPropagation",
                Word = given ? _linux.RootfsPropagation! : "rslave",
                Flags = given ? propagation : MS_SLAVE | MS_REC,
                PrivateAbove = shared ? Rootfs : null,
            });
        }
        Add(new RootfsStep { ConfigPath = "root.path", Path = Rootfs, HasMountNamespace = HasMountNamespace });
    }

    /// <summary>A bind of something over /dev: the container brings its own nodes.</summary>
    bool HasDevBind()
    {
        foreach (SpecMount mount in _spec.Mounts ?? [])
        {
            if (CleanPath(mount.Destination ?? "/") == "/dev" && MountOptions.Parse(mount.Options).Bind)
            {
                return true;
            }
        }
        return false;
    }

    void PlanDevices()
    {
        bool bind = HasUserNamespace || _facts.InUserNamespace;
        var configured = new HashSet<string>();
        foreach (SpecDevice device in _linux.Devices ?? [])
        {
            configured.Add(CleanPath(device.Path ?? "/"));
        }
        bool ownDev = !HasDevBind() && HasMountNamespace;
        if (ownDev)
        {
            AddDefaultDevices(bind, configured);
        }
        for (int i = 0; i < (_linux.Devices?.Count ?? 0); i++)
        {
            AddConfiguredDevice(_linux.Devices![i], Index("linux.devices", i), bind);
        }
        if (ownDev)
        {
            AddDeviceLinks();
        }
    }

    void AddDefaultDevices(bool bind, HashSet<string> configured)
    {
        foreach ((string path, uint major, uint minor) in DefaultDevices())
        {
            if (!configured.Contains(path))
            {
                var node = new DeviceNode(path, S_IFCHR | O666, major, minor, 0, 0);
                Add(new DeviceStep { ConfigPath = "", Node = node, Bind = bind, FromConfig = false });
            }
        }
    }

    /// <summary>config-linux.md, "Default Devices", short of /dev/console and /dev/ptmx.</summary>
    static (string, uint, uint)[] DefaultDevices() =>
    [
        ("/dev/null", 1, 3), ("/dev/zero", 1, 5), ("/dev/full", 1, 7), ("/dev/random", 1, 8), ("/dev/urandom", 1, 9), ("/dev/tty", 5, 0),
    ];

    void AddConfiguredDevice(SpecDevice device, string path, bool bind)
    {
        if (device.Path is null || CleanPath(device.Path) == "/dev/ptmx")
        {
            return;
        }
        uint type = device.Type switch { "b" => S_IFBLK, "p" => S_IFIFO, _ => S_IFCHR };
        uint mode = device.FileMode is { } given ? given & O7777 : O666;
        var node = new DeviceNode(CleanPath(device.Path), type | mode, Number(device.Major), Number(device.Minor),
            device.Uid ?? 0, device.Gid ?? 0);
        Add(new DeviceStep { ConfigPath = path, Node = node, Bind = bind && device.Type != "p", FromConfig = true });
    }

    /// <summary>What is no device number was reported by the rules; planning goes on, to find what else is wrong.</summary>
    static uint Number(long? number) => number is >= 0 and <= uint.MaxValue ? (uint)number : 0;

    void AddDeviceLinks()
    {
        Add(new SymlinkStep { ConfigPath = "", Target = "/proc/self/fd", Path = "/dev/fd" });
        Add(new SymlinkStep { ConfigPath = "", Target = "/proc/self/fd/0", Path = "/dev/stdin" });
        Add(new SymlinkStep { ConfigPath = "", Target = "/proc/self/fd/1", Path = "/dev/stdout" });
        Add(new SymlinkStep { ConfigPath = "", Target = "/proc/self/fd/2", Path = "/dev/stderr" });
        Add(new SymlinkStep { ConfigPath = "", Target = "/proc/kcore", Path = "/dev/core", OnlyIfTargetExists = true });
        Add(new SymlinkStep { ConfigPath = "", Target = "pts/ptmx", Path = "/dev/ptmx", Replace = true });
    }

    /// <summary>Everything that closes the root off, and the switch to it.</summary>
    void PlanProtection()
    {
        if (_spec.Process?.Cwd is { Length: > 1 } cwd)
        {
            Add(new WorkingDirectoryStep { ConfigPath = "process.cwd", Path = cwd });
        }
        foreach ((string key, string value) in _linux.Sysctl ?? [])
        {
            Add(new SysctlStep { ConfigPath = "linux.sysctl[\"" + key + "\"]", Key = key, Value = value });
        }
        if (_options.Terminal)
        {
            AddTerminal(HasMountNamespace);
        }
        foreach ((string destination, int slot, string path) in _heldReadOnly)
        {
            Add(new SealMountStep { ConfigPath = path, Destination = destination, Slot = slot });
        }
        AddPaths(_linux.ReadonlyPaths, "linux.readonlyPaths", static (path, config) => new ReadOnlyPathStep { ConfigPath = config, Path = path });
        AddPaths(_linux.MaskedPaths, "linux.maskedPaths", static (path, config) => new MaskStep { ConfigPath = config, Path = path });
        if (_spec.Root is { Readonly: true } && !HasMountNamespace)
        {
            Problem("root.readonly", "needs a mount namespace in linux.namespaces; it would change the host's mount");
        }
        else if (_spec.Root is { Readonly: true })
        {
            Add(new ReadOnlyRootStep { ConfigPath = "root.readonly" });
        }
        Add(new SwitchRootStep
        {
            ConfigPath = "root.path",
            Way = !HasMountNamespace ? RootSwitch.Chroot : _options.NoPivot ? RootSwitch.Move : RootSwitch.Pivot,
            Propagation = PropagationFlags(_linux.RootfsPropagation),
        });
    }

    void AddTerminal(bool console) => Add(new TerminalStep
    {
        ConfigPath = "process.terminal",
        Console = console,
        LeadsSession = !ClonesAtLast,
        Rows = _spec.Process?.ConsoleSize?.Height ?? 0,
        Columns = _spec.Process?.ConsoleSize?.Width ?? 0,
    });

    void AddPaths(List<string>? paths, string list, Func<string, string, Step> make)
    {
        if (paths is null)
        {
            return;
        }
        var seen = new HashSet<string>();
        for (int i = 0; i < paths.Count; i++)
        {
            if (seen.Add(paths[i]))
            {
                Add(make(paths[i], Index(list, i)));
            }
        }
    }
}
