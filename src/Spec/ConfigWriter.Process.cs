using System.Text.Json;

namespace OciRun.Spec;

// config.md, "Process".
public static partial class ConfigWriter
{
    static void Process(Utf8JsonWriter json, SpecProcess value)
    {
        json.WriteStartObject();
        Flag(json, "terminal"u8, value.Terminal ? true : null);
        Object(json, "consoleSize"u8, value.ConsoleSize, Box);
        Object(json, "user"u8, value.User, User);
        Texts(json, "args"u8, value.Args);
        Texts(json, "env"u8, value.Env);
        Text(json, "cwd"u8, value.Cwd);
        Object(json, "capabilities"u8, value.Capabilities, Capabilities);
        Objects(json, "rlimits"u8, value.Rlimits, Rlimit);
        Flag(json, "noNewPrivileges"u8, value.NoNewPrivileges ? true : null);
        Text(json, "apparmorProfile"u8, value.ApparmorProfile);
        Text(json, "selinuxLabel"u8, value.SelinuxLabel);
        Signed(json, "oomScoreAdj"u8, value.OomScoreAdj);
        Object(json, "scheduler"u8, value.Scheduler, Scheduler);
        Object(json, "ioPriority"u8, value.IoPriority, IoPriority);
        Object(json, "execCPUAffinity"u8, value.ExecCPUAffinity, CpuAffinity);
        json.WriteEndObject();
    }

    static void Box(Utf8JsonWriter json, SpecBox value)
    {
        json.WriteStartObject();
        Unsigned(json, "height"u8, value.Height);
        Unsigned(json, "width"u8, value.Width);
        json.WriteEndObject();
    }

    static void User(Utf8JsonWriter json, SpecUser value)
    {
        json.WriteStartObject();
        Unsigned(json, "uid"u8, value.Uid);
        Unsigned(json, "gid"u8, value.Gid);
        Unsigned(json, "umask"u8, value.Umask);
        Numbers(json, "additionalGids"u8, value.AdditionalGids);
        json.WriteEndObject();
    }

    static void Capabilities(Utf8JsonWriter json, SpecCapabilities value)
    {
        json.WriteStartObject();
        Texts(json, "bounding"u8, value.Bounding);
        Texts(json, "effective"u8, value.Effective);
        Texts(json, "inheritable"u8, value.Inheritable);
        Texts(json, "permitted"u8, value.Permitted);
        Texts(json, "ambient"u8, value.Ambient);
        json.WriteEndObject();
    }

    static void Rlimit(Utf8JsonWriter json, SpecRlimit value)
    {
        json.WriteStartObject();
        Text(json, "type"u8, value.Type);
        Unsigned(json, "soft"u8, value.Soft);
        Unsigned(json, "hard"u8, value.Hard);
        json.WriteEndObject();
    }

    static void Scheduler(Utf8JsonWriter json, SpecScheduler value)
    {
        json.WriteStartObject();
        Text(json, "policy"u8, value.Policy);
        Signed(json, "nice"u8, value.Nice);
        Signed(json, "priority"u8, value.Priority);
        Texts(json, "flags"u8, value.Flags);
        Unsigned(json, "runtime"u8, value.Runtime);
        Unsigned(json, "deadline"u8, value.Deadline);
        Unsigned(json, "period"u8, value.Period);
        json.WriteEndObject();
    }

    static void IoPriority(Utf8JsonWriter json, SpecIoPriority value)
    {
        json.WriteStartObject();
        Text(json, "class"u8, value.Class);
        Signed(json, "priority"u8, value.Priority);
        json.WriteEndObject();
    }

    static void CpuAffinity(Utf8JsonWriter json, SpecCpuAffinity value)
    {
        json.WriteStartObject();
        Text(json, "initial"u8, value.Initial);
        Text(json, "final"u8, value.Final);
        json.WriteEndObject();
    }
}
