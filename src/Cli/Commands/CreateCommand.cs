using OciRun.Engine;
using OciRun.Engine.Commands;

namespace OciRun.Cli.Commands;

sealed class CreateCommand : CreatingCommand
{
    public CreateCommand() : base("create", "Create a container from a bundle; its process waits for start.")
    {
    }

    public override string Details =>
        "A bundle is a directory with a config.json and, most often, a root file system. The\n" +
        "container's standard input, output and error are those of this command.";

    public override string Examples =>
        "oci-run create --bundle /bundles/web web\n" +
        "oci-run create --bundle /bundles/web --console-socket /tmp/tty.sock --pid-file /run/web.pid web";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        Creation.Create(globals, Options(operands[0]));
        return 0;
    }
}
