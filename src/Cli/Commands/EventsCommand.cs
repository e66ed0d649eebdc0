using System;
using System.CommandLine;
using OciRun.Engine;
using OciRun.Engine.Commands;
using OciRun.Syscalls;

namespace OciRun.Cli.Commands;

sealed class EventsCommand : CliCommand
{
    readonly Option<string> _interval;
    readonly Option<bool> _stats;

    public EventsCommand() : base("events", "Print statistics and out-of-memory events of a container as JSON lines.")
    {
        _interval = Value("--interval", "DURATION", "time between statistics, such as 500ms or 1m30s (default: 5s)");
        _stats = Flag("--stats", "print the statistics once and end");
    }

    public override string Details => "Ends when the container does.";

    public override string Examples =>
        "oci-run events --stats web | jq .data.memory.usage\n" +
        "oci-run events --interval 1s web";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        string text = Get(_interval) ?? "5s";
        if (!GoDuration.TryParse(text, out TimeSpan interval) || interval <= TimeSpan.Zero)
        {
            throw new RuntimeException($"--interval: \"{text}\" is no duration above zero",
                "a duration is a number with h, m, s or ms, such as 5s");
        }

        if (Get(_stats))
        {
            Out.Write([.. Monitoring.Stats(globals, operands[0]), (byte)'\n']);
            return 0;
        }

        Monitoring.Events(globals, operands[0], (int)Math.Clamp(interval.TotalMilliseconds, 1, int.MaxValue), WriteLine);
        return 0;
    }

    /// <returns>False once nobody reads any more.</returns>
    static bool WriteLine(byte[] line) => Stdio.TryWrite(Stdio.Output, [.. line, (byte)'\n']) == 0;
}
