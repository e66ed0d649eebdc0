using System;

namespace OciRun.Planning.Steps;

/// <summary>One system call of the init program with arguments that are numbers or small blobs.</summary>
public sealed class ProcessCallStep : Step
{
    public required long Number { get; init; }
    public required string Words { get; init; }
    public required Func<ProgramBuilder, ulong[]> Arguments { get; init; }
    public ushort Tolerate { get; init; }
    public string? HintText { get; init; }
    public override Phase Phase => Phase.Restrict;
    public override string Text => Words;

    public override void Lower(ProgramBuilder program)
    {
        ulong[] a = Arguments(program);
        program.Call(Number, At(a, 0), At(a, 1), At(a, 2), At(a, 3), At(a, 4), At(a, 5), tolerate: Tolerate);
    }

    static ulong At(ulong[] values, int index) => index < values.Length ? values[index] : 0;

    /// <summary>A call whose arguments are all numbers.</summary>
    public static ProcessCallStep Of(long number, string path, string words, string? hint, params ulong[] arguments) =>
        new() { ConfigPath = path, Number = number, Words = words, Arguments = _ => arguments, HintText = hint };

    public override string? Hint(string call, int errno) => HintText;
}
