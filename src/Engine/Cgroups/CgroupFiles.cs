using System;
using System.Text;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.Cgroups;

/// <summary>Files of cgroup directories. Nothing but plain names and paths below the descriptor is resolved, and no link, so that
/// a hostile config or a mount inside the hierarchy cannot lead elsewhere.</summary>
static class CgroupFiles
{
    const int Resolve = ResolveFlags.RESOLVE_BENEATH | ResolveFlags.RESOLVE_NO_MAGICLINKS |
        ResolveFlags.RESOLVE_NO_SYMLINKS | ResolveFlags.RESOLVE_NO_XDEV;
    const int MostBytes = 1 << 24;

    /// <summary>A directory below another, for use as the start of further calls: the descriptor or -errno.</summary>
    public static int TryOpenDirectory(int dirfd, string path) => TryOpen(dirfd, path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);

    /// <summary>A file or directory below a directory: the descriptor or -errno.</summary>
    public static int TryOpen(int dirfd, string path, int flags)
    {
        ReadOnlySpan<char> relative = path.AsSpan().TrimStart('/');
        string name = relative.IsEmpty ? "." : relative.Length == path.Length ? path : relative.ToString();
        return Syscall.TryOpenAt2(dirfd, name, flags, Resolve);
    }

    /// <summary>The content of a file: 0 or -errno.</summary>
    public static int TryRead(int dirfd, string file, out string content)
    {
        content = "";
        int opened = TryOpen(dirfd, file, OpenFlags.O_RDONLY);
        if (opened < 0)
        {
            return opened;
        }
        using SafeFd fd = new(opened);
        return TryReadOpen(fd, out content);
    }

    /// <summary>The content of an open file, from its start: 0 or -errno.</summary>
    public static int TryReadOpen(int fd, out string content)
    {
        Span<byte> first = stackalloc byte[1024];
        content = "";
        int count = Syscall.TryPread(fd, first, 0);
        if (count < first.Length)
        {
            content = count > 0 ? Encoding.UTF8.GetString(first[..count]) : "";
            return Math.Min(count, 0);
        }
        byte[] all = first.ToArray();
        int length = count;
        while (count > 0 && all.Length < MostBytes)
        {
            Array.Resize(ref all, all.Length * 4);
            count = Syscall.TryPread(fd, all.AsSpan(length), length);
            while (count > 0 && length + count < all.Length)
            {
                length += count;
                count = Syscall.TryPread(fd, all.AsSpan(length), length);
            }
            length += Math.Max(count, 0);
        }
        content = Encoding.UTF8.GetString(all, 0, length);
        return Math.Min(count, 0);
    }

    /// <summary>Writes text in one write(2): 0 or -errno.</summary>
    public static int TryWrite(int dirfd, string file, string text)
    {
        int opened = TryOpen(dirfd, file, OpenFlags.O_WRONLY);
        if (opened < 0)
        {
            return opened;
        }
        using SafeFd fd = new(opened);
        Span<byte> small = stackalloc byte[256];
        bool fits = text.Length <= 80;
        ReadOnlySpan<byte> bytes = fits ? small[..Encoding.UTF8.GetBytes(text, small)] : Encoding.UTF8.GetBytes(text);
        return Math.Min(Syscall.TryWrite(fd, bytes), 0);
    }

    /// <summary>The number that follows a key in a flat keyed file such as memory.events; null when there is none.</summary>
    public static ulong? KeyedNumber(string content, string key)
    {
        foreach (ReadOnlySpan<char> line in content.AsSpan().EnumerateLines())
        {
            if (line.Length > key.Length && line[key.Length] == ' ' && line.StartsWith(key, StringComparison.Ordinal))
            {
                return ulong.TryParse(line[(key.Length + 1)..], out ulong number) ? number : null;
            }
        }
        return null;
    }

    /// <summary>An error number in words. ENOENT is worded by itself: engines take the usual words for a missing program of the
    /// user.</summary>
    public static string Describe(int errno) => errno switch
    {
        Errno.ENOENT or Errno.ENODEV => "it does not exist (" + ErrnoText.Name(errno) + ")",
        _ => ErrnoText.Words(errno) + " (" + ErrnoText.Name(errno) + ")",
    };
}
