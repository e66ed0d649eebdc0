using System;
using System.Runtime.InteropServices;
using OciRun.Kernel;

namespace OciRun.Planning.Steps;

/// <summary>The point where the two lists meet: init tells that it has come here, and waits until the runtime has done the steps
/// that follow up to the <see cref="ReleaseStep"/>.</summary>
public sealed class GateStep : Step
{
    public required Gate Gate { get; init; }
    public required string Reason { get; init; }
    /// <summary>The container's /etc/passwd travels to the runtime, which alone can parse it.</summary>
    public bool SendsPasswd { get; init; }
    public override Phase Phase => Gate switch
    {
        Gate.Cgroup => Phase.Spawn,
        Gate.MapIds => Phase.MapIds,
        Gate.RuntimeHooks => Phase.RuntimeHooks,
        Gate.ContainerHooks => Phase.ContainerHooks,
        Gate.InitProgram => Phase.Restrict,
        _ => Phase.Wait,
    };
    public override string Text => (Gate == Gate.Ready ? "tell the runtime: " : "wait for the runtime: ") + Reason;

    public override void Lower(ProgramBuilder program)
    {
        if (Gate != Gate.Ready)
        {
            program.Add(OpCode.Gate, (ulong)Gate, SendsPasswd ? 1UL : 0);
            return;
        }
        Span<Record> ready = [new Record { Type = RecordType.Gate, Step = (uint)program.Step, Aux = (ulong)Gate.Ready }];
        program.Call(Sys.write, (ulong)program.ChannelFd, program.Bytes(MemoryMarshal.AsBytes(ready)), Record.Size);
    }
}

/// <summary>Lets init go on from the gate that it waits at.</summary>
public sealed class ReleaseStep : RuntimeStep
{
    public required Phase When { get; init; }
    public override Phase Phase => When;
    public override string Text => When == Phase.Start ? "give init the word to start" : "let init go on";
}
