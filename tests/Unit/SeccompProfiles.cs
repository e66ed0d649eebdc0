using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using OciRun.Planning.Seccomp;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>Profiles to compile: the engines' own, generated ones, and calls that tell filters apart.</summary>
static class SeccompProfiles
{
    public static readonly string[] Operators =
    [
        "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
    ];

    static readonly ulong[] Values =
    [
        0, 1, 2, 3, 8, 16, 40, 0x7e020000, 0x7fffffff, 0x80000000, 0xffffffff, 0x1_00000000, 0x1_00000003, 0x80000000_00000000,
        0xffffffff_fffffffe, 0xffffffff_ffffffff,
    ];

    public static SpecSeccomp Fixture(string name)
    {
        string path = Path.Combine(Libseccomp.SourceDirectory(), "../../spec-fixtures/seccomp", name + ".json");
        return Parse(File.ReadAllText(path));
    }

    public static SpecSeccomp Parse(string json)
    {
        var problems = new List<ConfigProblem>();
        RuntimeSpec? spec = ConfigReader.Read(Encoding.UTF8.GetBytes("{\"linux\":{\"seccomp\":" + json + "}}"), problems);
        Assert.Empty(problems);
        return spec!.Linux!.Seccomp!;
    }

    public static SeccompFilter Compile(SpecSeccomp spec, string native = "SCMP_ARCH_X86_64")
    {
        var problems = new List<ConfigProblem>();
        SeccompFilter? filter = SeccompCompiler.Compile(spec, problems, SeccompArchitecture.Find(native));
        Assert.Empty(problems);
        Assert.Null(SeccompSimulator.Check(filter!.Instructions));
        return filter;
    }

    public static string[] Problems(SpecSeccomp spec)
    {
        var problems = new List<ConfigProblem>();
        SeccompFilter? filter = SeccompCompiler.Compile(spec, problems);
        Assert.True(filter == null || problems.Count == 0);
        return problems.Select(p => p.ToString()).ToArray();
    }

    static readonly string[] Actions =
    [
        "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP", "SCMP_ACT_TRACE",
        "SCMP_ACT_LOG",
    ];

    public static SpecSeccomp Random(int seed, string[] names, string[][] architectures)
    {
        var random = new Random(seed);
        T Pick<T>(T[] from) => from[random.Next(from.Length)];
        uint? Errno(string action) => action is "SCMP_ACT_ERRNO" or "SCMP_ACT_TRACE" && random.Next(2) == 0
            ? (uint)random.Next(1, 134) : null;
        var spec = new SpecSeccomp { DefaultAction = Pick(Actions), Architectures = [.. Pick(architectures)], Syscalls = [] };
        spec.DefaultErrnoRet = Errno(spec.DefaultAction);
        for (int i = random.Next(1, 25); i > 0; i--)
        {
            var syscall = new SpecSyscall { Action = Pick(Actions), Names = [] };
            syscall.ErrnoRet = Errno(syscall.Action);
            bool conditional = random.Next(2) == 0;
            int count = conditional ? random.Next(1, 3) : random.Next(1, 60);
            syscall.Names.AddRange(Enumerable.Range(0, count).Select(_ => Pick(names)).Distinct());
            if (conditional)
            {
                syscall.Args = Enumerable.Range(0, random.Next(1, 4)).Select(_ => new SpecSyscallArg
                {
                    Index = (uint)random.Next(6),
                    Op = Pick(Operators),
                    Value = Pick(Values),
                    ValueTwo = Pick(Values),
                }).ToList();
            }
            spec.Syscalls.Add(syscall);
        }
        return spec;
    }

    /// <summary>Every number of every ABI and the edges between them; for numbers with conditions, arguments around each
    /// constant.</summary>
    public static IEnumerable<SeccompCall> Calls(SpecSeccomp spec, int seed, int vectors)
    {
        var random = new Random(seed);
        ulong[] constants = (spec.Syscalls ?? []).SelectMany(s => s.Args ?? []).SelectMany(a => new[] { a.Value, a.ValueTwo })
            .Append(0ul).Distinct().SelectMany(Around).Distinct().ToArray();
        var conditional = (spec.Syscalls ?? []).Where(s => s.Args is { Count: > 0 }).SelectMany(s => s.Names!).ToHashSet();
        List<SeccompArchitecture> all = (spec.Architectures ?? []).Append("SCMP_ARCH_X86_64").Append("SCMP_ARCH_X86")
            .Append("SCMP_ARCH_X32")
            .Append("SCMP_ARCH_AARCH64").Distinct().Select(a => SeccompArchitecture.Find(a)!.Value).ToList();
        foreach (SeccompArchitecture architecture in all)
        {
            HashSet<uint> tested = conditional.Append("socketcall").Append("ipc")
                .Select(n => SyscallTable.Number(n, architecture))
                .Where(n => n >= 0).Select(n => (uint)n).ToHashSet();
            foreach (uint number in Numbers(architecture))
            {
                for (int i = tested.Contains(number) ? vectors : 1; i > 0; i--)
                {
                    ulong Next() => constants[random.Next(constants.Length)];
                    yield return new SeccompCall(architecture.Audit, number, Next(), Next(), Next(), Next(), Next(), Next());
                }
            }
        }
    }

    static IEnumerable<uint> Numbers(SeccompArchitecture architecture)
    {
        uint[] edges = [0, 0xeffff, 0xf0000, 0xf0001, 0xf0005, 0xf0006, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000,
            0xfffffffe, 0xffffffff];
        return Enumerable.Range(0, 1100).Select(n => architecture.Base + (uint)n).Concat(edges).Distinct();
    }

    static IEnumerable<ulong> Around(ulong value) =>
        [value - 1, value, value + 1, value ^ 0x1_00000000, value + 0x1_00000000, value & 0xffffffff,
        value | 0xffffffff_00000000];
}
