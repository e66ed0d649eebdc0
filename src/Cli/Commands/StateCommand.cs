using OciRun.Engine;
using OciRun.Engine.Commands;
using OciRun.Spec;

namespace OciRun.Cli.Commands;

sealed class StateCommand : CliCommand
{
    public StateCommand() : base("state", "Print a container's state as JSON.")
    {
    }

    public override int Run(GlobalOptions globals, string[] operands)
    {
        ContainerInfo info = Listing.State(globals, operands[0]);
        Out.Write(StateJson.Write(info.Record, info.Status, info.Pid));
        Out.Write("\n"u8);
        return 0;
    }
}
