using System;
using System.Collections.Generic;
using System.CommandLine;

namespace OciRun.Cli;

/// <summary>Rewrites arguments as engines and people write them into the one form that cannot be misread: <c>--name=value</c> for
/// each option, and a list of operands. Accepts what Go's flag package does (one dash before a long name, <c>--flag=value</c> and
/// <c>--flag value</c>, <c>--bool=false</c>, the last of several wins) and bundles of one-letter flags besides.</summary>
sealed class Normalizer
{
    readonly Command _command;
    readonly AfterFirstOperand _afterFirst;
    readonly Dictionary<Option, string> _single = [];

    public Normalizer(Command command, AfterFirstOperand afterFirst)
    {
        _command = command;
        _afterFirst = afterFirst;
    }

    /// <summary>Options as <c>--name=value</c>.</summary>
    public List<string> Options { get; } = [];
    public List<string> Operands { get; } = [];
    public bool HelpWanted { get; private set; }

    /// <param name="args">The arguments.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="stopAtOperand">Whether the first operand ends the work (it is the command's name).</param>
    /// <returns>Index of the first argument not consumed.</returns>
    public int Read(string[] args, int start, bool stopAtOperand)
    {
        int at = start;
        while (at < args.Length)
        {
            string arg = args[at];
            if (arg == "--" && (Operands.Count == 0 || _afterFirst != AfterFirstOperand.Foreign))
            {
                at++;
                break;
            }

            if (IsOperand(arg))
            {
                if (stopAtOperand)
                {
                    break;
                }

                Operands.Add(arg);
                at++;
                if (_afterFirst == AfterFirstOperand.Foreign)
                {
                    break;
                }

                continue;
            }

            at = ReadOption(args, at);
        }

        if (!stopAtOperand)
        {
            for (; at < args.Length; at++)
            {
                Operands.Add(args[at]);
            }
        }

        foreach ((Option option, string value) in _single)
        {
            Emit(option, value);
        }

        return at;
    }

    /// <summary>The parser takes an empty value only as a word of its own.</summary>
    void Emit(Option option, string value)
    {
        if (value.Length == 0)
        {
            Options.Add(option.Name);
            Options.Add("");
        }
        else
        {
            Options.Add(option.Name + "=" + value);
        }
    }

    bool IsOperand(string arg)
    {
        if (arg.Length < 2 || arg[0] != '-')
        {
            return true;
        }

        return Operands.Count > 0 && _afterFirst switch
        {
            AfterFirstOperand.OptionsOrDashes => Find(NameOf(arg)) is null && !IsHelp(arg),
            AfterFirstOperand.LongOptions => !arg.StartsWith("--", StringComparison.Ordinal) || Find(NameOf(arg)) is null,
            _ => false,
        };
    }

    int ReadOption(string[] args, int at)
    {
        string arg = args[at];
        string name = NameOf(arg);
        int equals = arg.IndexOf('=');
        string? value = equals < 0 ? null : arg[(equals + 1)..];
        Option? option = Find(name);
        if (option is not null)
        {
            return Take(option, value, args, at);
        }

        if (IsHelp(arg))
        {
            HelpWanted = true;
            return at + 1;
        }

        if (TryReadBundle(arg, args, ref at))
        {
            return at;
        }

        throw new UsageException($"flag provided but not defined: -{name}", showHelp: true);
    }

    /// <summary><c>-it</c>, <c>-u1000</c>: one-letter flags behind one dash, of which the last may take a value.</summary>
    bool TryReadBundle(string arg, string[] args, ref int at)
    {
        if (arg[1] == '-' || Find(arg.AsSpan(1, 1).ToString()) is null)
        {
            return false;
        }

        for (int i = 1; i < arg.Length; i++)
        {
            Option? option = Find(arg.AsSpan(i, 1).ToString());
            if (option is null)
            {
                return false;
            }

            if (TakesValue(option))
            {
                string rest = arg[(i + 1)..];
                at = Take(option, rest.Length == 0 ? null : rest, args, at);
                return true;
            }

            _single[option] = "true";
        }

        at++;
        return true;
    }

    int Take(Option option, string? value, string[] args, int at)
    {
        if (!TakesValue(option))
        {
            _single[option] = value is null ? "true" : ParseBool(option, value);
            return at + 1;
        }

        if (value is null)
        {
            at++;
            if (at == args.Length)
            {
                throw new UsageException($"flag needs an argument: {option.Name}", showHelp: true);
            }

            value = args[at];
        }

        if (option.Arity.MaximumNumberOfValues > 1)
        {
            Emit(option, value);
        }
        else
        {
            _single[option] = value;
        }

        return at + 1;
    }

    /// <summary>The words of Go's ParseBool.</summary>
    static string ParseBool(Option option, string value) => value switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => "true",
        "0" or "f" or "F" or "false" or "FALSE" or "False" => "false",
        _ => throw new UsageException($"invalid boolean value \"{value}\" for {option.Name}", showHelp: true),
    };

    static bool TakesValue(Option option) => option.Arity.MinimumNumberOfValues > 0;

    static bool IsHelp(string arg) => NameOf(arg) is "help" or "h";

    /// <summary>The name without dashes and value.</summary>
    static string NameOf(string arg)
    {
        int start = arg.Length > 2 && arg[1] == '-' ? 2 : 1;
        int equals = arg.IndexOf('=');
        return equals < 0 ? arg[start..] : arg[start..equals];
    }

    Option? Find(string name)
    {
        foreach (Option option in _command.Options)
        {
            if (Matches(option.Name, name))
            {
                return option;
            }

            foreach (string alias in option.Aliases)
            {
                if (Matches(alias, name))
                {
                    return option;
                }
            }
        }

        return null;
    }

    static bool Matches(string optionName, string name) =>
        optionName.AsSpan().TrimStart('-').SequenceEqual(name);
}
