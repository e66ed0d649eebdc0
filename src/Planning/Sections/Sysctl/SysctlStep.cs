using System;
using OciRun.Kernel;

namespace OciRun.Planning.Steps;

/// <summary>A kernel parameter, written through the host's verified procfs.</summary>
public sealed class SysctlStep : Step
{
    public required string Key { get; init; }
    public required string Value { get; init; }
    public override Phase Phase => Phase.Pivot;
    public override string? Subject => Key;
    public override string Text => "set " + Key + " = " + Value;

    public override void Lower(ProgramBuilder program)
    {
        int size = System.Text.Encoding.UTF8.GetByteCount(Value);
        program.Add(OpCode.Sysctl, program.String("sys/" + PathOf(Key)), program.String(Value), (ulong)size);
    }

    /// <summary>sysctl.d(5): the first of '.' and '/' is the separator, the other one is literal.</summary>
    public static string PathOf(string key)
    {
        int first = key.AsSpan().IndexOfAny('.', '/');
        if (first < 0 || key[first] == '/')
        {
            return key;
        }
        return string.Create(key.Length, key, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = source[i] switch { '.' => '/', '/' => '.', char c => c };
            }
        });
    }

    public override string? Hint(string call, int errno) =>
        errno == Errno.ENOENT ? "this kernel has no such parameter in the container's namespaces" : null;
}
