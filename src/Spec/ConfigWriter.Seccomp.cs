using System.Text.Json;

namespace OciRun.Spec;

// config-linux.md, "Seccomp".
public static partial class ConfigWriter
{
    static void Seccomp(Utf8JsonWriter json, SpecSeccomp value)
    {
        json.WriteStartObject();
        Text(json, "defaultAction"u8, value.DefaultAction);
        Unsigned(json, "defaultErrnoRet"u8, value.DefaultErrnoRet);
        Texts(json, "architectures"u8, value.Architectures);
        Texts(json, "flags"u8, value.Flags);
        Text(json, "listenerPath"u8, value.ListenerPath);
        Text(json, "listenerMetadata"u8, value.ListenerMetadata);
        Objects(json, "syscalls"u8, value.Syscalls, Syscall);
        json.WriteEndObject();
    }

    static void Syscall(Utf8JsonWriter json, SpecSyscall value)
    {
        json.WriteStartObject();
        Texts(json, "names"u8, value.Names);
        Text(json, "action"u8, value.Action);
        Unsigned(json, "errnoRet"u8, value.ErrnoRet);
        Objects(json, "args"u8, value.Args, SyscallArg);
        json.WriteEndObject();
    }

    static void SyscallArg(Utf8JsonWriter json, SpecSyscallArg value)
    {
        json.WriteStartObject();
        Unsigned(json, "index"u8, value.Index);
        Unsigned(json, "value"u8, value.Value);
        Unsigned(json, "valueTwo"u8, value.ValueTwo);
        Text(json, "op"u8, value.Op);
        json.WriteEndObject();
    }
}
