using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Text.RegularExpressions;
using OciRun.Cli;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>The man page and the help texts tell of the same commands and options.</summary>
public class CliManPageTests
{
    const string GlobalSection = "GLOBAL OPTIONS";

    [Fact]
    public void Every_command_of_the_help_is_in_the_man_page_and_the_reverse() =>
        Assert.Equal(Sorted([.. CommandTable.Names, GlobalSection]), Sorted(ManOptions().Keys));

    [Fact]
    public void Every_option_of_the_help_is_in_the_man_page_and_the_reverse()
    {
        Dictionary<string, SortedSet<string>> man = ManOptions();
        foreach (string name in CommandTable.Names)
        {
            Assert.Equal(HelpOptions(CommandTable.Create(name)!), man[name]);
        }

        SortedSet<string> global = HelpOptions(new RootOptions());
        global.UnionWith(["--help", "-h"]);
        Assert.Equal(global, man[GlobalSection]);
    }

    [Fact]
    public void Help_names_every_command_and_option_with_a_description()
    {
        foreach (string name in CommandTable.Names)
        {
            CliCommand command = CommandTable.Create(name)!;
            Assert.Contains($"\n   {name} ", Help.For(null), StringComparison.Ordinal);
            string help = Help.For(command);
            foreach (Option option in command.Definition.Options)
            {
                Assert.False(string.IsNullOrEmpty(option.Description), option.Name);
                Assert.Equal(!option.Hidden, help.Contains($"\n   {option.Name}", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Unknown_commands_do_not_exist() => Assert.Null(CommandTable.Create("nosuch"));

    static SortedSet<string> HelpOptions(CliCommand command)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Option option in command.Definition.Options)
        {
            if (!option.Hidden)
            {
                names.Add(option.Name);
                names.UnionWith(option.Aliases);
            }
        }

        return names;
    }

    /// <summary>Options by command: those in the lines that are set in bold, which is where the page defines them.</summary>
    static Dictionary<string, SortedSet<string>> ManOptions()
    {
        var sections = new Dictionary<string, SortedSet<string>>();
        SortedSet<string>? section = null;
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "src/man/oci-run.8"));
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Replace("\\-", "-", StringComparison.Ordinal);
            if (line.StartsWith(".S", StringComparison.Ordinal))
            {
                string title = line[4..].Split(line[2] == 'S' ? ' ' : '\n')[0];
                bool isListed = line.StartsWith(".SS ", StringComparison.Ordinal) || title == GlobalSection;
                section = isListed ? sections[title] = new SortedSet<string>(StringComparer.Ordinal) : null;
            }
            else if (section is not null
                && (lines[Math.Max(0, i - 1)] == ".TP" || line.StartsWith(".BR --", StringComparison.Ordinal)))
            {
                foreach (Match match in Regex.Matches(line, @"(?<![\w-])--?[a-z][a-z0-9-]*"))
                {
                    section.Add(match.Value);
                }
            }
        }

        return sections;
    }

    static IEnumerable<string> Sorted(IEnumerable<string> names) => new SortedSet<string>(names, StringComparer.Ordinal);
}
