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
            // Without descriptors and without a time; arm64 has no pause(2).
            ChildSys.Call(Sys.ppoll);
        }
    }
}
