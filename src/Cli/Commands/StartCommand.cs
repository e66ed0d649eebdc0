using OciRun.Engine;
using OciRun.Engine.Commands;

namespace OciRun.Cli.Commands;

sealed class StartCommand : CliCommand
{
    public StartCommand() : base("start", "Start the process of a created container.")
    {
    }

    public override int Run(GlobalOptions globals, string[] operands)
    {
        Starting.Start(globals, operands[0]);
        return 0;
    }
}
