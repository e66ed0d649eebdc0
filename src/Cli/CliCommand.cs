using System.Collections.Generic;
using System.CommandLine;
using OciRun.Engine;
using OciRun.Syscalls;

namespace OciRun.Cli;

/// <summary>What may follow the first operand of a command.</summary>
enum AfterFirstOperand
{
    /// <summary>Options of ours, anywhere.</summary>
    Options,
    /// <summary>Options of ours; anything else with a dash is an operand (<c>kill ID -9</c>).</summary>
    OptionsOrDashes,
    /// <summary>Long options of ours; short ones belong to another program (<c>ps ID -ef</c>).</summary>
    LongOptions,
    /// <summary>A command line that is none of our business (<c>exec ID ls -l</c>).</summary>
    Foreign,
}

/// <summary>One word of the command line: its options, its help, and what it does. Only the command that was asked for is ever
/// constructed, for each one costs start-up time.</summary>
abstract class CliCommand
{
    ParseResult? _result;

    protected CliCommand(string name, string summary) => Definition = new Command(name, summary);

    /// <summary>Options only: operands never reach the parser, see <see cref="Normalizer"/>. As an Argument of the definition
    /// they cost each command 2 % of its start (1,121 against 1,094 µs, 500 alternating runs), --help as an option of it 0.7 %;
    /// and a command line of exec may have more of them than the 100,000 of <see cref="ArgumentArity"/>.</summary>
    public Command Definition { get; }
    public string Name => Definition.Name;

    /// <summary>How the operands read in help, for example <c>ID [SIGNAL]</c>.</summary>
    public virtual string OperandHelp => "ID";
    public virtual int MinOperands => 1;
    public virtual int MaxOperands => 1;
    /// <summary>Whether the first operand is a container id, to be checked.</summary>
    public virtual bool TakesContainerId => true;
    public virtual AfterFirstOperand AfterFirst => AfterFirstOperand.Options;
    /// <summary>Paragraphs of help after the summary; lines up to 90 characters.</summary>
    public virtual string Details => "";
    /// <summary>Lines of shell, shown under "EXAMPLES".</summary>
    public virtual string Examples => "";
    /// <summary>Exit status of a failure of our own.</summary>
    public virtual int FailureExitCode => 1;

    public abstract int Run(GlobalOptions globals, string[] operands);

    public int Invoke(GlobalOptions globals, ParseResult result, string[] operands)
    {
        _result = result;
        return Run(globals, operands);
    }

    protected Option<bool> Flag(string name, string description, string? shortName = null, bool hidden = false)
    {
        var option = shortName is null ? new Option<bool>(name) : new Option<bool>(name, shortName);
        return Add(option, description, null, hidden);
    }

    protected Option<string> Value(string name, string placeholder, string description, string? shortName = null,
        bool hidden = false)
    {
        var option = shortName is null ? new Option<string>(name) : new Option<string>(name, shortName);
        return Add(option, description, placeholder, hidden);
    }

    protected Option<string[]> List(string name, string placeholder, string description, string? shortName = null)
    {
        var option = shortName is null ? new Option<string[]>(name) : new Option<string[]>(name, shortName);
        return Add(option, description, placeholder, false);
    }

    protected bool Get(Option<bool> option) => _result!.GetValue(option);

    /// <summary>Null when the option was not given, or is empty: scripts pass variables that may be.</summary>
    protected string? Get(Option<string> option) => _result!.GetValue(option) is { Length: > 0 } value ? value : null;

    /// <summary>Like <see cref="Get(Option{string})"/> for options whose empty value is an error, and not the same as
    /// none.</summary>
    protected string? GetGiven(Option<string> option) => _result!.GetValue(option);

    protected List<string> Get(Option<string[]> option)
    {
        string[]? values = _result!.GetValue(option);
        return values is null ? [] : [.. values];
    }

    /// <summary>An option's file name, made absolute while the working directory is still the caller's.</summary>
    protected string? GetPath(Option<string> option)
    {
        string? path = Get(option);
        return path is null ? null : Paths.Absolute(path, option.Name);
    }

    protected int GetCount(Option<string> option)
    {
        string? text = Get(option);
        if (text is null)
        {
            return 0;
        }

        if (int.TryParse(text, out int count) && count >= 0)
        {
            return count;
        }

        throw new RuntimeException($"{option.Name}: \"{text}\" is not a number of 0 or more");
    }

    Option<T> Add<T>(Option<T> option, string description, string? placeholder, bool hidden)
    {
        option.Description = description;
        option.HelpName = placeholder;
        option.Hidden = hidden;
        Definition.Options.Add(option);
        return option;
    }
}
