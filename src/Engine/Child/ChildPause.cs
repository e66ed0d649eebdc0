using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.Child;

/// <summary>A process that only waits to be killed.</summary>
static class ChildPause
{
    public static void Run()
    {
        while (true)
        {
            ChildSys.Call(Sys.pause);
        }
    }
}
