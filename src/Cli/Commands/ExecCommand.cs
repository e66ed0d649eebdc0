using System.CommandLine;
using OciRun.Engine;
using OciRun.Engine.Commands;

namespace OciRun.Cli.Commands;

sealed class ExecCommand : CliCommand
{
    readonly Option<string> _process;
    readonly Option<string> _consoleSocket;
    readonly Option<string> _pidfdSocket;
    readonly Option<string> _cwd;
    readonly Option<string[]> _env;
    readonly Option<bool> _tty;
    readonly Option<string> _user;
    readonly Option<string[]> _additionalGids;
    readonly Option<bool> _detach;
    readonly Option<string> _pidFile;
    readonly Option<string> _processLabel;
    readonly Option<string> _apparmor;
    readonly Option<bool> _noNewPrivs;
    readonly Option<string[]> _capabilities;
    readonly Option<string> _preserveFds;
    readonly Option<string[]> _cgroup;
    readonly Option<bool> _ignorePaused;

    public ExecCommand() : base("exec", "Run one more process in a container.")
    {
        _process = Value("--process", "FILE", "a process object as in config.json, instead of a command line", "-p");
        _tty = Flag("--tty", "give the process a terminal", "-t");
        _detach = Flag("--detach", "return once the process is started", "-d");
        _env = List("--env", "NAME=VALUE", "add to the environment; may be repeated", "-e");
        _cwd = Value("--cwd", "DIR", "working directory inside the container");
        _user = Value("--user", "UID[:GID]", "numeric ids inside the container", "-u");
        _additionalGids = List("--additional-gids", "GID", "a further group; may be repeated", "-g");
        _capabilities = List("--cap", "NAME", "add a capability; may be repeated", "-c");
        _noNewPrivs = Flag("--no-new-privs", "set no_new_privs on the process");
        _pidFile = Value("--pid-file", "FILE", "write the process id there");
        _consoleSocket = Value("--console-socket", "SOCKET", "unix socket that receives the terminal's master side");
        _pidfdSocket = Value("--pidfd-socket", "SOCKET", "unix socket that receives a pidfd of the process");
        _preserveFds = Value("--preserve-fds", "N", "pass N descriptors from 3 on");
        _cgroup = List("--cgroup", "PATH", "run in this sub-cgroup of the container's, which must exist");
        _ignorePaused = Flag("--ignore-paused", "allow it in a paused container, where it waits for resume");
        _processLabel = Value("--process-label", "LABEL", "SELinux label of the process");
        _apparmor = Value("--apparmor", "PROFILE", "AppArmor profile of the process");
    }

    public override string OperandHelp => "ID [COMMAND [ARG...]]";
    public override int MaxOperands => int.MaxValue;
    public override AfterFirstOperand AfterFirst => AfterFirstOperand.Foreign;
    public override int FailureExitCode => 255;

    public override string Details =>
        "Options go before ID: all that follows it belongs to COMMAND. The exit status is that of\n" +
        "COMMAND, 128 plus a signal's number, or 255 if it could not be run.";

    public override string Examples =>
        "oci-run exec web ps -ef\n" +
        "oci-run exec --tty --env TERM=xterm --user 1000:1000 --cwd /tmp web sh\n" +
        "oci-run exec --detach --process process.json --pid-file /run/job.pid web";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        var options = new ExecOptions
        {
            Id = operands[0],
            Args = [.. operands[1..]],
            ProcessFile = GetPath(_process),
            ConsoleSocket = GetPath(_consoleSocket),
            PidfdSocket = GetPath(_pidfdSocket),
            Cwd = Get(_cwd),
            Env = Get(_env),
            User = GetGiven(_user),
            AdditionalGids = Get(_additionalGids),
            Capabilities = Get(_capabilities),
            Tty = Get(_tty),
            Detach = Get(_detach),
            PidFile = GetPath(_pidFile),
            ProcessLabel = Get(_processLabel),
            Apparmor = Get(_apparmor),
            NoNewPrivs = Get(_noNewPrivs),
            PreserveFds = GetCount(_preserveFds),
            Cgroup = Get(_cgroup),
            IgnorePaused = Get(_ignorePaused),
        };
        return Execution.Exec(globals, options);
    }
}
