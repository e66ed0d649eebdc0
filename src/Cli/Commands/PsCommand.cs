using System.Collections.Generic;
using System.CommandLine;
using System.Text;
using OciRun.Engine;
using OciRun.Engine.Commands;
using OciRun.Syscalls;

namespace OciRun.Cli.Commands;

sealed class PsCommand : CliCommand
{
    readonly Option<string> _format;

    public PsCommand() : base("ps", "List the processes of a container.")
    {
        _format = Value("--format", "FORMAT", "table or json (default: table)", "-f");
    }

    public override string OperandHelp => "ID [PS OPTIONS]";
    public override int MaxOperands => int.MaxValue;
    public override AfterFirstOperand AfterFirst => AfterFirstOperand.LongOptions;

    public override string Details =>
        "The table is that of the host's ps(1), run with PS OPTIONS (default: -ef) and reduced to the\n" +
        "container's processes. JSON is a list of process ids. All ids are the host's.";

    public override string Examples =>
        "oci-run ps web\n" +
        "oci-run ps web -o pid,rss,args\n" +
        "oci-run ps --format json web";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        string format = Get(_format) ?? "table";
        if (format is not ("table" or "json"))
        {
            throw new RuntimeException($"invalid format option: {format}");
        }

        List<int> pids = Listing.Pids(globals, operands[0]);
        Out.Write(format == "json" ? Json(pids) : HostPs.Table(operands[1..], pids));
        return 0;
    }

    static string Json(List<int> pids)
    {
        if (pids.Count == 0)
        {
            // As list does, and as runc's users know it.
            return "null\n";
        }

        var text = new StringBuilder("[");
        foreach (int pid in pids)
        {
            text.Append(text.Length > 1 ? "," : "").Append(pid);
        }

        return text.Append("]\n").ToString();
    }
}
