using System.CommandLine;
using OciRun.Engine.Commands;

namespace OciRun.Cli.Commands;

/// <summary>What create and run have in common.</summary>
abstract class CreatingCommand : CliCommand
{
    readonly Option<string> _bundle;
    readonly Option<string> _config;
    readonly Option<string> _consoleSocket;
    readonly Option<string> _pidfdSocket;
    readonly Option<string> _pidFile;
    readonly Option<string> _preserveFds;
    readonly Option<bool> _noPivot;
    readonly Option<bool> _noNewKeyring;
    readonly Option<bool> _noSubreaper;

    protected CreatingCommand(string name, string summary) : base(name, summary)
    {
        _bundle = Value("--bundle", "DIR", "the bundle (default: the working directory)", "-b");
        _config = Value("--config", "FILE", "the configuration, relative to the bundle (default: config.json)", "-f");
        _consoleSocket = Value("--console-socket", "SOCKET", "unix socket that receives the terminal's master side");
        _pidfdSocket = Value("--pidfd-socket", "SOCKET", "unix socket that receives a pidfd of the container's init");
        _pidFile = Value("--pid-file", "FILE", "write the container's process id there");
        _preserveFds = Value("--preserve-fds", "N", "pass N descriptors from 3 on, after those of LISTEN_FDS");
        _noPivot = Flag("--no-pivot",
            "chroot instead of pivot_root, for a root in an initramfs: the host's root stays below, without its mounts");
        _noNewKeyring = Flag("--no-new-keyring", "keep the caller's session keyring");
        _noSubreaper = Flag("--no-subreaper", "do not become the reaper of orphans", hidden: true);
    }

    protected CreateOptions Options(string id) => new()
    {
        Id = id,
        Bundle = Paths.Bundle(Get(_bundle)),
        ConfigFile = Get(_config) ?? "config.json",
        ConsoleSocket = GetPath(_consoleSocket),
        PidfdSocket = GetPath(_pidfdSocket),
        PidFile = GetPath(_pidFile),
        PreserveFds = GetCount(_preserveFds),
        NoPivot = Get(_noPivot),
        NoNewKeyring = Get(_noNewKeyring),
        NoSubreaper = Get(_noSubreaper),
    };
}
