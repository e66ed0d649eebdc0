using System.Collections.Generic;
using OciRun.Planning.Steps;
using OciRun.Spec;
using static OciRun.Kernel.CloneFlags;

namespace OciRun.Planning.Sections;

/// <summary><c>linux.netDevices</c>, and the loopback device of a new network namespace.</summary>
sealed class NetDeviceSection(PlanDraft draft)
{
    public bool HasDevices => draft.Linux.NetDevices is { Count: > 0 };

    public void PlanDevices()
    {
        if (draft.Linux.NetDevices is not { Count: > 0 } configured)
        {
            return;
        }
        var devices = new List<MovedDevice>();
        foreach ((string name, SpecNetDevice device) in configured)
        {
            string newName = string.IsNullOrEmpty(device.Name) ? name : device.Name;
            devices.Add(new MovedDevice(ConfigPath.Key("linux.netDevices", name), name, newName));
        }
        draft.Add(new NetDevicesStep { ConfigPath = "linux.netDevices", Devices = devices });
    }

    public void PlanLoopback()
    {
        if (draft.IsNew(CLONE_NEWNET))
        {
            draft.Add(new LoopbackStep { ConfigPath = "linux.namespaces" });
        }
    }
}
