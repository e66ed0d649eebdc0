using System;

namespace OciRun.Spec;

// config-linux.md.
public static partial class ConfigReader
{
    static SpecLinux? Linux(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecLinux();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("namespaces"u8))
            {
                value.Namespaces = json.Objects(Namespace);
            }
            else if (name.SequenceEqual("uidMappings"u8))
            {
                value.UidMappings = json.Objects(IdMapping);
            }
            else if (name.SequenceEqual("gidMappings"u8))
            {
                value.GidMappings = json.Objects(IdMapping);
            }
            else if (name.SequenceEqual("timeOffsets"u8))
            {
                value.TimeOffsets = json.Map(TimeOffset);
            }
            else if (name.SequenceEqual("devices"u8))
            {
                value.Devices = json.Objects(Device);
            }
            else if (name.SequenceEqual("netDevices"u8))
            {
                value.NetDevices = json.Map(NetDevice);
            }
            else if (name.SequenceEqual("cgroupsPath"u8))
            {
                value.CgroupsPath = json.String();
            }
            else if (name.SequenceEqual("resources"u8))
            {
                value.Resources = Resources(ref json);
            }
            else if (name.SequenceEqual("intelRdt"u8))
            {
                value.IntelRdt = IntelRdt(ref json);
            }
            else if (name.SequenceEqual("memoryPolicy"u8))
            {
                value.MemoryPolicy = MemoryPolicy(ref json);
            }
            else if (name.SequenceEqual("sysctl"u8))
            {
                value.Sysctl = json.StringMap();
            }
            else if (name.SequenceEqual("seccomp"u8))
            {
                value.Seccomp = Seccomp(ref json);
            }
            else if (name.SequenceEqual("rootfsPropagation"u8))
            {
                value.RootfsPropagation = json.String();
            }
            else if (name.SequenceEqual("maskedPaths"u8))
            {
                value.MaskedPaths = json.Strings();
            }
            else if (name.SequenceEqual("readonlyPaths"u8))
            {
                value.ReadonlyPaths = json.Strings();
            }
            else if (name.SequenceEqual("mountLabel"u8))
            {
                value.MountLabel = json.String();
            }
            else if (name.SequenceEqual("personality"u8))
            {
                value.Personality = Personality(ref json);
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecNamespace? Namespace(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecNamespace();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("type"u8))
            {
                value.Type = json.String();
            }
            else if (name.SequenceEqual("path"u8))
            {
                value.Path = json.String();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecTimeOffset? TimeOffset(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecTimeOffset();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("secs"u8))
            {
                value.Secs = json.I64();
            }
            else if (name.SequenceEqual("nanosecs"u8))
            {
                value.Nanosecs = json.U32();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecDevice? Device(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecDevice();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("type"u8))
            {
                value.Type = json.String();
            }
            else if (name.SequenceEqual("path"u8))
            {
                value.Path = json.String();
            }
            else if (name.SequenceEqual("major"u8))
            {
                value.Major = json.I64OrNull();
            }
            else if (name.SequenceEqual("minor"u8))
            {
                value.Minor = json.I64OrNull();
            }
            else if (name.SequenceEqual("fileMode"u8))
            {
                value.FileMode = json.U32OrNull();
            }
            else if (name.SequenceEqual("uid"u8))
            {
                value.Uid = json.U32OrNull();
            }
            else if (name.SequenceEqual("gid"u8))
            {
                value.Gid = json.U32OrNull();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecNetDevice? NetDevice(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecNetDevice();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("name"u8))
            {
                value.Name = json.String();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecIntelRdt? IntelRdt(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecIntelRdt();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("closID"u8))
            {
                value.ClosID = json.String();
            }
            else if (name.SequenceEqual("schemata"u8))
            {
                value.Schemata = json.Strings();
            }
            else if (name.SequenceEqual("l3CacheSchema"u8))
            {
                value.L3CacheSchema = json.String();
            }
            else if (name.SequenceEqual("memBwSchema"u8))
            {
                value.MemBwSchema = json.String();
            }
            else if (name.SequenceEqual("enableMonitoring"u8))
            {
                value.EnableMonitoring = json.Bool();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecMemoryPolicy? MemoryPolicy(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecMemoryPolicy();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("mode"u8))
            {
                value.Mode = json.String();
            }
            else if (name.SequenceEqual("nodes"u8))
            {
                value.Nodes = json.String();
            }
            else if (name.SequenceEqual("flags"u8))
            {
                value.Flags = json.Strings();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecPersonality? Personality(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecPersonality();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("domain"u8))
            {
                value.Domain = json.String();
            }
            else if (name.SequenceEqual("flags"u8))
            {
                value.Flags = json.Strings();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }
}
