using System.Linq;
using System.Text;
using OciRun.Planning.Seccomp;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>The compiled program and a direct evaluation of the profile give the same answer to every call.</summary>
public sealed class SeccompPropertyTests
{
    static readonly string[] AllNames = Enumerable.Range(0, SyscallNames.Count).Select(SyscallNames.At).ToArray();

    static readonly string[][] Architectures =
    [
        [], ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], ["SCMP_ARCH_X86"], ["SCMP_ARCH_X32"],
        ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"], ["SCMP_ARCH_S390X", "SCMP_ARCH_S390"], ["SCMP_ARCH_PPC64LE", "SCMP_ARCH_PPC"],
        ["SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32"],
        ["SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32"],
        ["SCMP_ARCH_RISCV64", "SCMP_ARCH_LOONGARCH64"], ["SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_M68K"],
        ["SCMP_ARCH_SH", "SCMP_ARCH_SHEB", "SCMP_ARCH_PPC64"],
    ];

    static void AssertSame(SpecSeccomp spec, int seed, int vectors)
    {
        SeccompFilter filter = SeccompProfiles.Compile(spec);
        var reference = new SeccompReference(spec);
        foreach (SeccompCall call in SeccompProfiles.Calls(spec, seed, vectors))
        {
            uint expected = reference.Evaluate(call);
            uint actual = SeccompSimulator.Run(filter, call);
            if (expected != actual)
            {
                Assert.Fail($"profile {seed}: {call}: {SeccompNames.Describe(expected)} expected, " +
                    $"{SeccompNames.Describe(actual)} given");
            }
        }
    }

    [Theory]
    [InlineData("docker-default")]
    [InlineData("podman-default")]
    public void An_engine_profile_answers_as_its_text_says(string fixture) => AssertSame(SeccompProfiles.Fixture(fixture), 0,
        200);

    [Fact]
    public void Generated_profiles_answer_as_their_text_says()
    {
        for (int seed = 0; seed < 150; seed++)
        {
            AssertSame(SeccompProfiles.Random(seed, AllNames, Architectures), seed, 30);
        }
    }
}

/// <summary>The names of the tables, for tests.</summary>
static class SyscallNames
{
    public static int Count => SyscallTable.NameCount;

    public static string At(int index) => Encoding.ASCII.GetString(SyscallTable.NameAt(index));
}
