using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace OciRun.Tests.Abi;

/// <summary>
/// After clone3 the child has one thread and copies of locks that nobody will release: an allocation, a lazy static or a throw
/// may hang it. So the machine code that runs there is looked at, not the source.
/// </summary>
public sealed class ChildCodeTests
{
    const string Entry = "OciRun_Engine_Child_ChildProgram__Run";

    // What these call is looked at in turn.
    static readonly string[] Followed =
    [
        "OciRun_Engine_Child_",
        "OciRun_Syscalls_ChildSys__",
        "S_P_CoreLib_System_SpanHelpers__Memmove",
        "S_P_CoreLib_System_SpanHelpers__ClearWithoutReferences",
    ];

    static readonly HashSet<string> Allowed =
    [
        "syscall",
        "__errno_location",
        "memset", "memcpy", "memmove",
        // Only reached while a collection is pending, and none may start around clone3.
        "RhpGcPoll",
        // Touches the pages of a large frame.
        "RhpStackProbe",
        // Aborts after a stack buffer overran its canary; methods with stackalloc end in it.
        "RhpFallbackFailFast",
    ];

    static readonly Lazy<Disassembly> Published = new(() => new Disassembly(Binary));

    static string Binary => Path.Combine(Host.Root, "bin", "oci-run");

    static bool IsFollowed(string name) => Followed.Any(f => name.Contains(f, StringComparison.Ordinal));

    // Trampolines for unboxing and reverse calls carry a method's name with a prefix; the code itself has none.
    static ulong[] Find(string part) =>
        [.. Published.Value.Functions.Where(f => f.Name.Contains(part, StringComparison.Ordinal)).Select(f => f.Address)
        .Distinct()];

    static List<string> Violations(IEnumerable<ulong> entries, out int visited)
    {
        List<string> found = [];
        HashSet<ulong> seen = [.. entries];
        Queue<ulong> queue = new(seen);
        while (queue.TryDequeue(out ulong function))
        {
            foreach ((ulong target, string text) in Published.Value.CallsOf(function))
            {
                IReadOnlyList<string> names = target == 0 ? [text] : Published.Value.NamesOf(target);
                if (target != 0 && names.Any(Allowed.Contains))
                {
                    continue;
                }
                if (target != 0 && names.Any(IsFollowed))
                {
                    if (seen.Add(target))
                    {
                        queue.Enqueue(target);
                    }
                    continue;
                }
                found.Add(Published.Value.NameOf(function) + " → " + names[0]);
            }
        }
        visited = seen.Count;
        return [.. found.Distinct()];
    }

    [Fact]
    public void Code_after_clone3_calls_only_itself_and_the_system_call_door()
    {
        ulong[] entries = Find(Entry);
        Assert.True(entries.Length > 0, "bin/oci-run has no function " + Entry);
        List<string> violations = Violations(entries, out int visited);
        Assert.True(visited >= 1);
        Assert.True(violations.Count == 0, string.Join('\n', violations));
    }

    [Fact]
    public void Code_after_clone3_reaches_the_system_call_door()
    {
        HashSet<ulong> seen = [.. Find(Entry)];
        Queue<ulong> queue = new(seen);
        bool reached = false;
        while (queue.TryDequeue(out ulong function))
        {
            foreach ((ulong target, _) in Published.Value.CallsOf(function).Where(c => c.Target != 0))
            {
                reached |= Published.Value.NamesOf(target).Contains("syscall");
                if (Published.Value.NamesOf(target).Any(IsFollowed) && seen.Add(target))
                {
                    queue.Enqueue(target);
                }
            }
        }
        Assert.True(reached, "no call of syscall was found: the walk sees nothing");
    }

    [Fact]
    public void The_walk_finds_what_ordinary_code_calls()
    {
        // Main allocates, throws and calls through interfaces: the walk must complain about it, or it is blind.
        ulong[] main = Find("OciRun_Cli_Program__Main");
        Assert.NotEmpty(main);
        Assert.NotEmpty(Violations(main, out _));
    }
}
