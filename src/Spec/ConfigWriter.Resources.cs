using System.Text.Json;

namespace OciRun.Spec;

// config-linux.md, "Control groups".
public static partial class ConfigWriter
{
    static void Resources(Utf8JsonWriter json, SpecResources value)
    {
        json.WriteStartObject();
        Objects(json, "devices"u8, value.Devices, DeviceRule);
        Object(json, "memory"u8, value.Memory, Memory);
        Object(json, "cpu"u8, value.Cpu, Cpu);
        Object(json, "pids"u8, value.Pids, Pids);
        Object(json, "blockIO"u8, value.BlockIO, BlockIO);
        Objects(json, "hugepageLimits"u8, value.HugepageLimits, HugepageLimit);
        Object(json, "network"u8, value.Network, Network);
        Map(json, "rdma"u8, value.Rdma, Rdma);
        TextMap(json, "unified"u8, value.Unified);
        json.WriteEndObject();
    }

    static void DeviceRule(Utf8JsonWriter json, SpecDeviceRule value)
    {
        json.WriteStartObject();
        json.WriteBoolean("allow"u8, value.Allow);
        Text(json, "type"u8, value.Type);
        Signed(json, "major"u8, value.Major);
        Signed(json, "minor"u8, value.Minor);
        Text(json, "access"u8, value.Access);
        json.WriteEndObject();
    }

    static void Memory(Utf8JsonWriter json, SpecMemory value)
    {
        json.WriteStartObject();
        Signed(json, "limit"u8, value.Limit);
        Signed(json, "reservation"u8, value.Reservation);
        Signed(json, "swap"u8, value.Swap);
        Signed(json, "kernel"u8, value.Kernel);
        Signed(json, "kernelTCP"u8, value.KernelTCP);
        Unsigned(json, "swappiness"u8, value.Swappiness);
        Flag(json, "disableOOMKiller"u8, value.DisableOOMKiller);
        Flag(json, "useHierarchy"u8, value.UseHierarchy);
        Flag(json, "checkBeforeUpdate"u8, value.CheckBeforeUpdate);
        json.WriteEndObject();
    }

    static void Cpu(Utf8JsonWriter json, SpecCpu value)
    {
        json.WriteStartObject();
        Unsigned(json, "shares"u8, value.Shares);
        Signed(json, "quota"u8, value.Quota);
        Unsigned(json, "burst"u8, value.Burst);
        Unsigned(json, "period"u8, value.Period);
        Signed(json, "realtimeRuntime"u8, value.RealtimeRuntime);
        Unsigned(json, "realtimePeriod"u8, value.RealtimePeriod);
        Text(json, "cpus"u8, value.Cpus);
        Text(json, "mems"u8, value.Mems);
        Signed(json, "idle"u8, value.Idle);
        json.WriteEndObject();
    }

    static void Pids(Utf8JsonWriter json, SpecPids value)
    {
        json.WriteStartObject();
        Signed(json, "limit"u8, value.Limit);
        json.WriteEndObject();
    }

    static void BlockIO(Utf8JsonWriter json, SpecBlockIO value)
    {
        json.WriteStartObject();
        Unsigned(json, "weight"u8, value.Weight);
        Unsigned(json, "leafWeight"u8, value.LeafWeight);
        Objects(json, "weightDevice"u8, value.WeightDevice, WeightDevice);
        Objects(json, "throttleReadBpsDevice"u8, value.ThrottleReadBpsDevice, ThrottleDevice);
        Objects(json, "throttleWriteBpsDevice"u8, value.ThrottleWriteBpsDevice, ThrottleDevice);
        Objects(json, "throttleReadIOPSDevice"u8, value.ThrottleReadIOPSDevice, ThrottleDevice);
        Objects(json, "throttleWriteIOPSDevice"u8, value.ThrottleWriteIOPSDevice, ThrottleDevice);
        json.WriteEndObject();
    }

    static void WeightDevice(Utf8JsonWriter json, SpecWeightDevice value)
    {
        json.WriteStartObject();
        Signed(json, "major"u8, value.Major);
        Signed(json, "minor"u8, value.Minor);
        Unsigned(json, "weight"u8, value.Weight);
        Unsigned(json, "leafWeight"u8, value.LeafWeight);
        json.WriteEndObject();
    }

    static void ThrottleDevice(Utf8JsonWriter json, SpecThrottleDevice value)
    {
        json.WriteStartObject();
        Signed(json, "major"u8, value.Major);
        Signed(json, "minor"u8, value.Minor);
        Unsigned(json, "rate"u8, value.Rate);
        json.WriteEndObject();
    }

    static void HugepageLimit(Utf8JsonWriter json, SpecHugepageLimit value)
    {
        json.WriteStartObject();
        Text(json, "pageSize"u8, value.PageSize);
        Unsigned(json, "limit"u8, value.Limit);
        json.WriteEndObject();
    }

    static void Network(Utf8JsonWriter json, SpecNetwork value)
    {
        json.WriteStartObject();
        Unsigned(json, "classID"u8, value.ClassID);
        Objects(json, "priorities"u8, value.Priorities, InterfacePriority);
        json.WriteEndObject();
    }

    static void InterfacePriority(Utf8JsonWriter json, SpecInterfacePriority value)
    {
        json.WriteStartObject();
        Text(json, "name"u8, value.Name);
        Unsigned(json, "priority"u8, value.Priority);
        json.WriteEndObject();
    }

    static void Rdma(Utf8JsonWriter json, SpecRdma value)
    {
        json.WriteStartObject();
        Unsigned(json, "hcaHandles"u8, value.HcaHandles);
        Unsigned(json, "hcaObjects"u8, value.HcaObjects);
        json.WriteEndObject();
    }
}
