using System;
using System.Collections.Generic;
using System.CommandLine;
using OciRun.Engine;
using OciRun.Syscalls;

namespace OciRun.Cli;

/// <summary>Entry point; the only place where exceptions are caught.</summary>
static class Program
{
    public const string Name = "oci-run";

    static int Main(string[] args)
    {
        Timings.Enter();
        int status = Invoke(args);
        try
        {
            Timings.Finish();
            return status;
        }
        catch (RuntimeException e)
        {
            Diagnostics.Error(e.Message, e.Hint);
            return status == 0 ? 1 : status;
        }
    }

    static int Invoke(string[] args)
    {
        CliCommand? command = null;
        string subject = "";
        try
        {
            var root = new RootOptions();
            var rootWords = new Normalizer(root.Definition, AfterFirstOperand.Options);
            int at = rootWords.Read(args, 0, stopAtOperand: true);
            string word = at < args.Length ? args[at] : "";
            if (rootWords.HelpWanted || (word is "help" or "h") || at == args.Length)
            {
                return HelpOrVersion(root, rootWords, args, at);
            }

            if (word is "checkpoint" or "restore")
            {
                // Also for --help: by its exit status podman decides whether to offer them.
                Parse(root, rootWords.Options, null, []);
                Diagnostics.Open(root.LogTarget, root.LogIsJson, root.Level);
                throw new RuntimeException($"{word} is not supported: {Name} cannot save the state of processes");
            }

            command = CommandTable.Create(word) ?? throw new UsageException($"No help topic for '{word}'", showHelp: false,
                exitCode: 3);
            return Dispatch(root, rootWords.Options, command, args, at + 1, ref subject);
        }
        catch (UsageException e)
        {
            if (e.ShowHelp)
            {
                Out.Write("Incorrect Usage.\n\n" + Help.For(command));
            }

            Diagnostics.Error(e.Message, null);
            return e.ExitCode;
        }
        catch (RuntimeException e)
        {
            Diagnostics.Error(subject + e.Message, e.Hint);
            return e.ExitCode != 1 ? e.ExitCode : command?.FailureExitCode ?? 1;
        }
#pragma warning disable CA1031 // the last resort: an error line for the engine instead of an abort
        catch (Exception e)
        {
            Diagnostics.Error(subject + e.GetType().Name + ": " + e.Message, null);
            return command?.FailureExitCode ?? 1;
        }
#pragma warning restore CA1031
    }

    static int HelpOrVersion(RootOptions root, Normalizer words, string[] args, int at)
    {
        Parse(root, words.Options, null, []);
        if (root.VersionWanted && !words.HelpWanted)
        {
            Out.Write(VersionText.Get());
            return 0;
        }

        CliCommand? topic = null;
        if (at + 1 < args.Length && args[at] is "help" or "h")
        {
            topic = CommandTable.Create(args[at + 1])
                ?? throw new UsageException($"No help topic for '{args[at + 1]}'", showHelp: false, exitCode: 3);
        }

        Out.Write(Help.For(topic));
        return 0;
    }

    static int Dispatch(RootOptions root, List<string> rootOptions, CliCommand command, string[] args, int at, ref string subject)
    {
        var words = new Normalizer(command.Definition, command.AfterFirst);
        UsageException? usage = null;
        try
        {
            words.Read(args, at, stopAtOperand: false);
        }
        catch (UsageException e)
        {
            usage = e;
        }

        ParseResult result = Parse(root, rootOptions, command, words.Options);
        Diagnostics.Open(root.LogTarget, root.LogIsJson, root.Level);
        if (usage is not null)
        {
            throw usage;
        }

        if (root.TimingsFile is { } timings)
        {
            Timings.Start(timings);
        }

        if (words.HelpWanted)
        {
            Out.Write(Help.For(command));
            return 0;
        }

        if (root.VersionWanted)
        {
            Out.Write(VersionText.Get());
            return 0;
        }

        CheckCount(command, words.Operands.Count);
        string[] operands = [.. words.Operands];
        subject = operands.Length > 0 ? $"{command.Name} {operands[0]}: " : command.Name + ": ";
        if (command.TakesContainerId && operands.Length > 0)
        {
            ContainerId.Check(operands[0]);
        }

        GlobalOptions globals = root.Globals();
        if (root.Level == LogLevel.Debug)
        {
            Log.Debug($"version {BuildInfo.Version}: {string.Join(' ', args)}; state below {globals.Root}, cgroups by " +
                $"{globals.CgroupManager}");
        }

        return command.Invoke(globals, result, operands);
    }

    static ParseResult Parse(RootOptions root, List<string> rootOptions, CliCommand? command, List<string> options)
    {
        List<string> words = [Name, .. rootOptions];
        if (command is not null)
        {
            root.Definition.Subcommands.Add(command.Definition);
            words.Add(command.Name);
            words.AddRange(options);
        }

        ParseResult result = root.Definition.Parse(words, new ParserConfiguration
        {
            EnablePosixBundling = false,
            ResponseFileTokenReplacer = null,
        });
        if (command is not null && result.Errors.Count > 0)
        {
            throw new UsageException(result.Errors[0].Message, showHelp: true);
        }

        root.SetResult(result);
        return result;
    }

    static void CheckCount(CliCommand command, int count)
    {
        if (count >= command.MinOperands && count <= command.MaxOperands)
        {
            return;
        }

        string bound = command.MinOperands == command.MaxOperands
            ? $"exactly {command.MinOperands}"
            : count < command.MinOperands ? $"a minimum of {command.MinOperands}" : $"a maximum of {command.MaxOperands}";
        throw new UsageException($"\"{command.Name}\" requires {bound} argument(s)", showHelp: true);
    }
}
