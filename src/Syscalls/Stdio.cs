using System;
using OciRun.Kernel;
using Tmds.Linux;

namespace OciRun.Syscalls;

/// <summary>Plain bytes to a descriptor and the few facts about the caller that the command line needs, without System.Console:
/// setting that up costs a quarter of a millisecond.</summary>
public static class Stdio
{
    public const int Input = 0;
    public const int Output = 1;
    public const int Error = 2;

    /// <summary>write(2) until all is written.</summary>
    /// <returns>0 or an errno.</returns>
    public static unsafe int TryWrite(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                // Standard output may be a pipe that is full, or a file on a full disk: the next write says why it was short.
                nint written = (nint)LibC.write(fd, start + done, bytes.Length - (int)done);
                if (written >= 0)
                {
                    done += written;
                }
                else if (LibC.errno != LibC.EINTR)
                {
                    return LibC.errno;
                }
            }
        }

        return 0;
    }

    /// <summary>Opens a file to append to, mode 0644 when it is made, close-on-exec.</summary>
    /// <returns>A descriptor, or a negated errno.</returns>
    public static int TryOpenAppend(string path) =>
        Syscall.TryOpenToWrite(path, OpenFlags.O_APPEND);

    public static uint EffectiveUid() => (uint)LibC.geteuid();

    public static uint EffectiveGid() => (uint)LibC.getegid();
}
