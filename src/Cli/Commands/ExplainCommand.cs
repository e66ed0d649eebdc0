using System.CommandLine;
using OciRun.Engine;
using OciRun.Engine.Commands;
using OciRun.Planning;
using OciRun.Syscalls;

namespace OciRun.Cli.Commands;

sealed class ExplainCommand : CreatingCommand
{
    readonly Option<string> _format;
    readonly Option<bool> _seccompBpf;
    readonly Option<bool> _ops;
    readonly Option<string> _start;
    readonly Option<string> _exec;
    readonly Option<string> _process;
    readonly Option<string> _delete;

    public ExplainCommand() : base("explain", "Print what create, start, exec or delete would do, without doing it.")
    {
        _format = Value("--format", "FORMAT", "text or json (default: text)");
        _seccompBpf = Flag("--seccomp-bpf", "print the instructions of the seccomp filter instead of the plan");
        _ops = Flag("--ops", "print the operations that init's steps are made of instead of the plan");
        _start = Value("--start", "ID", "the plan of start for this container, instead of create's");
        _exec = Value("--exec", "ID", "the plan of exec of COMMAND in this container");
        _process = Value("--process", "FILE", "with --exec: a process object as in config.json, instead of COMMAND", "-p");
        _delete = Value("--delete", "ID", "the plan of delete for this container, as it is now");
    }

    public override string OperandHelp => "[ID | COMMAND [ARG...]]";
    public override int MinOperands => 0;
    public override int MaxOperands => int.MaxValue;
    public override bool TakesContainerId => false;
    public override AfterFirstOperand AfterFirst => AfterFirstOperand.Foreign;

    public override string Details =>
        "Each step has its phase, who performs it (the runtime, or init in the container) and the\n" +
        "place in config.json that it comes from. They are performed in this order: the runtime's\n" +
        "and init's at the same time, but for the points where init waits for the runtime.";

    public override string Examples =>
        "oci-run explain --bundle /bundles/web\n" +
        "oci-run explain --format json --bundle /bundles/web web\n" +
        "oci-run explain --exec web -- ps -ef";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        ContainerPlan plan = PlanOf(globals, operands);
        string text = Get(_seccompBpf) ? Explanation.SeccompBpf(plan) : Get(_ops) ? Explanation.Ops(plan)
            : (Get(_format) ?? "text") switch
            {
                "text" => Explanation.Text(plan),
                "json" => Explanation.Json(plan),
                string other => throw new RuntimeException($"invalid format option: {other}"),
            };
        Out.Write(text.Length == 0 || text.EndsWith('\n') ? text : text + "\n");
        return 0;
    }

    ContainerPlan PlanOf(GlobalOptions globals, string[] operands)
    {
        if (Get(_exec) is { } container)
        {
            return Explanation.OfExec(globals, new ExecOptions
            {
                Id = ContainerId.Check(container),
                Args = [.. operands],
                ProcessFile = GetPath(_process)
            });
        }
        if (operands.Length > 1)
        {
            throw new UsageException("explain takes one ID; a command goes with --exec", showHelp: true);
        }
        return Get(_start) is { } created ? Explanation.OfStart(globals, ContainerId.Check(created))
            : Get(_delete) is { } gone ? Explanation.OfDelete(globals, ContainerId.Check(gone))
            : Explanation.OfCreate(globals, Options(operands.Length > 0 ? ContainerId.Check(operands[0]) : "container"));
    }
}
