using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace OciRun.Tests.Abi;

/// <summary>The names of the managed runtime that src/Cli/Link relies on are looked for in every build.</summary>
public sealed class LinkTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("oci-run-link-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    static (int Code, string Text) Build(params string[] more)
    {
        (int code, string output, string error) = Host.RunSdk(
            ["msbuild", "src/Cli/Cli.csproj", "-nologo", "-v:quiet", "-p:Configuration=Release", "-t:CheckLinkNames", .. more]);
        return (code, output + error);
    }

    [Fact]
    public void Runtime_has_all_that_is_wrapped_and_set()
    {
        (int code, string text) = Build();
        Assert.True(code == 0, text);
    }

    [Fact]
    public void Wrapped_function_that_the_runtime_does_not_have_fails_the_build()
    {
        (int code, string text) = Build("-p:AlsoWrap=_Z8NoSuchItv");
        Assert.NotEqual(0, code);
        Assert.Contains("the runtime has no function _Z8NoSuchItv any more", text, StringComparison.Ordinal);
    }

    (int Code, string Error) Check(params string[] options)
    {
        foreach ((string name, string text) in ((string, string)[])
            [("one",
            "const char *setting = \"GCsomething\"; void called(void) {} void lone(void) {} void user(void) { lone(); }"),
             ("other", "void called(void); void absent(void); void two(void) { called(); absent(); }")])
        {
            (int code, _, string error) = Host.Run(text, "gcc", "-c", "-O0", "-xc", "-o", Path.Combine(_directory, name + ".o"),
                "-");
            Assert.True(code == 0, error);
        }
        (int result, _, string complaint) = Host.Run("", Path.Combine(Host.Root, "src/Cli/Link/check"),
            [.. options, Path.Combine(_directory, "one.o"), Path.Combine(_directory, "other.o")]);
        return (result, complaint);
    }

    [Theory]
    [InlineData("-w", "called", null)]
    [InlineData("-s", "GCsomething", null)]
    [InlineData("-w", "missing", "no function missing")]
    [InlineData("-w", "absent", "no function absent")]
    [InlineData("-w", "lone", "no other object of the runtime calls lone")]
    [InlineData("-s", "GCelse", "no setting GCelse")]
    public void Name_must_be_there_and_within_the_linkers_reach(string option, string name, string? complaint)
    {
        (int code, string error) = Check("-w", "called", option, name);
        Assert.Equal(complaint is null ? 0 : 1, code);
        Assert.True(complaint is null ? error.Length == 0 : error.Contains(complaint, StringComparison.Ordinal), error);
    }

    /// <summary>What is wrapped must be out of the binary: nothing but the calls that were led elsewhere used it.</summary>
    [Fact]
    public void Wrapped_functions_are_not_in_the_binary()
    {
        HashSet<string> names = Symbols();
        Assert.Contains("main", names);
        (int code, string output, string error) = Host.RunSdk("msbuild", "src/Cli/Cli.csproj", "-nologo",
            "-getItem:WrappedSymbol");
        Assert.True(code == 0, error);
        var wrapped = System.Text.Json.JsonDocument.Parse(output).RootElement.GetProperty("Items").GetProperty("WrappedSymbol")
            .EnumerateArray()
            .Select(i => i.GetProperty("Identity").GetString()!).ToList();
        Assert.NotEmpty(wrapped);
        Assert.DoesNotContain(wrapped, names.Contains);
    }

    /// <summary>The order list makes a short command touch few pages. It names methods, and wears off as those are
    /// renamed.</summary>
    [Fact]
    public void Two_thirds_of_the_methods_in_the_order_list_exist()
    {
        HashSet<string> names = Symbols();
        string[] listed = File.ReadAllLines(Path.Combine(Host.Root, "src/Cli/Link/startup.order"));
        int found = listed.Count(names.Contains);
        Assert.True(found * 3 >= listed.Length * 2,
            $"{found} of {listed.Length} methods in startup.order exist: make it anew with tests/Tools/SymbolOrder/generate");
    }

    static HashSet<string> Symbols()
    {
        (int code, string output, string error) = Host.Run("", "nm", Path.Combine(Host.Root, "bin", "oci-run.dbg"));
        Assert.True(code == 0, error);
        return [.. output.Split('\n').Select(l => l.Split(' ')[^1])];
    }
}
