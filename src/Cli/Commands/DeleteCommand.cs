using System.CommandLine;
using OciRun.Engine;

namespace OciRun.Cli.Commands;

sealed class DeleteCommand : CliCommand
{
    readonly Option<bool> _force;

    public DeleteCommand() : base("delete", "Remove a stopped or created container and all that it holds.")
    {
        _force = Flag("--force", "kill a running container first; succeed if there is none of that name", "-f");
    }

    public override int Run(GlobalOptions globals, string[] operands)
    {
        Lifecycle.Delete(globals, operands[0], Get(_force));
        return 0;
    }
}
