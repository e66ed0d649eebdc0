using System.Text.Json;

namespace OciRun.Spec;

// config.md, "Root", "Mounts" and "POSIX-platform Hooks".
public static partial class ConfigWriter
{
    static void Root(Utf8JsonWriter json, SpecRoot value)
    {
        json.WriteStartObject();
        Text(json, "path"u8, value.Path);
        Flag(json, "readonly"u8, value.Readonly ? true : null);
        json.WriteEndObject();
    }

    static void Mount(Utf8JsonWriter json, SpecMount value)
    {
        json.WriteStartObject();
        Text(json, "destination"u8, value.Destination);
        Text(json, "type"u8, value.Type);
        Text(json, "source"u8, value.Source);
        Texts(json, "options"u8, value.Options);
        Objects(json, "uidMappings"u8, value.UidMappings, IdMapping);
        Objects(json, "gidMappings"u8, value.GidMappings, IdMapping);
        json.WriteEndObject();
    }

    static void IdMapping(Utf8JsonWriter json, SpecIdMapping value)
    {
        json.WriteStartObject();
        Unsigned(json, "containerID"u8, value.ContainerID);
        Unsigned(json, "hostID"u8, value.HostID);
        Unsigned(json, "size"u8, value.Size);
        json.WriteEndObject();
    }

    static void Hooks(Utf8JsonWriter json, SpecHooks value)
    {
        json.WriteStartObject();
        Objects(json, "prestart"u8, value.Prestart, Hook);
        Objects(json, "createRuntime"u8, value.CreateRuntime, Hook);
        Objects(json, "createContainer"u8, value.CreateContainer, Hook);
        Objects(json, "startContainer"u8, value.StartContainer, Hook);
        Objects(json, "poststart"u8, value.Poststart, Hook);
        Objects(json, "poststop"u8, value.Poststop, Hook);
        json.WriteEndObject();
    }

    static void Hook(Utf8JsonWriter json, SpecHook value)
    {
        json.WriteStartObject();
        Text(json, "path"u8, value.Path);
        Texts(json, "args"u8, value.Args);
        Texts(json, "env"u8, value.Env);
        Signed(json, "timeout"u8, value.Timeout);
        json.WriteEndObject();
    }
}
