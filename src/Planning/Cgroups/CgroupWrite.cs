using System;

namespace OciRun.Planning.Cgroups;

/// <summary>One value for one file of a cgroup v2 directory, and what to do when the kernel does not take it.</summary>
/// <param name="File">Bare file name, such as <c>memory.max</c>.</param>
/// <param name="Value">What is written; several lines are written one by one, for the kernel takes one per write(2).</param>
/// <param name="Controller">The controller that owns the file; empty for files that every cgroup has.</param>
/// <param name="ConfigPath">Where the value comes from, for messages.</param>
public sealed record CgroupWrite(string File, string Value, string Controller, string ConfigPath)
{
    /// <summary>The value is what a new cgroup has already: a create may skip it, an update must not.</summary>
    public bool IsDefault { get; init; }
    /// <summary>A kernel without the file behaves as asked anyway (no swap accounting, no huge page reservations).</summary>
    public bool IgnoreMissing { get; init; }
    /// <summary>EINVAL may come from a value that a later write changes (cpu.max.burst above the old quota): try again at the
    /// end.</summary>
    public bool DeferOnInvalid { get; init; }
    /// <summary>Refuse instead of writing when memory.current is not below the value (memory.checkBeforeUpdate).</summary>
    public bool CheckUsage { get; init; }
    /// <summary>Written instead when <see cref="File"/> does not exist.</summary>
    public CgroupWrite? Fallback { get; init; }
}

/// <summary>The words of a cgroup.controllers file.</summary>
public readonly struct ControllerSet
{
    readonly string _words;
    readonly bool _all;

    public ControllerSet(string? words) => _words = words ?? "";

    ControllerSet(bool all)
    {
        _words = "";
        _all = all;
    }

    /// <summary>Every controller that there is or may be.</summary>
    public static ControllerSet All => new(all: true);

    public override string ToString() => (_words ?? "").Trim();

    public bool Contains(ReadOnlySpan<char> name)
    {
        if (_all)
        {
            return true;
        }
        ReadOnlySpan<char> rest = _words;
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOfAny(' ', '\n');
            ReadOnlySpan<char> word = end < 0 ? rest : rest[..end];
            if (word.SequenceEqual(name))
            {
                return true;
            }
            rest = end < 0 ? default : rest[(end + 1)..];
        }
        return false;
    }
}
