using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using Xunit;

namespace OciRun.Tests.Abi;

/// <summary>What makes a publish with warnings impossible, and what the published file is.</summary>
public sealed class BuildTests
{
    [Fact]
    public void Warnings_of_the_native_compiler_are_errors_and_none_is_hidden()
    {
        (int code, string output, string error) = Host.RunSdk("msbuild", "src/Cli/Cli.csproj", "-nologo",
            "-getProperty:TreatWarningsAsErrors", "-getProperty:IlcTreatWarningsAsErrors", "-getProperty:NoWarn",
            "-getProperty:SuppressTrimAnalysisWarnings", "-getProperty:SuppressAotAnalysisWarnings", "-getProperty:PublishAot");
        Assert.True(code == 0, output + error);
        JsonElement properties = JsonDocument.Parse(output).RootElement.GetProperty("Properties");
        string Value(string name) => properties.GetProperty(name).GetString()!;
        Assert.Equal("true", Value("PublishAot"), ignoreCase: true);
        Assert.Equal("true", Value("TreatWarningsAsErrors"), ignoreCase: true);
        Assert.Equal("true", Value("IlcTreatWarningsAsErrors"), ignoreCase: true);
        Assert.NotEqual("true", Value("SuppressTrimAnalysisWarnings"), StringComparer.OrdinalIgnoreCase);
        Assert.NotEqual("true", Value("SuppressAotAnalysisWarnings"), StringComparer.OrdinalIgnoreCase);
        // The SDK itself hides IL2121, which is about suppressions that suppress nothing.
        Assert.DoesNotContain(Value("NoWarn").Split(';'), w => w.StartsWith("IL", StringComparison.OrdinalIgnoreCase)
            && w != "IL2121");
    }

    [Fact]
    public void No_source_hides_a_warning_of_the_native_compiler()
    {
        string source = Path.Combine(Host.Root, "src");
        Assert.DoesNotContain(Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories), file =>
        {
            string text = File.ReadAllText(file);
            return text.Contains("pragma warning disable IL", StringComparison.Ordinal)
                || text.Contains("UnconditionalSuppressMessage", StringComparison.Ordinal);
        });
    }

    [Fact]
    public void The_binary_needs_no_loader_and_no_library()
    {
        (int code, string output, string error) = Host.Run("", "readelf", "-ldW", Path.Combine(Host.Root, "bin", "oci-run"));
        Assert.True(code == 0, error);
        Assert.DoesNotContain("INTERP", output, StringComparison.Ordinal);
        Assert.DoesNotContain("NEEDED", output, StringComparison.Ordinal);
    }
}
