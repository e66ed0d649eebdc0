using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>What the pages for people say of the tree is so: files, folders, projects with their rooms, and tests.</summary>
public sealed class DocumentTests
{
    static readonly string[] All =
    [
        .. ((string[])["src", "tests", "spec-fixtures"]).SelectMany(top => Directory.EnumerateFileSystemEntries(
            Path.Combine(Repository.Root, top), "*", SearchOption.AllDirectories)),
        .. Directory.EnumerateFileSystemEntries(Repository.Root),
    ];

    /// <summary>A page without what is to be typed or shown as it stands.</summary>
    static string Text(string page) =>
        Regex.Replace(File.ReadAllText(Path.Combine(Repository.Root, page)), @"^```.*?^```$", "",
            RegexOptions.Multiline | RegexOptions.Singleline);

    static string[] Quoted(string text) => [.. Regex.Matches(text, @"`([^`\n]+)`").Select(match => match.Groups[1].Value)];

    /// <summary>Names that have a slash, or the ending of a source file, and of links those that stay in the tree.</summary>
    static string[] Paths(string text) =>
    [
        .. Quoted(text).Where(name => Regex.IsMatch(name, @"^[\w.-]+(/[\w.-]*)+$|^[\w.-]+\.(cs|S|8|targets|order|ld|md)$")),
        .. Regex.Matches(text, @"\]\(([^):]+)\)").Select(match => match.Groups[1].Value),
    ];

    /// <summary>A path may begin below the folder that was just named, as people write.</summary>
    static bool IsThere(string name) => All.Any(path => path.EndsWith("/" + name.TrimEnd('/'), StringComparison.Ordinal));

    [Theory]
    [InlineData("README.md", 45)]
    [InlineData("src/THREATS.md", 1)]
    [InlineData("src/Cli/Link/README.md", 6)]
    public void Every_path_that_a_page_names_is_there(string page, int atLeast)
    {
        string[] paths = Paths(Text(page));
        Assert.True(paths.Length >= atLeast, $"{page} names only {paths.Length} paths");
        Assert.All(paths, path => Assert.True(IsThere(path), path + " is not there"));
    }

    [Fact]
    public void A_path_that_is_not_there_is_seen() =>
        Assert.Equal(["Engine/Nowhere.cs", "src/NO.md"],
            Paths("`Engine/Executor.cs`, `Engine/Nowhere.cs` and [this](src/NO.md), not `config.json`").Where(p => !IsThere(p)));

    [Fact]
    public void The_readme_leads_to_the_threat_model() => Assert.Contains("](src/THREATS.md)", Text("README.md"));

    /// <summary>The overview has a row for each project, which names all of its rooms; those of one architecture are no
    /// rooms.</summary>
    [Fact]
    public void The_overview_is_the_tree()
    {
        static IEnumerable<string> Folders(string path) => Directory.GetDirectories(Path.Combine(Repository.Root, path))
            .Select(folder => Path.GetFileName(folder)).Where(name => name is not ("bin" or "obj" or "man" or "X64" or "Arm64"));
        var rows = Regex.Matches(Text("README.md"), @"^\| `src/([\w.]+)` \|(.*)$", RegexOptions.Multiline)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        Assert.Equal(Folders("src").Order(), rows.Keys.Order());
        Assert.All(rows, row => Assert.Equal(Folders("src/" + row.Key).Order(),
            Quoted(row.Value).Where(name => name.EndsWith('/')).Select(name => name[..^1]).Order()));
    }

    /// <summary>Class.Method, or Method alone after its class, in the table of boundaries; "…" is what is left out.</summary>
    [Fact]
    public void Every_test_that_the_threat_model_names_is_there()
    {
        List<string> missing = [];
        string source = "", last = "";
        int count = 0;
        foreach (string name in Quoted(Text("src/THREATS.md")).Where(name => Regex.IsMatch(name, @"^\w+Tests\b|^[A-Z…]\w*_\w+")))
        {
            string[] parts = name.Split('.');
            if (parts[0].EndsWith("Tests", StringComparison.Ordinal))
            {
                last = parts[0];
                string? file = All.SingleOrDefault(path => path.EndsWith($"/{last}.cs", StringComparison.Ordinal));
                source = file is null ? "" : File.ReadAllText(file);
            }
            string method = parts[^1] == last ? "" : Regex.Escape(parts[^1]).Replace("…", @"\w*", StringComparison.Ordinal);
            count++;
            if (!Regex.IsMatch(source, method.Length == 0 ? @"\bclass " + last : @"\bvoid " + method + @"\("))
            {
                missing.Add($"{last}: {name}");
            }
        }
        Assert.Empty(missing);
        Assert.True(count > 30, $"the page names only {count} tests");
    }
}
