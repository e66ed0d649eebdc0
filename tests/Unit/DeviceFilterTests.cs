using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using OciRun.Planning;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>The fold of device rules and the programs made of it, run in a small eBPF simulator.</summary>
public sealed class DeviceFilterTests
{
    static readonly string?[] Types = [null, "a", "b", "c"];
    static readonly long?[] Numbers = [null, -1, 1, 8];
    static readonly string[] Accesses = ["r", "w", "m", "rw", "rwm"];

    static SpecDeviceRule Rule(bool allow, string? type = "a", long? major = null, long? minor = null, string access = "rwm") =>
        new() { Allow = allow, Type = type, Major = major, Minor = minor, Access = access };

    static bool Run(byte[]? program, char type, uint major, uint minor, DeviceAccess access) =>
        program is null || Simulator.Run(program, (type == 'b' ? 1u : 2u) | ((uint)access << 16), major, minor) != 0;

    static bool IsDefault(char type, long major, long minor, DeviceAccess access) =>
        DeviceRuleSet.Defaults().Any(d => d.Covers(type, major, minor) && (access & ~d.Access) == 0);

    [Fact]
    public void Nothing_but_the_defaults_is_allowed_without_rules()
    {
        byte[]? program = DeviceFilter.Compile((List<SpecDeviceRule>?)null, []);
        Assert.NotNull(program);
        foreach ((uint major, uint minor) in new (uint, uint)[] { (1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2),
            (136, 99), (10, 200) })
        {
            Assert.True(Run(program, 'c', major, minor, DeviceAccess.All));
            Assert.False(Run(program, 'b', major, minor, DeviceAccess.Read));
        }
        Assert.True(Run(program, 'b', 8, 0, DeviceAccess.Mknod));
        Assert.True(Run(program, 'c', 9, 9, DeviceAccess.Mknod));
        Assert.False(Run(program, 'c', 1, 11, DeviceAccess.Read));
        Assert.False(Run(program, 'c', 5, 1, DeviceAccess.Write));
        Assert.False(Run(program, 'c', 10, 229, DeviceAccess.Read));
    }

    [Fact]
    public void Allow_all_needs_no_program() => Assert.Null(DeviceFilter.Compile([Rule(false), Rule(true)], []));

    [Fact]
    public void Rule_for_all_devices_forgets_what_came_before()
    {
        List<ConfigProblem> problems = [];
        byte[]? program = DeviceFilter.Compile([Rule(true), Rule(true, "b", 8, 0), Rule(false)], problems);
        Assert.Empty(problems);
        Assert.False(Run(program, 'b', 8, 0, DeviceAccess.Read));
    }

    [Fact]
    public void Defaults_win_over_a_refusal_of_their_type()
    {
        byte[]? program = DeviceFilter.Compile([Rule(true), Rule(false, "c")], []);
        Assert.True(Run(program, 'c', 1, 3, DeviceAccess.Read | DeviceAccess.Write));
        Assert.False(Run(program, 'c', 4, 0, DeviceAccess.Read));
        Assert.True(Run(program, 'b', 8, 0, DeviceAccess.All));
    }

    static IEnumerable<SpecDeviceRule> Many(int count) =>
        Enumerable.Range(0, count).Select(i => Rule(true, "c", 1000 + (i / 1000), i % 1000, i % 2 == 0 ? "rw" : "rwm"));

    /// <summary>This took 18 seconds, and then the kernel refused the program.</summary>
    [Fact]
    public void More_devices_than_the_kernel_verifies_are_refused_at_once_with_the_rule_that_is_too_much()
    {
        List<ConfigProblem> problems = [];
        Assert.InRange(ThreadTime.Of(() => DeviceFilter.Compile([Rule(false), .. Many(60000)], problems)), 0, 2);
        ConfigProblem problem = Assert.Single(problems);
        Assert.Equal("linux.resources.devices[8101]", problem.Path);
        Assert.Contains("too many different devices", problem.Message);
    }

    [Fact]
    public void Rules_are_folded_in_linear_time()
    {
        // Eight times the rules: eight times the processor time, not sixty-four.
        double few = Fold(1000), many = Fold(8000);
        Assert.True(many < few * 30, $"{few} s for 4,000 rules, {many} s for 32,000");
    }

    static double Fold(int count)
    {
        List<ConfigProblem> problems = [];
        SpecDeviceRule[] rules = [Rule(false), .. Many(count), .. Many(count).Reverse(), .. Many(count), .. Many(count)];
        double seconds = ThreadTime.Least(() => DeviceFilter.Compile([.. rules], problems));
        Assert.Empty(problems);
        return seconds;
    }

    [Fact]
    public void The_last_of_very_many_devices_has_what_its_rule_says()
    {
        List<ConfigProblem> problems = [];
        byte[]? program = DeviceFilter.Compile([Rule(false), .. Many(8000), Rule(false, "c", 1003, 7, "w"),
            Rule(false, "c", 1000, 0, "rw")], problems);
        Assert.Empty(problems);
        Assert.True(Run(program, 'c', 1007, 999, DeviceAccess.All));
        Assert.False(Run(program, 'c', 1007, 998, DeviceAccess.All));
        Assert.True(Run(program, 'c', 1007, 998, DeviceAccess.Read | DeviceAccess.Write));
        Assert.False(Run(program, 'c', 1003, 7, DeviceAccess.Write));
        Assert.True(Run(program, 'c', 1003, 7, DeviceAccess.Read));
        Assert.False(Run(program, 'c', 1000, 0, DeviceAccess.Read));
        Assert.False(Run(program, 'c', 1008, 0, DeviceAccess.Read));
        Assert.True(Run(program, 'c', 136, 5, DeviceAccess.Read));
    }

    [Fact]
    public void Hole_in_a_wider_rule_is_refused()
    {
        List<ConfigProblem> problems = [];
        DeviceFilter.Compile([Rule(false), Rule(true, "b", 8), Rule(false, "b", 8, 1, "w")], problems);
        ConfigProblem problem = Assert.Single(problems);
        Assert.Equal("linux.resources.devices[2]", problem.Path);
        Assert.Contains("cannot punch a hole for \"b 8:1 w\" in the earlier rule \"b 8:* rwm\"", problem.Message);
    }

    [Theory]
    [InlineData("x", 1L, "r", "device type")]
    [InlineData("c", 1L, "", "access")]
    [InlineData("c", 1L, "rx", "access")]
    [InlineData("c", -2L, "r", "out of range")]
    [InlineData("c", 1L << 32, "r", "out of range")]
    public void Malformed_rule_is_refused(string type, long major, string access, string message)
    {
        List<ConfigProblem> problems = [];
        DeviceFilter.Compile([Rule(true, type, major, 0, access)], problems);
        Assert.Contains(message, Assert.Single(problems).Message);
    }

    /// <summary>All sequences of two rules after either start, against a direct evaluation of the list as cgroup v1 documents
    /// it.</summary>
    [Fact]
    public void Programs_agree_with_a_direct_evaluation()
    {
        List<SpecDeviceRule> all = [];
        foreach (string? type in Types)
        {
            foreach (long? major in Numbers)
            {
                foreach (long? minor in new long?[] { null, 3 })
                {
                    foreach (string access in Accesses)
                    {
                        all.Add(Rule(true, type, major, minor, access));
                        all.Add(Rule(false, type, major, minor, access));
                    }
                }
            }
        }
        Random random = new(5);
        int compared = 0;
        for (int i = 0; i < 20000; i++)
        {
            List<SpecDeviceRule> rules = [Rule(random.Next(2) == 0)];
            int count = random.Next(1, 6);
            for (int j = 0; j < count; j++)
            {
                rules.Add(all[random.Next(all.Count)]);
            }
            List<ConfigProblem> problems = [];
            byte[]? program = DeviceFilter.Compile(rules, problems);
            if (problems.Count == 0)
            {
                Compare(rules, program, random);
                compared++;
            }
        }
        Assert.InRange(compared, 5000, 20000);
    }

    static void Compare(List<SpecDeviceRule> rules, byte[]? program, Random random)
    {
        for (int i = 0; i < 12; i++)
        {
            char type = random.Next(2) == 0 ? 'b' : 'c';
            uint major = new uint[] { 1, 8, 9, 136 }[random.Next(4)];
            uint minor = new uint[] { 3, 4 }[random.Next(2)];
            // What the kernel asks: mknod alone, or reading and writing in any combination.
            DeviceAccess access = new[] { DeviceAccess.Mknod, DeviceAccess.Read, DeviceAccess.Write, DeviceAccess.Read |
                DeviceAccess.Write }
                [random.Next(4)];
            bool expected = IsDefault(type, major, minor, access) || Direct(rules, type, major, minor, access);
            Assert.True(expected == Run(program, type, major, minor, access),
                string.Join("; ", rules.Select(r => $"{r.Allow} {r.Type} {r.Major}:{r.Minor} {r.Access}")) +
                $" -> {type} {major}:{minor} {access}");
        }
    }

    /// <summary>Asks for every access bit alone what the last rule about it said: where no rule digs a hole into a wider one,
    /// that is what the folded list means, as long as one rule grants all bits of the request or the default does.</summary>
    static bool Direct(List<SpecDeviceRule> rules, char type, long major, long minor, DeviceAccess access)
    {
        bool byDefault = rules.Where(r => string.IsNullOrEmpty(r.Type) || r.Type == "a").Last().Allow;
        int start = rules.FindLastIndex(r => string.IsNullOrEmpty(r.Type) || r.Type == "a");
        Dictionary<(string, long, long), DeviceAccess> exceptions = [];
        foreach (SpecDeviceRule rule in rules.Skip(start + 1))
        {
            (string, long, long) key = (rule.Type!, rule.Major ?? -1, rule.Minor ?? -1);
            exceptions.TryGetValue(key, out DeviceAccess old);
            DeviceAccess named = DeviceRuleSet.Parse(rule.Access)!.Value;
            exceptions[key] = rule.Allow == byDefault ? old & ~named : old | named;
        }
        IEnumerable<DeviceAccess> covering = exceptions
            .Where(e => e.Key.Item1[0] == type && e.Key.Item2 is var a && (a == -1 || a == major) && e.Key.Item3 is var i
            && (i == -1 || i == minor))
            .Select(e => e.Value);
        // Making nodes is granted to every container on the any-device key, so it adds to a rule for that key.
        return byDefault ? covering.All(e => (e & access) == 0) : covering.Any(e => (access & ~e) == 0);
    }

    /// <summary>As much of eBPF as the programs use. Throws on anything else, on a jump out of the program and on a run without
    /// end.</summary>
    static class Simulator
    {
        public static ulong Run(byte[] program, uint accessType, uint major, uint minor)
        {
            ulong[] registers = new ulong[11];
            uint[] context = [accessType, major, minor];
            int at = 0;
            for (int steps = 0; steps < 100000; steps++)
            {
                ReadOnlySpan<byte> code = program.AsSpan(at * 8, 8);
                int destination = code[1] & 15;
                int source = code[1] >> 4;
                short offset = BinaryPrimitives.ReadInt16LittleEndian(code[2..]);
                int immediate = BinaryPrimitives.ReadInt32LittleEndian(code[4..]);
                at++;
                switch (code[0])
                {
                    case 0x61:
                        Assert.Equal(1, source);
                        registers[destination] = context[offset / 4];
                        break;
                    case 0xbf:
                        registers[destination] = registers[source];
                        break;
                    case 0xb7:
                        registers[destination] = (ulong)immediate;
                        break;
                    case 0x57:
                        registers[destination] &= (ulong)immediate;
                        break;
                    case 0x77:
                        registers[destination] >>= immediate;
                        break;
                    case 0x05:
                        at += offset;
                        break;
                    case 0x55:
                        at += registers[destination] != (ulong)immediate ? offset : 0;
                        break;
                    case 0x15:
                        at += registers[destination] == (ulong)immediate ? offset : 0;
                        break;
                    case 0x95:
                        return registers[0];
                    default:
                        throw new InvalidOperationException($"unknown instruction {code[0]:x2}");
                }
            }
            throw new InvalidOperationException("the program does not end");
        }
    }
}
