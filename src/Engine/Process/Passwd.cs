using System;
using System.Text;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.Process;

/// <summary>Looks a home directory up in a container's /etc/passwd (passwd(5)). The file is hostile: its size is bounded, and
/// only a regular file is read.</summary>
static class Passwd
{
    const int Largest = 1 << 20;

    /// <summary>The home directory of a numeric user id; null when there is none.</summary>
    public static string? HomeOf(int file, uint uid)
    {
        Stat status = Syscall.Fstat(file);
        if ((status.st_mode & StatMode.S_IFMT) != StatMode.S_IFREG || status.st_size > Largest)
        {
            return null;
        }
        byte[] bytes;
        try
        {
            bytes = Syscall.ReadAll(file, Largest);
        }
        catch (SyscallException)
        {
            return null;
        }
        ReadOnlySpan<byte> rest = bytes;
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (HomeInLine(line, uid) is { } home)
            {
                return home;
            }
        }
        return null;
    }

    /// <summary>name:password:UID:GID:GECOS:directory:shell</summary>
    static string? HomeInLine(ReadOnlySpan<byte> line, uint uid)
    {
        for (int field = 0; ; field++)
        {
            int colon = line.IndexOf((byte)':');
            ReadOnlySpan<byte> value = colon < 0 ? line : line[..colon];
            if (field == 2 && (!System.Buffers.Text.Utf8Parser.TryParse(value, out uint number, out int used)
                || used != value.Length || number != uid))
            {
                return null;
            }
            if (field == 5)
            {
                return value.Length > 0 && value.IndexOf((byte)0) < 0 ? Encoding.UTF8.GetString(value) : null;
            }
            if (colon < 0)
            {
                return null;
            }
            line = line[(colon + 1)..];
        }
    }
}
