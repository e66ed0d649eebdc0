using System;

namespace OciRun.Spec;

// config.md, "Root", "Mounts" and "POSIX-platform Hooks".
public static partial class ConfigReader
{
    static SpecRoot? Root(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecRoot();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("path"u8))
            {
                value.Path = json.String();
            }
            else if (name.SequenceEqual("readonly"u8))
            {
                value.Readonly = json.Bool();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecMount? Mount(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecMount();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("destination"u8))
            {
                value.Destination = json.String();
            }
            else if (name.SequenceEqual("type"u8))
            {
                value.Type = json.String();
            }
            else if (name.SequenceEqual("source"u8))
            {
                value.Source = json.String();
            }
            else if (name.SequenceEqual("options"u8))
            {
                value.Options = json.Strings();
            }
            else if (name.SequenceEqual("uidMappings"u8))
            {
                value.UidMappings = json.Objects(IdMapping);
            }
            else if (name.SequenceEqual("gidMappings"u8))
            {
                value.GidMappings = json.Objects(IdMapping);
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecIdMapping? IdMapping(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        uint given = 0;
        var value = new SpecIdMapping();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("containerID"u8))
            {
                given |= json.Given(0);
                value.ContainerID = json.U32();
            }
            else if (name.SequenceEqual("hostID"u8))
            {
                given |= json.Given(1);
                value.HostID = json.U32();
            }
            else if (name.SequenceEqual("size"u8))
            {
                given |= json.Given(2);
                value.Size = json.U32();
            }
            else
            {
                json.Skip();
            }
        }

        json.Require(given, "containerID", "hostID", "size");
        return value;
    }

    static SpecHooks? Hooks(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecHooks();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("prestart"u8))
            {
                value.Prestart = json.Objects(Hook);
            }
            else if (name.SequenceEqual("createRuntime"u8))
            {
                value.CreateRuntime = json.Objects(Hook);
            }
            else if (name.SequenceEqual("createContainer"u8))
            {
                value.CreateContainer = json.Objects(Hook);
            }
            else if (name.SequenceEqual("startContainer"u8))
            {
                value.StartContainer = json.Objects(Hook);
            }
            else if (name.SequenceEqual("poststart"u8))
            {
                value.Poststart = json.Objects(Hook);
            }
            else if (name.SequenceEqual("poststop"u8))
            {
                value.Poststop = json.Objects(Hook);
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecHook? Hook(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecHook();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("path"u8))
            {
                value.Path = json.String();
            }
            else if (name.SequenceEqual("args"u8))
            {
                value.Args = json.Strings();
            }
            else if (name.SequenceEqual("env"u8))
            {
                value.Env = json.Strings();
            }
            else if (name.SequenceEqual("timeout"u8))
            {
                value.Timeout = json.I32OrNull();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }
}
