using System;
using System.Linq;
using System.Reflection;
using OciRun.Kernel;
using Xunit;

namespace OciRun.Tests.Abi;

/// <summary>The name tables of Kernel against the C library and against the constants.</summary>
public sealed class NameTests
{
    [Fact]
    public void Error_names_and_texts_are_those_of_glibc()
    {
        string[] lines = Host.RunC("""
            #include <stdio.h>
            #include <string.h>
            int main(void)
            {
                for (int i = 1; i < 134; i++)
                    if (strerrorname_np(i)) printf("%d|%s|%s\n", i, strerrorname_np(i), strerrordesc_np(i));
            }
            """).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length > 120);
        Assert.Equal(lines, lines.Select(line => int.Parse(line.Split('|')[0]))
            .Select(i => i + "|" + ErrnoText.Name(i) + "|" + ErrnoText.Describe(i)));
        Assert.Equal("errno 999", ErrnoText.Name(999));
    }

    [Fact]
    public void Capabilities_have_the_kernels_names_and_numbers()
    {
        FieldInfo[] capabilities = typeof(Capability).GetFields();
        Assert.Equal(Capabilities.Last + 1, capabilities.Length);
        foreach (FieldInfo capability in capabilities)
        {
            int number = (int)capability.GetRawConstantValue()!;
            Assert.Equal(capability.Name, Capabilities.Name(number));
            Assert.Equal(number, Capabilities.Number(capability.Name));
        }
        Assert.Equal("", Host.Compile("#include <linux/capability.h>\n"
            + $"_Static_assert(CAP_LAST_CAP <= {Capabilities.Last}, \"a capability is missing\");\n"));
        Assert.Equal(21, Capabilities.Number("sys_admin"));
        Assert.Equal(-1, Capabilities.Number("CAP_SYS"));
        Assert.Null(Capabilities.Name(Capabilities.Last + 1));
    }

    [Fact]
    public void Resources_have_the_kernels_names_and_numbers()
    {
        for (int i = 0; i < Rlimits.Count; i++)
        {
            Assert.Equal(i, typeof(Rlimit).GetField(Rlimits.Name(i)!)!.GetRawConstantValue());
            Assert.Equal(i, Rlimits.Number(Rlimits.Name(i)!));
        }
        Assert.Equal(-1, Rlimits.Number("RLIMIT_NOFILES"));
        Assert.Equal(Rlimits.Count, typeof(Rlimit).GetFields().Length);
        Assert.Equal("", Host.Compile("#include <asm/resource.h>\n"
            + $"_Static_assert(RLIM_NLIMITS == {Rlimits.Count}, \"a resource is missing\");\n"));
    }

    [Theory]
    [InlineData("SIGTERM", 15)]
    [InlineData("term", 15)]
    [InlineData("SigKill", 9)]
    [InlineData("9", 9)]
    [InlineData("64", 64)]
    [InlineData("SIGRTMIN", 34)]
    [InlineData("RTMIN+3", 37)]
    [InlineData("sigrtmax-1", 63)]
    [InlineData("SIGRTMAX", 64)]
    [InlineData("POLL", 29)]
    [InlineData("0", -1)]
    [InlineData("65", -1)]
    [InlineData("-9", -1)]
    [InlineData("", -1)]
    [InlineData("SIG", -1)]
    [InlineData("SIGFOO", -1)]
    [InlineData("RTMIN+31", -1)]
    [InlineData("RTMIN-1", -1)]
    [InlineData("RT", -1)]
    public void Signals_are_read_by_name_and_number(string text, int number) => Assert.Equal(number, Signals.Number(text));

    [Fact]
    public void Signal_names_are_those_of_the_c_library()
    {
        string expected = Host.RunC("""
            #include <signal.h>
            #include <stdio.h>
            #include <string.h>
            int main(void)
            {
                for (int i = 1; i < 32; i++) printf("SIG%s ", sigabbrev_np(i));
                printf("%d %d", SIGRTMIN, SIGRTMAX);
            }
            """);
        // glibc abbreviates signal 29 as POLL; kernel and shells say IO.
        string actual = string.Concat(Enumerable.Range(1, 31).Select(i => Signals.Name(i) + " "))
            + Signals.SIGRTMIN + " " + Signals.SIGRTMAX;
        Assert.Equal(expected.Replace("SIGPOLL", "SIGIO", StringComparison.Ordinal), actual);
        Assert.All(Enumerable.Range(1, 64), i => Assert.Equal(i, Signals.Number(Signals.Name(i)!)));
        Assert.Null(Signals.Name(0));
        Assert.Null(Signals.Name(65));
    }
}
