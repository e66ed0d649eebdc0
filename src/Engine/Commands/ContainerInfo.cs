using OciRun.Spec;

namespace OciRun.Engine.Commands;

/// <summary>One container as state and list report it.</summary>
public sealed record ContainerInfo(ContainerRecord Record, ContainerStatus Status)
{
    /// <summary>0 when stopped.</summary>
    public int Pid => Status == ContainerStatus.Stopped ? 0 : Record.Pid;
}
