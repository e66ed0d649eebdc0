using System;

namespace OciRun.Spec;

// config-linux.md, "Seccomp".
public static partial class ConfigReader
{
    static SpecSeccomp? Seccomp(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecSeccomp();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("defaultAction"u8))
            {
                value.DefaultAction = json.String();
            }
            else if (name.SequenceEqual("defaultErrnoRet"u8))
            {
                value.DefaultErrnoRet = json.U32OrNull();
            }
            else if (name.SequenceEqual("architectures"u8))
            {
                value.Architectures = json.Strings();
            }
            else if (name.SequenceEqual("flags"u8))
            {
                value.Flags = json.Strings();
            }
            else if (name.SequenceEqual("listenerPath"u8))
            {
                value.ListenerPath = json.String();
            }
            else if (name.SequenceEqual("listenerMetadata"u8))
            {
                value.ListenerMetadata = json.String();
            }
            else if (name.SequenceEqual("syscalls"u8))
            {
                value.Syscalls = json.Objects(Syscall);
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecSyscall? Syscall(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecSyscall();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("names"u8))
            {
                value.Names = json.Strings();
            }
            else if (name.SequenceEqual("action"u8))
            {
                value.Action = json.String();
            }
            else if (name.SequenceEqual("errnoRet"u8))
            {
                value.ErrnoRet = json.U32OrNull();
            }
            else if (name.SequenceEqual("args"u8))
            {
                value.Args = json.Objects(SyscallArg);
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecSyscallArg? SyscallArg(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        uint given = 0;
        var value = new SpecSyscallArg();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("index"u8))
            {
                given |= json.Given(0);
                value.Index = json.U32();
            }
            else if (name.SequenceEqual("value"u8))
            {
                given |= json.Given(1);
                value.Value = json.U64();
            }
            else if (name.SequenceEqual("valueTwo"u8))
            {
                value.ValueTwo = json.U64();
            }
            else if (name.SequenceEqual("op"u8))
            {
                value.Op = json.String();
            }
            else
            {
                json.Skip();
            }
        }

        json.Require(given, "index", "value");
        return value;
    }
}
