using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.Child;

/// <summary>A process that only waits to be killed: it holds a namespace open for as long as somebody needs its
/// descriptor.</summary>
static unsafe class ChildPause
{
    public static void Run(void* nothing)
    {
        while (true)
        {
            // Without descriptors and without a time; arm64 has no pause(2).
            ChildSys.Call(Sys.ppoll);
        }
    }
}
