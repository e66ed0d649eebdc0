using System.CommandLine;
using OciRun.Engine;
using OciRun.Engine.Commands;

namespace OciRun.Cli.Commands;

sealed class DeleteCommand : CliCommand
{
    readonly Option<bool> _force;
    readonly Option<bool> _regex;

    public DeleteCommand() : base("delete", "Remove a stopped or created container and all that it holds.")
    {
        _force = Flag("--force", "kill a running container first; succeed if there is none of that name", "-f");
        _regex = Flag("--regex", "ID is a regular expression (POSIX, extended): every container whose id it matches", "-r");
    }

    public override bool TakesContainerId => false;

    public override string Examples =>
        "oci-run delete web\n" +
        "oci-run delete --force --regex '^web-'";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        if (Get(_regex))
        {
            MatchingIds.ForEach(globals, operands[0], id => Deletion.Delete(globals, id, Get(_force)));
            return 0;
        }

        Deletion.Delete(globals, ContainerId.Check(operands[0]), Get(_force));
        return 0;
    }
}
