using System;
using System.CommandLine;
using OciRun.Engine;
using OciRun.Engine.Commands;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Cli.Commands;

sealed class KillCommand : CliCommand
{
    readonly Option<bool> _all;
    readonly Option<bool> _regex;

    public KillCommand() : base("kill", "Send a signal to a container's init process.")
    {
        _all = Flag("--all", "send it to every process of the container; no error if there is none", "-a");
        _regex = Flag("--regex", "ID is a regular expression (POSIX, extended): every container whose id it matches", "-r");
    }

    public override string OperandHelp => "ID [SIGNAL]";
    public override int MaxOperands => 2;
    public override bool TakesContainerId => false;
    public override AfterFirstOperand AfterFirst => AfterFirstOperand.OptionsOrDashes;

    public override string Details =>
        "SIGNAL is a number from 1 to 64 or a name, with or without SIG, in any case; RTMIN+N and\n" +
        "RTMAX-N too. Without one, SIGTERM is sent. Signal 0 asks whether the process is there.";

    public override string Examples =>
        "oci-run kill web\n" +
        "oci-run kill web KILL\n" +
        "oci-run kill --all web 9\n" +
        "oci-run kill --regex '^web-[0-9]+$' TERM";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        string word = operands.Length > 1 ? operands[1] : "TERM";
        // 0 asks whether the process is there, kill(2).
        int signal = word == "0" ? 0 : Signals.Number(word.AsSpan().TrimStart('-'));
        if (signal < 0)
        {
            throw new RuntimeException($"unknown signal \"{word}\"",
                "a signal is a number from 1 to 64 or a name such as TERM or SIGRTMIN+3");
        }

        if (Get(_regex))
        {
            MatchingIds.ForEach(globals, operands[0], id => Killing.Kill(globals, id, signal, Get(_all)));
            return 0;
        }

        Killing.Kill(globals, ContainerId.Check(operands[0]), signal, Get(_all));
        return 0;
    }
}
