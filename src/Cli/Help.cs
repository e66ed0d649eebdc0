using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Text;

namespace OciRun.Cli;

/// <summary>Help texts from the definitions of commands and options.</summary>
static class Help
{
    const int Indent = 3;
    const int Gap = 2;

    /// <param name="command">Null for the program as a whole.</param>
    public static string For(CliCommand? command)
    {
        var text = new StringBuilder();
        if (command is null)
        {
            WriteProgram(text);
        }
        else
        {
            WriteCommand(text, command);
        }

        return text.ToString();
    }

    static void WriteProgram(StringBuilder text)
    {
        var root = new RootOptions();
        Section(text, "NAME", $"{Program.Name} - {root.Definition.Description}");
        Section(text, "USAGE", $"{Program.Name} [GLOBAL OPTIONS] COMMAND [OPTIONS] [OPERANDS]");
        text.Append("COMMANDS\n");
        List<(string, string)> rows = [];
        foreach (string name in CommandTable.Names)
        {
            rows.Add((name, CommandTable.Create(name)!.Definition.Description!));
        }

        WriteRows(text, rows);
        text.Append("\nGLOBAL OPTIONS\n");
        WriteRows(text, OptionRows(root));
        text.Append($"\n\"{Program.Name} COMMAND --help\" tells more about a command, {Program.Name}(8) about all.\n");
    }

    static void WriteCommand(StringBuilder text, CliCommand command)
    {
        Section(text, "NAME", $"{Program.Name} {command.Name} - {command.Definition.Description}");
        string operands = command.OperandHelp.Length == 0 ? "" : " " + command.OperandHelp;
        Section(text, "USAGE", $"{Program.Name} {command.Name} [OPTIONS]{operands}");
        if (command.Details.Length > 0)
        {
            Section(text, "DESCRIPTION", command.Details);
        }

        if (command.Examples.Length > 0)
        {
            Section(text, "EXAMPLES", command.Examples);
        }

        text.Append("OPTIONS\n");
        WriteRows(text, OptionRows(command));
    }

    static void Section(StringBuilder text, string title, string body)
    {
        text.Append(title).Append('\n');
        foreach (string line in body.Split('\n'))
        {
            text.Append(' ', line.Length > 0 ? Indent : 0).Append(line).Append('\n');
        }

        text.Append('\n');
    }

    static List<(string, string)> OptionRows(CliCommand command)
    {
        List<(string, string)> rows = [];
        foreach (Option option in command.Definition.Options)
        {
            if (!option.Hidden)
            {
                rows.Add((Spelling(option), option.Description ?? ""));
            }
        }

        rows.Add(("--help, -h", "print this text"));
        return rows;
    }

    static string Spelling(Option option)
    {
        string spelling = option.Name;
        foreach (string alias in option.Aliases)
        {
            spelling += ", " + alias;
        }

        return option.HelpName is null ? spelling : $"{spelling} {option.HelpName}";
    }

    static void WriteRows(StringBuilder text, List<(string Left, string Right)> rows)
    {
        int width = 0;
        foreach ((string left, _) in rows)
        {
            width = Math.Max(width, left.Length);
        }

        foreach ((string left, string right) in rows)
        {
            text.Append(' ', Indent).Append(left.PadRight(width + Gap)).Append(right).Append('\n');
        }
    }
}
