using System.Text.Json;

namespace OciRun.Spec;

// config-linux.md.
public static partial class ConfigWriter
{
    static void Linux(Utf8JsonWriter json, SpecLinux value)
    {
        json.WriteStartObject();
        Objects(json, "namespaces"u8, value.Namespaces, Namespace);
        Objects(json, "uidMappings"u8, value.UidMappings, IdMapping);
        Objects(json, "gidMappings"u8, value.GidMappings, IdMapping);
        Map(json, "timeOffsets"u8, value.TimeOffsets, TimeOffset);
        Objects(json, "devices"u8, value.Devices, Device);
        Map(json, "netDevices"u8, value.NetDevices, NetDevice);
        Text(json, "cgroupsPath"u8, value.CgroupsPath);
        Object(json, "resources"u8, value.Resources, Resources);
        Object(json, "intelRdt"u8, value.IntelRdt, IntelRdt);
        Object(json, "memoryPolicy"u8, value.MemoryPolicy, MemoryPolicy);
        TextMap(json, "sysctl"u8, value.Sysctl);
        Object(json, "seccomp"u8, value.Seccomp, Seccomp);
        Text(json, "rootfsPropagation"u8, value.RootfsPropagation);
        Texts(json, "maskedPaths"u8, value.MaskedPaths);
        Texts(json, "readonlyPaths"u8, value.ReadonlyPaths);
        Text(json, "mountLabel"u8, value.MountLabel);
        Object(json, "personality"u8, value.Personality, Personality);
        json.WriteEndObject();
    }

    static void Namespace(Utf8JsonWriter json, SpecNamespace value)
    {
        json.WriteStartObject();
        Text(json, "type"u8, value.Type);
        Text(json, "path"u8, value.Path);
        json.WriteEndObject();
    }

    static void TimeOffset(Utf8JsonWriter json, SpecTimeOffset value)
    {
        json.WriteStartObject();
        Signed(json, "secs"u8, value.Secs);
        Unsigned(json, "nanosecs"u8, value.Nanosecs);
        json.WriteEndObject();
    }

    static void Device(Utf8JsonWriter json, SpecDevice value)
    {
        json.WriteStartObject();
        Text(json, "type"u8, value.Type);
        Text(json, "path"u8, value.Path);
        Signed(json, "major"u8, value.Major);
        Signed(json, "minor"u8, value.Minor);
        Unsigned(json, "fileMode"u8, value.FileMode);
        Unsigned(json, "uid"u8, value.Uid);
        Unsigned(json, "gid"u8, value.Gid);
        json.WriteEndObject();
    }

    static void NetDevice(Utf8JsonWriter json, SpecNetDevice value)
    {
        json.WriteStartObject();
        Text(json, "name"u8, value.Name);
        json.WriteEndObject();
    }

    static void IntelRdt(Utf8JsonWriter json, SpecIntelRdt value)
    {
        json.WriteStartObject();
        Text(json, "closID"u8, value.ClosID);
        Texts(json, "schemata"u8, value.Schemata);
        Text(json, "l3CacheSchema"u8, value.L3CacheSchema);
        Text(json, "memBwSchema"u8, value.MemBwSchema);
        Flag(json, "enableMonitoring"u8, value.EnableMonitoring ? true : null);
        json.WriteEndObject();
    }

    static void MemoryPolicy(Utf8JsonWriter json, SpecMemoryPolicy value)
    {
        json.WriteStartObject();
        Text(json, "mode"u8, value.Mode);
        Text(json, "nodes"u8, value.Nodes);
        Texts(json, "flags"u8, value.Flags);
        json.WriteEndObject();
    }

    static void Personality(Utf8JsonWriter json, SpecPersonality value)
    {
        json.WriteStartObject();
        Text(json, "domain"u8, value.Domain);
        Texts(json, "flags"u8, value.Flags);
        json.WriteEndObject();
    }
}
