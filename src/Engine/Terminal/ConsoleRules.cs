using OciRun.Syscalls;

namespace OciRun.Engine.Terminal;

/// <summary>When a console socket is needed and when it makes no sense.</summary>
static class ConsoleRules
{
    public static void Check(bool terminal, bool detached, string? consoleSocket, int exitCode = 1)
    {
        if (terminal && detached && consoleSocket is null)
        {
            throw new RuntimeException("cannot allocate tty if oci-run will detach without setting console socket",
                "give --console-socket, or ask for no terminal", exitCode);
        }
        if (consoleSocket is not null && !(terminal && detached))
        {
            throw new RuntimeException("cannot use console socket if oci-run will not detach or allocate tty", null, exitCode);
        }
    }
}
