using System;

namespace OciRun.Spec;

// config.md, "Process".
public static partial class ConfigReader
{
    static SpecProcess? Process(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecProcess();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("terminal"u8))
            {
                value.Terminal = json.Bool();
            }
            else if (name.SequenceEqual("consoleSize"u8))
            {
                value.ConsoleSize = Box(ref json);
            }
            else if (name.SequenceEqual("user"u8))
            {
                value.User = User(ref json);
            }
            else if (name.SequenceEqual("args"u8))
            {
                value.Args = json.Strings();
            }
            else if (name.SequenceEqual("env"u8))
            {
                value.Env = json.Strings();
            }
            else if (name.SequenceEqual("cwd"u8))
            {
                value.Cwd = json.String();
            }
            else if (name.SequenceEqual("capabilities"u8))
            {
                value.Capabilities = Capabilities(ref json);
            }
            else if (name.SequenceEqual("rlimits"u8))
            {
                value.Rlimits = json.Objects(Rlimit);
            }
            else if (name.SequenceEqual("noNewPrivileges"u8))
            {
                value.NoNewPrivileges = json.Bool();
            }
            else if (name.SequenceEqual("apparmorProfile"u8))
            {
                value.ApparmorProfile = json.String();
            }
            else if (name.SequenceEqual("selinuxLabel"u8))
            {
                value.SelinuxLabel = json.String();
            }
            else if (name.SequenceEqual("oomScoreAdj"u8))
            {
                value.OomScoreAdj = json.I32OrNull();
            }
            else if (name.SequenceEqual("scheduler"u8))
            {
                value.Scheduler = Scheduler(ref json);
            }
            else if (name.SequenceEqual("ioPriority"u8))
            {
                value.IoPriority = IoPriority(ref json);
            }
            else if (name.SequenceEqual("execCPUAffinity"u8))
            {
                value.ExecCPUAffinity = CpuAffinity(ref json);
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecBox? Box(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        uint given = 0;
        var value = new SpecBox();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("height"u8))
            {
                given |= json.Given(0);
                value.Height = json.U32();
            }
            else if (name.SequenceEqual("width"u8))
            {
                given |= json.Given(1);
                value.Width = json.U32();
            }
            else
            {
                json.Skip();
            }
        }

        json.Require(given, "height", "width");
        return value;
    }

    static SpecUser? User(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecUser();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("uid"u8))
            {
                value.Uid = json.U32();
            }
            else if (name.SequenceEqual("gid"u8))
            {
                value.Gid = json.U32();
            }
            else if (name.SequenceEqual("umask"u8))
            {
                value.Umask = json.U32OrNull();
            }
            else if (name.SequenceEqual("additionalGids"u8))
            {
                value.AdditionalGids = json.Numbers();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecCapabilities? Capabilities(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecCapabilities();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("bounding"u8))
            {
                value.Bounding = json.Strings();
            }
            else if (name.SequenceEqual("effective"u8))
            {
                value.Effective = json.Strings();
            }
            else if (name.SequenceEqual("inheritable"u8))
            {
                value.Inheritable = json.Strings();
            }
            else if (name.SequenceEqual("permitted"u8))
            {
                value.Permitted = json.Strings();
            }
            else if (name.SequenceEqual("ambient"u8))
            {
                value.Ambient = json.Strings();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecRlimit? Rlimit(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        uint given = 0;
        var value = new SpecRlimit();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("type"u8))
            {
                value.Type = json.String();
            }
            else if (name.SequenceEqual("soft"u8))
            {
                given |= json.Given(0);
                value.Soft = json.U64();
            }
            else if (name.SequenceEqual("hard"u8))
            {
                given |= json.Given(1);
                value.Hard = json.U64();
            }
            else
            {
                json.Skip();
            }
        }

        json.Require(given, "soft", "hard");
        return value;
    }

    static SpecScheduler? Scheduler(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecScheduler();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("policy"u8))
            {
                value.Policy = json.String();
            }
            else if (name.SequenceEqual("nice"u8))
            {
                value.Nice = json.I32();
            }
            else if (name.SequenceEqual("priority"u8))
            {
                value.Priority = json.I32();
            }
            else if (name.SequenceEqual("flags"u8))
            {
                value.Flags = json.Strings();
            }
            else if (name.SequenceEqual("runtime"u8))
            {
                value.Runtime = json.U64();
            }
            else if (name.SequenceEqual("deadline"u8))
            {
                value.Deadline = json.U64();
            }
            else if (name.SequenceEqual("period"u8))
            {
                value.Period = json.U64();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecIoPriority? IoPriority(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecIoPriority();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("class"u8))
            {
                value.Class = json.String();
            }
            else if (name.SequenceEqual("priority"u8))
            {
                value.Priority = json.I32();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecCpuAffinity? CpuAffinity(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecCpuAffinity();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("initial"u8))
            {
                value.Initial = json.String();
            }
            else if (name.SequenceEqual("final"u8))
            {
                value.Final = json.String();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }
}
