using System;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>read(2), write(2), and whole files.</content>
public static unsafe partial class Syscall
{
    // Most files of procfs and cgroups are shorter than this; a config of 10 KiB takes two reads and the one that finds the end.
    const int FirstChunk = 4096;

    /// <summary>read(2): the count, 0 at the end, or -errno. Files of procfs and cgroupfs may give less than asked for before
    /// their end.</summary>
    public static int TryRead(int fd, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            return (int)Try(Sys.read, fd, (long)p, buffer.Length);
        }
    }

    /// <summary>pread(2): the count or -errno. It leaves the offset alone, which children share through the open file
    /// description (open(2)).</summary>
    public static int TryPread(int fd, Span<byte> buffer, long offset)
    {
        fixed (byte* p = buffer)
        {
            return (int)Try(Sys.pread64, fd, (long)p, buffer.Length, offset);
        }
    }

    /// <summary>write(2): the count, maybe short, or -errno. SIGPIPE is ignored in this process, so EPIPE arrives here.</summary>
    public static int TryWrite(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
        {
            return (int)Try(Sys.write, fd, (long)p, bytes.Length);
        }
    }

    /// <summary>Writes everything.</summary>
    public static void WriteAll(int fd, ReadOnlySpan<byte> bytes, string? path = null) =>
        Check(TryWriteAll(fd, bytes), "write", path);

    /// <summary>Writes everything: 0 or -errno.</summary>
    public static int TryWriteAll(int fd, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            // A write to a pipe or socket may be short, and one to a full disk is so before it fails: the rest tells the
            // reason.
            int written = TryWrite(fd, bytes);
            if (written < 0)
            {
                return written;
            }
            bytes = bytes[written..];
        }
        return 0;
    }

    /// <summary>Reads from <paramref name="fd"/> to the end; more than <paramref name="most"/> bytes are EFBIG. The size that
    /// stat(2) tells is not asked: it is 0 in procfs, and a file may grow meanwhile. The bound is there for files that others
    /// write.</summary>
    public static byte[] ReadAll(int fd, int most, string? path = null)
    {
        byte[] buffer = new byte[Math.Min(FirstChunk, most + 1)];
        int length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length > most)
                {
                    throw new SyscallException("read", Errno.EFBIG, path);
                }
                // Four times as much each time, and never more than one byte over the bound: that byte is what tells that there
                // is more.
                Array.Resize(ref buffer, (int)Math.Min((long)buffer.Length * 4, (long)most + 1));
            }
            int count = (int)Check(TryRead(fd, buffer.AsSpan(length)), "read", path);
            if (count == 0)
            {
                break;
            }
            length += count;
        }
        if (length > most)
        {
            throw new SyscallException("read", Errno.EFBIG, path);
        }
        Array.Resize(ref buffer, length);
        return buffer;
    }

    /// <summary>Reads the file <paramref name="path"/>; more than <paramref name="most"/> bytes are EFBIG. O_NOCTTY: opening a
    /// terminal by a wrong path must not make it the controlling one (open(2)).</summary>
    public static byte[] ReadAll(string path, int most)
    {
        using SafeFd fd = Open(path, OpenFlags.O_RDONLY | OpenFlags.O_NOCTTY);
        return ReadAll(fd, most, path);
    }

    /// <summary>Reads the file <paramref name="path"/> below <paramref name="dirfd"/>.</summary>
    public static byte[] ReadAllAt(int dirfd, string path, int most)
    {
        using SafeFd fd = OpenAt(dirfd, path, OpenFlags.O_RDONLY | OpenFlags.O_NOCTTY);
        return ReadAll(fd, most, path);
    }
}
