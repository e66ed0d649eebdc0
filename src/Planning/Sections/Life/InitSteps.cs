using System;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using static OciRun.Kernel.CloseRangeFlags;
using static OciRun.Kernel.Fcntl;
using static OciRun.Kernel.Prctl;

namespace OciRun.Planning.Steps;

/// <summary>The init process leaves the runtime's image for its own small program. From here on every init step is a plain system
/// call that the program's table holds.</summary>
public sealed class ExecInitStep : Step
{
    public override Phase Phase => Phase.Restrict;
    public override string Text => "go on in the sealed init program";

    public override void Lower(ProgramBuilder program)
    {
        if (program.Stage == Stage.Clone)
        {
            program.Add(OpCode.ExecInit);
            return;
        }
        // First of all: until the register is set it is 0, and an error would be written to the caller's standard input.
        program.Set(program.Report, (ulong)program.ChannelFd);
        // Nobody in the container may take descriptors from this process (CVE-2016-9962); executing the payload ends it.
        program.Call(Sys.prctl, PR_SET_DUMPABLE, 0);
        // Whatever the caller left open ends with this program, not with the payload's start.
        program.Call(Sys.close_range, (ulong)(3 + program.InheritedFds), uint.MaxValue, CLOSE_RANGE_CLOEXEC);
        foreach (int own in (int[])[program.ChannelFd, program.StartFd, program.ProcFd])
        {
            // A caller that hands descriptors over by a wrong count does not get the runtime's own.
            if (own >= 0 && own < 3 + program.InheritedFds)
            {
                program.Call(Sys.fcntl, (ulong)own, F_SETFD, FD_CLOEXEC);
            }
        }
        program.Call(Sys.prctl, PR_SET_NAME, program.String("oci-run:init"));
        program.Call(Sys.setsid, tolerate: Errno.EPERM);
    }
}

/// <summary>Waits for the word to start.</summary>
public sealed class WaitStep : Step
{
    public required bool ForStart { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string Text => ForStart ? "wait for start" : "wait for the runtime's word to start";

    public override void Lower(ProgramBuilder program)
    {
        Register got = program.RegisterFor("got");
        Label noWord = program.NewLabel();
        Label word = program.NewLabel();
        if (!ForStart)
        {
            program.Call(Sys.read, (ulong)program.ChannelFd, InitImage.Scratch, Record.Size, result: got);
            // A short read is the end of the channel: the runtime has died.
            program.TestRegister(got, Record.Size, then: word, otherwise: noWord);
            program.Mark(noWord);
            program.Call(Sys.exit_group, 1);
            program.Mark(word);
            return;
        }
        // What fails from here on is told to start.
        Register connection = program.Report;
        Label wait = program.NewLabel();
        program.Mark(wait);
        program.Call(Sys.accept4, (ulong)program.StartFd, 0, 0, SocketType.SOCK_CLOEXEC, result: connection);
        program.Call(Sys.read, 0, InitImage.Scratch, 1, firstFrom: connection, result: got,
            tolerate: Errno.ECONNRESET, otherwise: noWord);
        program.TestRegister(got, 1, then: word, otherwise: noWord);
        // A connection that closes without a word was no start: wait for the next.
        program.Mark(noWord);
        program.Call(Sys.close, firstFrom: connection);
        program.Set(got, 0, then: wait);
        program.Mark(word);
        Span<Record> ready = [new Record { Type = RecordType.Gate, Step = (uint)program.Step, Aux = (ulong)Gate.Ready }];
        // Start can tell a process that died here from one whose payload was executed: only the second has answered.
        program.Call(Sys.write, 0, program.Bytes(MemoryMarshal.AsBytes(ready)), Record.Size, firstFrom: connection);
    }
}
