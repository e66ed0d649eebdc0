using System;
using System.Collections.Generic;
using System.Text.Json;

namespace OciRun.Spec;

/// <summary>The text of state.json. A reader takes what a newer version wrote and ignores what it does not know.</summary>
public static class StateFile
{
    public static byte[] Serialize(ContainerRecord record) => JsonOutput.Compact(record, Write);

    /// <summary>Null with one line of <paramref name="problem"/> (without the file's name) if the text is no state of this
    /// runtime. Without <paramref name="withConfig"/> the config, most of the file, is only passed over.</summary>
    public static ContainerRecord? Parse(ReadOnlySpan<byte> utf8, bool withConfig, out string? problem)
    {
        var problems = new List<ConfigProblem>();
        ContainerRecord? record = ConfigReader.ReadDocument<ContainerRecord>(utf8, problems, withConfig
            ? WithConfig : WithoutConfig);
        problem = problems.Count > 0 ? problems[0].ToString() : null;
        if (record is { Schema: < 1 })
        {
            problem = "was not written by oci-run; use the runtime that made this container, or another --root";
        }
        else if (record is { Id: "" })
        {
            problem ??= "id: missing";
        }

        return problem is null ? record : null;
    }

    /// <summary>The config comes last: it is long, and whoever reads by eye looks for the rest.</summary>
    static void Write(Utf8JsonWriter json, ContainerRecord record)
    {
        json.WriteStartObject();
        json.WriteNumber("schema"u8, record.Schema);
        json.WriteString("ociVersion"u8, record.OciVersion);
        json.WriteString("id"u8, record.Id);
        json.WriteNumber("pid"u8, record.Pid);
        json.WriteNumber("pidStartTime"u8, record.PidStartTime);
        json.WriteNumber("creatorPid"u8, record.CreatorPid);
        json.WriteNumber("creatorStartTime"u8, record.CreatorStartTime);
        json.WriteBoolean("isCreating"u8, record.IsCreating);
        json.WriteString("bundle"u8, record.Bundle);
        json.WriteString("rootfs"u8, record.Rootfs);
        json.WriteString("created"u8, DateTime.SpecifyKind(record.Created, DateTimeKind.Utc));
        json.WriteNumber("ownerUid"u8, record.OwnerUid);
        ConfigWriter.TextMap(json, "annotations"u8, record.Annotations);
        ConfigWriter.Text(json, "cgroupPath"u8, record.CgroupPath);
        json.WriteString("cgroupManager"u8, record.CgroupManager);
        ConfigWriter.Text(json, "systemdUnit"u8, record.SystemdUnit);
        ConfigWriter.Text(json, "intelRdtGroup"u8, record.IntelRdtGroup);
        json.WriteBoolean("rootless"u8, record.Rootless);
        json.WriteBoolean("noPivot"u8, record.NoPivot);
        json.WriteBoolean("noNewKeyring"u8, record.NoNewKeyring);
        json.WritePropertyName("config"u8);
        ConfigWriter.Write(json, record.Config);
        json.WriteEndObject();
    }

    static ContainerRecord? WithConfig(ref JsonCursor json) => Read(ref json, true);

    static ContainerRecord? WithoutConfig(ref JsonCursor json) => Read(ref json, false);

    static ContainerRecord? Read(ref JsonCursor json, bool withConfig)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var record = new ContainerRecord { Schema = 0 };
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("config"u8) && withConfig)
            {
                record.Config = ConfigReader.Config(ref json) ?? new RuntimeSpec();
            }
            else if (!ReadIdentity(ref json, name, record) && !ReadSetup(ref json, name, record))
            {
                json.Skip();
            }
        }

        return record;
    }

    /// <summary>What tells this container and its processes from others.</summary>
    static bool ReadIdentity(ref JsonCursor json, ReadOnlySpan<byte> name, ContainerRecord record)
    {
        if (name.SequenceEqual("schema"u8))
        {
            record.Schema = json.I32();
        }
        else if (name.SequenceEqual("ociVersion"u8))
        {
            record.OciVersion = json.String() ?? SpecVersion.Current;
        }
        else if (name.SequenceEqual("id"u8))
        {
            record.Id = json.String() ?? "";
        }
        else if (name.SequenceEqual("pid"u8))
        {
            record.Pid = json.I32();
        }
        else if (name.SequenceEqual("pidStartTime"u8))
        {
            record.PidStartTime = json.U64();
        }
        else if (name.SequenceEqual("creatorPid"u8))
        {
            record.CreatorPid = json.I32();
        }
        else if (name.SequenceEqual("creatorStartTime"u8))
        {
            record.CreatorStartTime = json.U64();
        }
        else if (name.SequenceEqual("isCreating"u8))
        {
            record.IsCreating = json.Bool();
        }
        else if (name.SequenceEqual("created"u8))
        {
            record.Created = json.Time();
        }
        else if (name.SequenceEqual("ownerUid"u8))
        {
            record.OwnerUid = json.U32();
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>Where it lives and what must be taken down again.</summary>
    static bool ReadSetup(ref JsonCursor json, ReadOnlySpan<byte> name, ContainerRecord record)
    {
        if (name.SequenceEqual("bundle"u8))
        {
            record.Bundle = json.String() ?? "";
        }
        else if (name.SequenceEqual("rootfs"u8))
        {
            record.Rootfs = json.String() ?? "";
        }
        else if (name.SequenceEqual("annotations"u8))
        {
            record.Annotations = json.StringMap();
        }
        else if (name.SequenceEqual("cgroupPath"u8))
        {
            record.CgroupPath = json.String();
        }
        else if (name.SequenceEqual("cgroupManager"u8))
        {
            record.CgroupManager = json.String() ?? "cgroupfs";
        }
        else if (name.SequenceEqual("systemdUnit"u8))
        {
            record.SystemdUnit = json.String();
        }
        else if (name.SequenceEqual("intelRdtGroup"u8))
        {
            record.IntelRdtGroup = json.String();
        }
        else if (name.SequenceEqual("rootless"u8))
        {
            record.Rootless = json.Bool();
        }
        else if (name.SequenceEqual("noPivot"u8))
        {
            record.NoPivot = json.Bool();
        }
        else if (name.SequenceEqual("noNewKeyring"u8))
        {
            record.NoNewKeyring = json.Bool();
        }
        else
        {
            return false;
        }

        return true;
    }
}
