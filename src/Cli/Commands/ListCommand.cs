using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Text;
using OciRun.Engine;
using OciRun.Engine.Commands;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Cli.Commands;

sealed class ListCommand : CliCommand
{
    readonly Option<string> _format;
    readonly Option<bool> _quiet;

    public ListCommand() : base("list", "List the containers of the state directory.")
    {
        _format = Value("--format", "FORMAT", "table or json (default: table)", "-f");
        _quiet = Flag("--quiet", "print only the ids", "-q");
    }

    public override string OperandHelp => "";
    public override int MinOperands => 0;
    public override int MaxOperands => 0;

    public override string Examples =>
        "oci-run list\n" +
        "oci-run --root /run/containerd/runc/k8s.io list --quiet";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        string format = Get(_format) ?? "table";
        if (format is not ("table" or "json"))
        {
            throw new RuntimeException($"invalid format option: {format}");
        }

        if (globals.RootIsExplicit && !Syscall.Exists(globals.Root))
        {
            throw new RuntimeException($"--root: open(\"{globals.Root}\"): {IoError.Describe(2)}");
        }

        List<ContainerInfo> containers = Listing.List(globals);
        if (Get(_quiet))
        {
            Out.Write(Ids(containers));
        }
        else if (format == "json")
        {
            Out.Write(StateJson.WriteList(Views(containers)));
            Out.Write("\n"u8);
        }
        else
        {
            Out.Write(Rows(containers));
        }

        return 0;
    }

    static List<ContainerView> Views(List<ContainerInfo> containers)
    {
        List<ContainerView> views = [];
        foreach (ContainerInfo container in containers)
        {
            views.Add(new ContainerView(container.Record, container.Status, container.Pid,
                Owner.NameOf(container.Record.OwnerUid)));
        }

        return views;
    }

    static string Ids(List<ContainerInfo> containers)
    {
        var text = new StringBuilder();
        foreach (ContainerInfo container in containers)
        {
            text.Append(container.Record.Id).Append('\n');
        }

        return text.ToString();
    }

    static string Rows(List<ContainerInfo> containers)
    {
        List<string[]> rows = [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]];
        foreach (ContainerInfo container in containers)
        {
            ContainerRecord record = container.Record;
            rows.Add([record.Id, container.Pid.ToString(), StateJson.Word(container.Status), record.Bundle,
                record.Created.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"), Owner.NameOf(record.OwnerUid)]);
        }

        return Table.Format(rows);
    }
}
