using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Hooks;

/// <summary>The step that runs a hook.</summary>
static class HookActs
{
    public static void Run(HookStep step, Products made)
    {
        int pid = step.Status == ContainerStatus.Stopped ? 0 : step.PidOfContainer ? 1 : made.Process?.Pid ?? made.Record.Pid;
        byte[] state = StateJson.HookState(made.Record, step.Status, pid);
        var place = new HookPlace
        {
            Pidfd = step.Namespaces == 0 ? -1 : made.InitPidfd,
            Namespaces = step.Namespaces,
            Directory = step.Directory,
            DefaultEnvironment = step.Process is null ? HostProgram.Environment() : [],
            Output = step.Output,
            InitPidfd = step.EndsWithInit && !made.IsUndone ? made.InitPidfd.Value : -1,
        };
        string? failure = step.Process is null
            ? HookRunner.Run(step.Hook, state, place)
            : HookRunner.WithStreams(step.Hook, state, place, (input, output, error) =>
            RunInContainer(step.Process, made, (input, output, error)));
        if (failure is null)
        {
            return;
        }
        string message = $"{step.ConfigPath} ({step.Hook.Path}): error running {step.Kind} hook #{step.Index}: {failure}";
        if (!step.MayFail)
        {
            throw new RuntimeException(message);
        }
        Log.Warn(message);
    }

    /// <summary>The hook as a process of the container, by a plan of its own.</summary>
    static (int, SafeFd) RunInContainer(ContainerPlan plan, Products container, (int, int, int) streams)
    {
        using var made = new Products(container.Globals, plan, container.Record)
        {
            Streams = streams,
            ContainerInit = Syscall.Dup(container.InitPidfd, 3),
            Mount = container.Mount,
        };
        new Executor(made).Perform(Phase.Exec);
        return (made.Process!.Pid, Syscall.Dup(made.Process.Pidfd, 3));
    }
}
