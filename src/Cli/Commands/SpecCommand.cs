using System;
using System.CommandLine;
using System.IO;
using OciRun.Engine;
using OciRun.Kernel;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Cli.Commands;

sealed class SpecCommand : CliCommand
{
    readonly Option<string> _bundle;
    readonly Option<bool> _rootless;

    public SpecCommand() : base("spec", "Write a config.json to start from.")
    {
        _bundle = Value("--bundle", "DIR", "the bundle (default: the working directory)", "-b");
        _rootless = Flag("--rootless", "write one for a user other than root");
    }

    public override string OperandHelp => "";
    public override int MinOperands => 0;
    public override int MaxOperands => 0;

    public override string Details =>
        "The container it describes runs sh on a read-only root file system in the directory rootfs.";

    public override string Examples =>
        "mkdir rootfs && oci-run spec\n" +
        "oci-run spec --rootless --bundle /bundles/web";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        string path = Path.Combine(GetPath(_bundle) ?? "", "config.json");
        byte[] config = DefaultConfig.Write(Get(_rootless), Stdio.EffectiveUid(), Stdio.EffectiveGid());
        // O_EXCL: a config that somebody wrote is never lost.
        int opened = Syscall.TryOpen(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_CLOEXEC,
            Mode.O666);
        if (opened == -Errno.EEXIST)
        {
            throw new RuntimeException("File config.json exists. Remove it first");
        }

        if (opened < 0)
        {
            throw new RuntimeException($"open(\"{path}\"): {IoError.Describe(-opened)}");
        }

        using var file = new SafeFd(opened);
        int written = Syscall.TryWriteAll(file, config);
        if (written < 0)
        {
            throw new RuntimeException($"write(\"{path}\"): {IoError.Describe(-written)}");
        }

        return 0;
    }
}
