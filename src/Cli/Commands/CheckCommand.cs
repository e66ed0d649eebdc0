using System.CommandLine;
using OciRun.Engine;
using OciRun.Engine.Host;
using OciRun.Planning.Check;
using OciRun.Syscalls;

namespace OciRun.Cli.Commands;

sealed class CheckCommand : CliCommand
{
    readonly Option<string> _bundle;
    readonly Option<string> _config;
    readonly Option<bool> _spec;
    readonly Option<string> _format;

    public CheckCommand() : base("check", "Tell what this host offers, or what keeps it from running a bundle.")
    {
        _bundle = Value("--bundle", "DIR", "the bundle (default: none, only the host is checked)", "-b");
        _config = Value("--config", "FILE", "name of the config in the bundle (default: config.json)", "-f");
        _spec = Flag("--spec", "ask the specification alone, not this host; the bundle is then . by default");
        _format = Value("--format", "FORMAT", "table or json (default: table)");
    }

    public override string OperandHelp => "";
    public override int MinOperands => 0;
    public override int MaxOperands => 0;

    public override string Details =>
        "The config is checked by the rules that create applies, all of them at once, and then\n" +
        "against the kernel, its limits and the files that it names. Nothing is changed.\n" +
        "With --spec it is judged by the OCI runtime specification only: the sections of all\n" +
        "platforms, and none of the files, limits and features of this host; what only this\n" +
        "runtime would refuse is a warning.\n" +
        "Exit status: 0, or 1 if there is an error among the findings.";

    public override string Examples =>
        "oci-run check\n" +
        "oci-run check --bundle /bundles/web --format json\n" +
        "oci-run check --spec --bundle /bundles/web";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        string format = Get(_format) ?? "table";
        if (format is not ("table" or "json"))
        {
            throw new RuntimeException($"invalid format option: {format}");
        }

        string? bundle = GetPath(_bundle);
        string config = Get(_config) ?? "config.json";
        CheckReport report = Get(_spec) ? HostCheck.Specification(bundle ?? Paths.Absolute(".", _bundle.Name), config)
            : bundle is null ? HostCheck.Host()
            : HostCheck.Bundle(globals, bundle, config);
        if (format == "json")
        {
            Out.Write(report.Json());
        }
        else
        {
            Out.Write(report.Text());
        }

        return report.HasErrors ? 1 : 0;
    }
}
