using System.Collections.Generic;

namespace OciRun.Planning.Seccomp;

/// <summary>A condition: argument <see cref="Index"/>, masked, compared with a value.</summary>
readonly record struct SeccompTest(byte Index, SeccompOperator Operator, ulong Mask, ulong Value);

/// <summary>A rule of the profile: the calls in Names[FirstName..] answer <see cref="Return"/> when all tests hold. Source is its
/// index in <c>linux.seccomp.syscalls</c>.</summary>
readonly record struct SeccompRule(uint Return, int FirstName, int NameCount, int FirstTest, int TestCount, int Source);

/// <summary>A profile that has been checked: words are numbers, names are indexes into <see cref="SyscallNameTable"/>.</summary>
sealed class SeccompProfile
{
    public uint DefaultReturn;
    public uint Flags;
    public bool UsesNotify;
    public string? ListenerPath;
    /// <summary>The config path of <see cref="ListenerPath"/>.</summary>
    public string ListenerSource = "";
    public string? ListenerMetadata;
    public List<string>? UnknownNames;

    /// <summary>Native first, without duplicates.</summary>
    public readonly List<SeccompArchitecture> Architectures = new(4);

    /// <summary>Every name that the profile mentions, also in rules that are dropped: the largest number among them says how new
    /// the profile is.</summary>
    public ushort[] Names = [];
    public int NameCount;
    public readonly List<SeccompRule> Rules = new(16);
    public readonly List<SeccompTest> Tests = new(16);
}
