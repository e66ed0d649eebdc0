using OciRun.Cli.Commands;

namespace OciRun.Cli;

static class CommandTable
{
    /// <summary>In the order of the help text.</summary>
    public static readonly string[] Names =
    [
        "create", "start", "run", "exec", "state", "list", "ps", "kill", "pause", "resume", "update", "events",
        "delete", "spec", "features", "check", "explain",
    ];

    /// <returns>Null when there is no such command.</returns>
    public static CliCommand? Create(string name) => name switch
    {
        "create" => new CreateCommand(),
        "start" => new StartCommand(),
        "run" => new RunCommand(),
        "exec" => new ExecCommand(),
        "state" => new StateCommand(),
        "list" or "ls" => new ListCommand(),
        "ps" => new PsCommand(),
        "kill" => new KillCommand(),
        "delete" => new DeleteCommand(),
        "pause" => new PauseCommand(),
        "resume" => new ResumeCommand(),
        "update" => new UpdateCommand(),
        "events" => new EventsCommand(),
        "spec" => new SpecCommand(),
        "features" => new FeaturesCommand(),
        "check" => new CheckCommand(),
        "explain" => new ExplainCommand(),
        _ => null,
    };
}
