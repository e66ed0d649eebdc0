using System;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using static OciRun.Kernel.CloseRangeFlags;
using static OciRun.Kernel.Fcntl;
using static OciRun.Kernel.Prctl;

namespace OciRun.Planning.Steps;

/// <summary>The init process leaves the runtime's image for its own small program. From here on every init step is a plain system call
/// that the program's table holds.</summary>
public sealed class ExecInitStep : Step
{
    public override Phase Phase => Phase.Restrict;
    public override string Text => "go on in the sealed init program";

    public override void Lower(ProgramBuilder program) => program.Add(OpCode.ExecInit);

    public override void Lower(InitImageBuilder image)
    {
        // Before all, for an error would go to the caller's standard input.
        image.Set(InitImageBuilder.ReportRegister, (ulong)image.ChannelFd);
        // Nobody in the container may take descriptors from this process (CVE-2016-9962); executing the payload ends it.
        image.Call(Sys.prctl, PR_SET_DUMPABLE, 0);
        // Whatever the caller left open ends with this program, not with the payload's start.
        image.Call(Sys.close_range, (ulong)(3 + image.InheritedFds), uint.MaxValue, CLOSE_RANGE_CLOEXEC);
        foreach (int own in (int[])[image.ChannelFd, image.StartFd, image.ProcFd])
        {
            // A caller that hands descriptors over by a wrong count does not get the runtime's own.
            if (own >= 0 && own < 3 + image.InheritedFds)
            {
                image.Call(Sys.fcntl, (ulong)own, F_SETFD, FD_CLOEXEC);
            }
        }
        image.Call(Sys.prctl, PR_SET_NAME, image.String("oci-run:init"));
        image.Call(Sys.setsid, tolerate: Errno.EPERM);
    }
}

/// <summary>Waits for the word to start.</summary>
public sealed class WaitStep : Step
{
    public required bool ForStart { get; init; }
    public override Phase Phase => Phase.Wait;
    public override string Text => ForStart ? "wait for start" : "wait for the runtime's word to start";

    const int Connection = InitImageBuilder.ReportRegister;
    const int Got = 2;

    public override void Lower(InitImageBuilder image)
    {
        if (!ForStart)
        {
            image.Call(Sys.read, (ulong)image.ChannelFd, InitImageBuilder.Scratch, Record.Size, result: Got);
            // A short read is the end of the channel: the runtime has died.
            image.TestRegister(Got, Record.Size, 0, then: 2, otherwise: 1);
            image.Call(Sys.exit_group, 1);
            return;
        }
        // A connection that closes without a word was no start: wait for the next.
        image.Call(Sys.accept4, (ulong)image.StartFd, 0, 0, SocketType.SOCK_CLOEXEC, result: Connection);
        image.Call(Sys.read, 0, InitImageBuilder.Scratch, 1, firstFrom: Connection, result: Got, tolerate: Errno.ECONNRESET, otherwise: 2);
        image.TestRegister(Got, 1, 0, then: 3, otherwise: 1);
        image.Call(Sys.close, firstFrom: Connection);
        image.Set(Got, 0, then: -4);
        Span<Record> ready = [new Record { Type = RecordType.Gate, Step = (uint)image.Step, Aux = (ulong)Gate.Ready }];
        // Start can tell a process that died here from one whose payload was executed: only the second has answered.
        image.Call(Sys.write, 0, image.Bytes(MemoryMarshal.AsBytes(ready)), Record.Size, firstFrom: Connection);
    }
}
