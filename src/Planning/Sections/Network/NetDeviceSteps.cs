using System.Collections.Generic;
using System.Text;
using OciRun.Kernel;

namespace OciRun.Planning.Steps;

/// <summary>A network device of the host that the container gets, and its name there.</summary>
public readonly record struct MovedDevice(string ConfigPath, string Name, string NewName);

/// <summary>Moves network devices into the container's network namespace, with their permanent addresses of global scope, and
/// brings them up (config-linux.md, "Network Devices").</summary>
public sealed class NetDevicesStep : RuntimeStep
{
    public required IReadOnlyList<MovedDevice> Devices { get; init; }
    public override Phase Phase => Phase.RuntimeHooks;
    public override string Text
    {
        get
        {
            var text = new StringBuilder("move network devices:");
            foreach (MovedDevice device in Devices)
            {
                text.Append(' ').Append(device.Name);
                if (device.NewName != device.Name)
                {
                    text.Append("->").Append(device.NewName);
                }
            }
            return text.ToString();
        }
    }

    public override string? Hint(string call, int errno) => errno switch
    {
        Errno.EEXIST => "the container's network namespace has a device of that name already",
        Errno.EINVAL => "some devices cannot be moved to another network namespace: see \"netns-local\" of ethtool -k",
        Errno.EPERM => "moving a device needs CAP_NET_ADMIN in both network namespaces",
        _ => null,
    };
}
