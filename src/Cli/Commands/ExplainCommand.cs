using System.CommandLine;
using OciRun.Engine;
using OciRun.Engine.Commands;

namespace OciRun.Cli.Commands;

sealed class ExplainCommand : CreatingCommand
{
    readonly Option<string> _format;
    readonly Option<bool> _seccompBpf;

    public ExplainCommand() : base("explain", "Print what create would do for a bundle, without doing it.")
    {
        _format = Value("--format", "FORMAT", "text or json (default: text)");
        _seccompBpf = Flag("--seccomp-bpf", "print the instructions of the seccomp filter instead of the plan");
    }

    public override string OperandHelp => "[ID]";
    public override int MinOperands => 0;

    public override string Details =>
        "Each step has its phase, who performs it (the runtime, or init in the container) and the\n" +
        "place in config.json that it comes from.";

    public override string Examples =>
        "oci-run explain --bundle /bundles/web\n" +
        "oci-run explain --format json --bundle /bundles/web web";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        CreateOptions options = Options(operands.Length > 0 ? operands[0] : "container");
        string text = Get(_seccompBpf) ? Explanation.SeccompBpf(globals, options) : (Get(_format) ?? "text") switch
        {
            "text" => Explanation.Text(globals, options),
            "json" => Explanation.Json(globals, options),
            string other => throw new RuntimeException($"invalid format option: {other}"),
        };
        Out.Write(text.Length == 0 || text.EndsWith('\n') ? text : text + "\n");
        return 0;
    }
}
