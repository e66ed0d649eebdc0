using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>config-linux.md, "Seccomp". <see cref="Flags"/> null (absent) and empty differ: absent means SPEC_ALLOW.</summary>
[Model]
public sealed partial class SpecSeccomp
{
    public string? DefaultAction { get; set; }
    public uint? DefaultErrnoRet { get; set; }
    public List<string>? Architectures { get; set; }
    public List<string>? Flags { get; set; }
    public string? ListenerPath { get; set; }
    public string? ListenerMetadata { get; set; }
    public List<SpecSyscall>? Syscalls { get; set; }
}

[Model]
public sealed partial class SpecSyscall
{
    public List<string>? Names { get; set; }
    public string? Action { get; set; }
    public uint? ErrnoRet { get; set; }
    public List<SpecSyscallArg>? Args { get; set; }
}

/// <summary>A condition on one system call argument; <see cref="Index"/> from 0 to 5.</summary>
[Model]
public sealed partial class SpecSyscallArg
{
    [Required] public uint Index { get; set; }
    [Required] public ulong Value { get; set; }
    public ulong ValueTwo { get; set; }
    public string? Op { get; set; }
}
