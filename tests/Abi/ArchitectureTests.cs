using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using OciRun.Kernel;
using Xunit;

namespace OciRun.Tests.Abi;

/// <summary>
/// What differs between machines stands in the folder of a machine and nowhere else: all that is outside of X64 and Arm64 must
/// hold in the headers of both, and each folder in its own. O_NOFOLLOW of x86-64 is O_LARGEFILE on arm64: a protection would go
/// in silence.
/// </summary>
public sealed class ArchitectureTests : IClassFixture<ArchitectureTests.Arm64>
{
    readonly Type[] _types;

    public ArchitectureTests(Arm64 arm64) => _types = arm64.Kernel.GetExportedTypes();

    /// <summary>Kernel as it is compiled for arm64: all of it is data and IL, so that it can be looked at here.</summary>
    public sealed class Arm64 : IDisposable
    {
        readonly string _directory = Directory.CreateTempSubdirectory("oci-run-arm64-").FullName;

        public Arm64()
        {
            (int code, string output, _) = Host.RunSdk("build", "src/Kernel/Kernel.csproj", "-c", "Release",
                "--nologo", "-v", "quiet", "-p:Architecture=arm64", "-p:ArtifactsPath=" + _directory);
            Assert.True(code == 0, output);
            string library = Directory.GetFiles(Path.Combine(_directory, "bin"), "OciRun.Kernel.dll", SearchOption.AllDirectories)
                .Single();
            Kernel = new AssemblyLoadContext("arm64").LoadFromAssemblyPath(library);
        }

        public Assembly Kernel { get; }

        public void Dispose() => Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Constants_for_arm64_are_those_of_its_headers() => Assert.All(
        _types.Where(t => CNames.Constants.ContainsKey(t.Name)),
        type => Assert.Equal("", Host.Compile(HeaderTests.ConstantsSource(type), arm64: true)));

    [Fact]
    public void Structures_for_arm64_are_laid_out_as_in_its_headers() => Assert.All(
        _types.Where(t => CNames.Structs.ContainsKey(t.Name)),
        type => Assert.Equal("", Host.Compile(HeaderTests.StructSource(type), arm64: true)));

    [Fact]
    public void Both_machines_have_the_same_names()
    {
        static string[] Members(Type[] types) =>
        [
            .. from type in types
               from member in type.GetMembers(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance |
               BindingFlags.DeclaredOnly)
               where !member.Name.StartsWith("__pad", StringComparison.Ordinal)
               orderby type.Name, member.Name
               select type.Name + "." + member.Name,
        ];
        Assert.Equal(Members(typeof(CloneArgs).Assembly.GetExportedTypes()), Members(_types));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_machine_is_what_its_compiler_says(bool arm64)
    {
        Type machine = arm64 ? _types.Single(t => t.Name == nameof(Machine)) : typeof(Machine);
        object? elf = machine.GetField(nameof(Machine.Elf))!.GetRawConstantValue();
        object? audit = machine.GetField(nameof(Machine.Audit))!.GetRawConstantValue();
        Assert.Equal("", Host.Compile($"""
            #include <linux/audit.h>
            #ifdef __x86_64__
            _Static_assert({elf} == EM_X86_64 && {audit}u == AUDIT_ARCH_X86_64, "x64");
            #else
            _Static_assert({elf} == EM_AARCH64 && {audit}u == AUDIT_ARCH_AARCH64, "arm64");
            #endif

            """, arm64));
    }

    [Fact]
    public void The_headers_of_arm64_are_another_machines() => Assert.Contains("O_NOFOLLOW is not",
        Host.Compile(HeaderTests.ConstantsSource(typeof(OpenFlags)), arm64: true));
}
