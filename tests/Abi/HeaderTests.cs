using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using OciRun.Kernel;
using Xunit;

namespace OciRun.Tests.Abi;

/// <summary>Every constant and structure of Kernel against the C headers of the host.</summary>
public sealed class HeaderTests
{
    static readonly Type[] Types = typeof(CloneArgs).Assembly.GetExportedTypes();

    static IEnumerable<FieldInfo> ConstantsOf(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral);

    static IEnumerable<Type> Structs => Types.Where(t => t.IsValueType && !t.IsEnum);

    static string Prologue(string headers)
    {
        StringBuilder text = new("#include <stddef.h>\n#include <linux/version.h>\n");
        foreach (string header in headers.Split(' '))
        {
            text.Append("#include <").Append(header).Append(">\n");
        }
        return text.ToString();
    }

    static string CName(FieldInfo constant) => constant.DeclaringType!.Name == nameof(Sys) ? "__NR_" + constant.Name
        : constant.Name;

    static string AssertConstant(FieldInfo constant)
    {
        object raw = constant.GetRawConstantValue()!;
        string name = CName(constant);
        int bits = Marshal.SizeOf(raw.GetType()) * 8;
        string value = raw is ulong u ? u + "ull" : unchecked((ulong)Convert.ToInt64(raw)) + "ull";
        string mask = bits == 64 ? "~0ull" : ((1ul << bits) - 1) + "ull";
        string line =
            $"_Static_assert(((unsigned long long)({name}) & {mask}) == ({value} & {mask}), \"{name} is not {raw}\");\n";
        if (CNames.Since.TryGetValue(name, out string? version))
        {
            string[] part = version.Split('.');
            line = $"#if LINUX_VERSION_CODE >= KERNEL_VERSION({part[0]},{part[1]},0)\n{line}#endif\n";
        }
        return line;
    }

    public static TheoryData<string> ConstantTypes() =>
        [.. Types.Where(t => ConstantsOf(t).Any() && !CNames.OwnConstants.Contains(t.Name)).Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(ConstantTypes))]
    public void Constants_are_those_of_the_headers(string typeName) =>
        Assert.Equal("", Host.Compile(ConstantsSource(Types.Single(t => t.Name == typeName))));

    internal static string ConstantsSource(Type type)
    {
        Assert.True(CNames.Constants.TryGetValue(type.Name, out string? headers), type.Name +
            " is in no header of CNames.Constants");
        StringBuilder source = new(Prologue(headers));
        foreach (FieldInfo constant in ConstantsOf(type))
        {
            source.Append(AssertConstant(constant));
        }
        return source.ToString();
    }

    public static TheoryData<string> StructTypes() =>
        [.. Structs.Where(t => !CNames.OwnStructs.Contains(t.Name)).Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(StructTypes))]
    public void Structures_are_laid_out_as_in_the_headers(string typeName) =>
        Assert.Equal("", Host.Compile(StructSource(Structs.Single(t => t.Name == typeName))));

    internal static string StructSource(Type type)
    {
        string typeName = type.Name;
        Assert.True(CNames.Structs.TryGetValue(typeName, out (string Type, string Headers) c),
            typeName + " is not in CNames.Structs");
        StringBuilder source = new(Prologue(c.Headers));
        if (!CNames.PartOnly.Contains(typeName))
        {
            source.Append($"_Static_assert(sizeof({c.Type}) == {Layout.SizeOf(type)}, \"size of {typeName}\");\n");
        }
        foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
        {
            string name = CNames.Fields.GetValueOrDefault(typeName + "." + field.Name, field.Name);
            if (name.Length == 0)
            {
                continue;
            }
            source.Append($"_Static_assert(offsetof({c.Type}, {name}) == {Layout.OffsetOf(field)}, \"offset of " +
                $"{typeName}.{name}\");\n");
            if (!name.EndsWith(']'))
            {
                source.Append($"_Static_assert(sizeof((({c.Type}*)0)->{name}) == {Layout.SizeOf(field.FieldType)}, ");
                source.Append($"\"size of {typeName}.{name}\");\n");
            }
        }
        return source.ToString();
    }

    [Fact]
    public void Directory_entries_carry_their_name_where_the_header_says() =>
        Assert.Equal("", Host.Compile(Prologue("dirent.h")
            + $"_Static_assert(offsetof(struct dirent64, d_name) == {Dirent64.NameOffset}, \"d_name\");\n"));

    [Fact]
    public void Stat_carries_its_mode_where_the_header_says() =>
        Assert.Equal("", Host.Compile(Prologue("sys/stat.h")
            + $"_Static_assert(offsetof(struct stat, st_mode) == {Stat.ModeOffset}, \"st_mode\");\n"));

    [Fact]
    public void Seccomp_data_is_laid_out_as_the_offsets_say() => Assert.Equal("", Host.Compile(Prologue("linux/seccomp.h")
        + $"_Static_assert(offsetof(struct seccomp_data, nr) == {SeccompData.Number}, \"nr\");\n"
        + $"_Static_assert(offsetof(struct seccomp_data, arch) == {SeccompData.Architecture}, \"arch\");\n"
        + $"_Static_assert(offsetof(struct seccomp_data, args) == {SeccompData.Arguments}, \"args\");\n"));

    [Fact]
    public void Modes_are_the_digits_of_their_names() => Assert.All(ConstantsOf(typeof(Mode)),
        mode => Assert.Equal(Convert.ToUInt32(mode.Name[1..], 8), mode.GetRawConstantValue()));

    [Fact]
    public void Device_numbers_are_those_of_the_c_library() => Assert.Equal($"{Dev.Null} {Dev.Ptmx}", Host.RunC("""
        #include <stdio.h>
        #include <sys/sysmacros.h>
        int main(void) { printf("%u %u", (unsigned)makedev(1, 3), (unsigned)makedev(5, 2)); }
        """));

    [Fact]
    public void The_compiler_finds_a_wrong_value() => Assert.Contains("wrong on purpose",
        Host.Compile(Prologue("sched.h") + "_Static_assert(CLONE_NEWNS == 1, \"wrong on purpose\");\n"));

    [Fact]
    public void Tables_name_nothing_that_is_gone()
    {
        HashSet<string> names = [.. Types.Select(t => t.Name)];
        Assert.All(CNames.Constants.Keys, name => Assert.Contains(name, names));
        Assert.All(CNames.Structs.Keys, name => Assert.Contains(name, names));
        HashSet<string> constants = [.. Types.SelectMany(ConstantsOf).Select(CName)];
        Assert.All(CNames.Since.Keys, name => Assert.Contains(name, constants));
    }

    [Fact]
    public void Kernel_sigaction_is_what_rt_sigaction_gives_back()
    {
        // No exported header declares it: the C library's own goes in, the kernel's bytes come out.
        string[] found = Host.RunC("""
            #include <signal.h>
            #include <stdio.h>
            #include <unistd.h>
            #include <sys/syscall.h>
            static void handler(int s) { }
            int main(void)
            {
                struct sigaction in = { .sa_handler = handler, .sa_flags = SA_NODEFER };
                unsigned long out[8] = { 0 };
                sigaddset(&in.sa_mask, SIGUSR2);
                sigaction(SIGUSR1, &in, 0);
                for (int i = 0; i < 8; i++) out[i] = 0x5a5a5a5a;
                syscall(SYS_rt_sigaction, SIGUSR1, 0, out, 8);
                int size = 0, h = -1, f = -1, m = -1;
                for (int i = 0; i < 8; i++) {
                    if (out[i] != 0x5a5a5a5a) size = 8 * (i + 1);
                    if (out[i] == (unsigned long)handler) h = 8 * i;
                    else if (out[i] == 1ul << (SIGUSR2 - 1)) m = 8 * i;
                    else if (out[i] != 0x5a5a5a5a && (out[i] & SA_NODEFER)) f = f < 0 ? 8 * i : f;
                }
                printf("%d %d %d %d", size, h, f, m);
            }
            """).Split(' ');
        long Offset(string name) => Layout.OffsetOf(typeof(KernelSigaction).GetField(name)!);
        Assert.Equal([Layout.SizeOf(typeof(KernelSigaction)), Offset("sa_handler"), Offset("sa_flags"), Offset("sa_mask")],
            found.Select(long.Parse));
    }
}
