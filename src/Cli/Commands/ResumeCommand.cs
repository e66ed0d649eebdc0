using OciRun.Engine;
using OciRun.Engine.Commands;

namespace OciRun.Cli.Commands;

sealed class ResumeCommand : CliCommand
{
    public ResumeCommand() : base("resume", "Let the processes of a paused container go on.")
    {
    }

    public override int Run(GlobalOptions globals, string[] operands)
    {
        Freezing.Resume(globals, operands[0]);
        return 0;
    }
}
