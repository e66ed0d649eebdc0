using System;
using System.Collections.Generic;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <content>stat(2), statfs(2), access(2), getdents(2).</content>
public static unsafe partial class Syscall
{
    /// <summary>fstat(2); works on O_PATH descriptors since Linux 3.6, so that a thing is looked at without being
    /// opened.</summary>
    public static Stat Fstat(int fd)
    {
        Stat stat;
        Check(Try(Sys.fstat, fd, (long)(&stat)), "fstat");
        return stat;
    }

    /// <summary>fstatat(2): 0 or -errno. An empty path with AT_EMPTY_PATH asks for what <paramref name="dirfd"/> itself
    /// is.</summary>
    public static int TryFstatAt(int dirfd, string path, int flags, out Stat stat)
    {
        fixed (Stat* s = &stat)
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        {
            *s = default;
            return (int)Try(Sys.newfstatat, dirfd, (long)p, (long)s, flags);
        }
    }

    /// <summary>fstatfs(2); works on O_PATH descriptors since Linux 3.12. The type is how a real procfs is told from a
    /// directory of that name.</summary>
    public static Statfs64 Fstatfs(int fd)
    {
        Statfs64 statfs;
        Check(Try(Sys.fstatfs, fd, (long)(&statfs)), "fstatfs");
        return statfs;
    }

    /// <summary>faccessat2(2), Linux 5.8: 0 or -errno. Mode is of <see cref="Access"/>, flags are AT_EACCESS and others:
    /// without it the real ids are asked, as for a set-user-id program. The older faccessat takes no flags; C libraries imitate
    /// them.</summary>
    public static int TryFaccessAt2(int dirfd, string path, int mode, int flags)
    {
        fixed (byte* p = CString.Of(path, stackalloc byte[CString.Stack]))
        {
            return (int)Try(Sys.faccessat2, dirfd, (long)p, mode, flags);
        }
    }

    /// <summary>Whether <paramref name="path"/> exists and can be reached; a dangling symbolic link does not count.</summary>
    public static bool Exists(string path) => TryFaccessAt2(AtFlags.AT_FDCWD, path, Access.F_OK, 0) == 0;

    /// <summary>
    /// The names in a directory opened for reading, without . and .. and in the kernel's order. The offset is rewound first.
    /// </summary>
    public static List<string> ListDirectory(int fd)
    {
        List<string> names = [];
        // The offset belongs to the open file description, and a descriptor may have been listed before.
        Check(Try(Sys.lseek, fd, 0, Seek.SEEK_SET), "lseek");
        // A buffer that has no room for one entry is EINVAL; a name has at most 255 bytes.
        const int size = 8192;
        byte* buffer = stackalloc byte[size];
        while (true)
        {
            long count = Check(Try(Sys.getdents64, fd, (long)buffer, size), "getdents64");
            if (count == 0)
            {
                return names;
            }
            for (long at = 0; at < count;)
            {
                // Entries are as long as their names: d_reclen leads to the next one, getdents(2).
                Dirent64* entry = (Dirent64*)(buffer + at);
                byte* name = buffer + at + Dirent64.NameOffset;
                if (!IsDotOrDotDot(name))
                {
                    names.Add(CString.Read(name));
                }
                at += entry->d_reclen;
            }
        }
    }

    /// <summary>The names in the directory <paramref name="path"/>.</summary>
    public static List<string> ListDirectory(string path)
    {
        using SafeFd fd = Open(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        return ListDirectory(fd);
    }

    static bool IsDotOrDotDot(byte* name) =>
        name[0] == (byte)'.' && (name[1] == 0 || (name[1] == (byte)'.' && name[2] == 0));
}
