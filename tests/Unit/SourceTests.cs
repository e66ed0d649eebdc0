using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using OciRun.Kernel;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>The kernel's numbers have names: in the classes of Kernel, and copied nowhere.</summary>
public sealed class SourceTests
{
    static Dictionary<string, string> Sources() => Directory
        .EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(path => !path.EndsWith(".g.cs", StringComparison.Ordinal))
        .ToDictionary(path => Path.GetRelativePath(Repository.Root, path), File.ReadAllText);

    /// <summary>The sources without comments.</summary>
    internal static Dictionary<string, string> Code() =>
        Sources().ToDictionary(s => s.Key, s => Regex.Replace(s.Value, @"(?<!:)//[^\n]*|/\*.*?\*/", "", RegexOptions.Singleline));

    static bool IsKernels(string path) =>
        path.StartsWith("src/Kernel/", StringComparison.Ordinal) || Regex.IsMatch(path, "/(X64|Arm64)/");

    static List<string> Matches(Dictionary<string, string> sources,
        [System.Diagnostics.CodeAnalysis.StringSyntax("Regex")] string pattern) =>
    [
        .. from source in sources
           where !IsKernels(source.Key)
           from Match match in Regex.Matches(source.Value, pattern, RegexOptions.Multiline)
           select source.Key + ": " + match.Value.Trim(),
    ];

    static void None(List<string> found) => Assert.True(found.Count == 0, string.Join('\n', found));

    [Fact]
    public void No_number_is_explained_by_a_comment_with_the_kernels_name() => None(
    [
        .. Matches(Sources(), @"\b(0x[0-9a-fA-F]+|\d+)[uUlL]*\s*/\* ?_*[A-Z][A-Z0-9]*_[A-Z0-9_]+ ?\*/"),
        .. Matches(Sources(), @"\b(0x[0-9a-fA-F]+|\d+)[uUlL]*[;,][ \t]*// ?(_*[A-Z][A-Z0-9]*_[A-Z0-9_]+|SIG[A-Z]+)\b.*"),
    ]);

    [Fact]
    public void No_permission_mode_is_hexadecimal() => None(
    [
        .. Matches(Code(), @".*\b0x(1[0-9a-fA-F]{2})[uU]?\b.*")
        .Where(line => !line.Contains("RegistersAddress", StringComparison.Ordinal)),
        .. Matches(Code(), @".*([mM]ode) ?[&|] ?~?\(?0x.*"),
    ]);

    /// <summary>ONoFollow, SigChld and PathMax are O_NOFOLLOW, SIGCHLD and PATH_MAX.</summary>
    [Fact]
    public void No_constant_of_the_kernel_is_declared_again()
    {
        static string Bare(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
        HashSet<string> names =
        [
            .. typeof(CloneArgs).Assembly.GetExportedTypes().Where(t => t != typeof(Sys) && t != typeof(SeccompData))
                .SelectMany(t => t.GetFields()).Where(f => f.IsLiteral && !f.Name.Any(char.IsLower)).Select(f => Bare(f.Name)),
        ];
        None([.. Matches(Code(), @"\bconst (?!string)\w+ (\w+) =.*")
            .Where(line => names.Contains(Bare(Regex.Match(line, @"const \w+ (\w+)").Groups[1].Value)))]);
    }

    /// <summary>A constant that says which of the kernel's it is, or is written as those are, belongs to them: there a test
    /// holds it against the header. What no header has is in prose.</summary>
    [Fact]
    public void No_constant_says_that_it_is_the_kernels() => None(
    [
        .. Matches(Sources(), CopiedConstant),
        .. Matches(Code(), @"\bconst (?!string)\w+ [A-Z][A-Z0-9]*_[A-Z0-9_]+ =.*"),
    ]);

    /// <summary>Signals and errors are compared by name; arguments of system calls are names, sizes or descriptors.</summary>
    [Fact]
    public void No_number_stands_where_the_kernel_has_a_name() => None(
    [
        .. Matches(Code(), NumberedSignal),
        .. Matches(Code(), NumberedArgument).Where(line => !line.Contains("Sys.exit_group", StringComparison.Ordinal)),
    ]);

    /// <summary>The rest of a summary that begins with a name of the kernel, and a constant that is a number.</summary>
    const string CopiedConstant = @"/// <summary>_*[A-Z][A-Z0-9]*_[A-Z0-9_]+\b[^\n]*\n(\s*///[^\n]*\n)*" +
        @"[^\n]*\bconst (?!string)\w+ \w+ = [\d(][^\n]*";
    const string NumberedSignal = @".*\b(signal|errno|signo) (is|==|!=|<=|>=) -?[1-9]\d*\b.*";
    const string NumberedArgument = @".*\b(Call|Try)\(Sys\.\w+,[^;]*, (0x[0-9a-fA-F]+|[4-9]|[1-9]\d+)[,)].*";

    /// <summary>Only the folders of the machines know which one it is. Filters know them all, and that one of them has a
    /// second ABI, x32.</summary>
    [Fact]
    public void No_machine_is_named_outside_of_its_folder() => None(
    [
        .. Matches(Code(), @".*(X86_64|AARCH64)\b.*")
            .Where(line => !Regex.IsMatch(line, "^src/Planning/Seccomp/Seccomp(Architecture|Ranges).cs")),
    ]);

    [Fact]
    public void The_search_sees_what_it_looks_for()
    {
        Dictionary<string, string> bad = new()
        {
            ["src/Engine/X.cs"] = "Call(1 /* AF_UNIX */); int a = 0x1ED; x = 17; // SIGCHLD\n if ((st_mode & 0xF000) == 0) { }",
        };
        Assert.Single(Matches(bad, @"\b(0x[0-9a-fA-F]+|\d+)[uUlL]*\s*/\* ?_*[A-Z][A-Z0-9]*_[A-Z0-9_]+ ?\*/"));
        Assert.NotEmpty(Matches(bad, @".*\b0x(1[0-9a-fA-F]{2})[uU]?\b.*"));
        Assert.NotEmpty(Matches(bad, @".*([mM]ode) ?[&|] ?~?\(?0x.*"));
        bad["src/Engine/Y.cs"] = """
                /// <summary>NAME_MAX of limits.h,
                /// in bytes.</summary>
                const int MaxName = 255;
                if (signal is 9 or 15) { Syscall.Try(Sys.dup3, fd, 0x80000); }
            """;
        Assert.Single(Matches(bad, CopiedConstant));
        Assert.Single(Matches(bad, NumberedSignal));
        Assert.Single(Matches(bad, NumberedArgument));
    }
}
