using OciRun.Engine;
using OciRun.Engine.Commands;

namespace OciRun.Cli.Commands;

sealed class PauseCommand : CliCommand
{
    public PauseCommand() : base("pause", "Stop all processes of a container where they are.")
    {
    }

    public override int Run(GlobalOptions globals, string[] operands)
    {
        Freezing.Pause(globals, operands[0]);
        return 0;
    }
}
