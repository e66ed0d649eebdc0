using System.Globalization;
using System.Text;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Syscalls;

namespace OciRun.Engine.Process;

/// <summary>Files of a process below /proc.</summary>
static class ProcFile
{
    /// <summary>Writes a value; returns 0 or a negative errno.</summary>
    public static int TryWrite(int pid, string file, string value)
    {
        string path = "/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/" + file;
        int fd = Syscall.TryOpen(path, OpenFlags.O_WRONLY | OpenFlags.O_CLOEXEC | OpenFlags.O_NOFOLLOW);
        if (fd < 0)
        {
            return fd;
        }
        using var open = new SafeFd(fd);
        int written = Syscall.TryWriteAll(open, Encoding.UTF8.GetBytes(value));
        return written < 0 ? written : 0;
    }

    public static void Write(int pid, string file, string value, string configPath, Step? step)
    {
        int result = TryWrite(pid, file, value);
        if (result < 0)
        {
            throw new RuntimeException(configPath + ": " +
                ErrorText.Call("write", "/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/" + file, -result),
                step?.Hint("write", -result));
        }
    }
}
