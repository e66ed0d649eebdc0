using System.CommandLine;
using OciRun.Engine;
using OciRun.Engine.Commands;

namespace OciRun.Cli.Commands;

sealed class RunCommand : CreatingCommand
{
    readonly Option<bool> _detach;
    readonly Option<bool> _keep;

    public RunCommand() : base("run", "Create and start a container, wait for it and delete it.")
    {
        _detach = Flag("--detach", "return once the container is started; it stays until deleted", "-d");
        _keep = Flag("--keep", "do not delete the container when its process ends");
    }

    public override string Details =>
        "The exit status is that of the container's process, or 128 plus the number of the signal\n" +
        "that ended it. Signals that reach this command are passed on.";

    public override string Examples =>
        "oci-run run --bundle /bundles/web web\n" +
        "oci-run run --detach --pid-file /run/web.pid --bundle /bundles/web web";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        CreateOptions options = Options(operands[0]);
        options.Detach = Get(_detach);
        options.Keep = Get(_keep);
        return Creation.Run(globals, options);
    }
}
