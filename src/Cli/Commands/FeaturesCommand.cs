using OciRun.Engine;
using OciRun.Planning;

namespace OciRun.Cli.Commands;

sealed class FeaturesCommand : CliCommand
{
    public FeaturesCommand() : base("features", "Print what this program can do, as JSON.")
    {
    }

    public override string OperandHelp => "";
    public override int MinOperands => 0;
    public override int MaxOperands => 0;

    public override string Details => "It tells what is built in, not what the host has; for that, use check.";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        Out.Write(Features.Write(BuildInfo.Version, BuildInfo.Commit));
        return 0;
    }
}
