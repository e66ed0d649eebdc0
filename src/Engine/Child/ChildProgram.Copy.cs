using System;
using System.Runtime.CompilerServices;
using OciRun.Kernel;
using OciRun.Syscalls;
using static OciRun.Kernel.AtFlags;
using static OciRun.Kernel.Errno;
using static OciRun.Kernel.Limits;
using static OciRun.Kernel.Mode;
using static OciRun.Kernel.OpenFlags;
using static OciRun.Kernel.StatMode;

namespace OciRun.Engine.Child;

/// <summary>tmpcopyup, a mount option of runc and crun: a tmpfs starts with what it covers, with owners, modes, times, extended
/// attributes, links and nodes. What is copied is the image's, and its size is bounded by the tmpfs alone: ENOSPC ends it. Hard
/// links become files of their own.</summary>
static unsafe partial class ChildProgram
{
    // A level takes some 9 KiB of the stack, which is 8 MiB unless the caller has set less (RLIMIT_STACK).
    const int DeepestCopy = 64;
    // Once at the bottom of the recursion, so it may be larger than what each level has.
    const int CopyBuffer = 16384;
    const int EntryBuffer = 4096;

    /// <summary>The content and attributes of a directory. It goes from directory to directory by descriptors: no path grows
    /// longer than PATH_MAX, and no link in the image leads out of what is copied.</summary>
    static void CopyTree(ChildContext* c, int from, int to, int depth)
    {
        if (depth > DeepestCopy)
        {
            Fail(c, Sys.getdents64, ELOOP);
        }
        ReadOnlySpan<byte> dot = ".\0"u8;
        int source;
        int target;
        fixed (byte* d = dot)
        {
            // "." opens again for reading what came as an O_PATH descriptor, and a second time the offset of the listing is the
            // new one's own.
            source = Check(c, Sys.openat, ChildSys.Call(Sys.openat, from, (long)d, O_DIRECTORY | O_CLOEXEC, 0));
            target = Check(c, Sys.openat, ChildSys.Call(Sys.openat, to, (long)d, O_DIRECTORY | O_CLOEXEC, 0));
        }
        // getdents64(2) fills this from call to call; a name has at most 255 bytes, so that an entry always fits.
        byte* entries = stackalloc byte[EntryBuffer];
        while (true)
        {
            long size = Check(c, Sys.getdents64, ChildSys.Call(Sys.getdents64, source, (long)entries, EntryBuffer));
            if (size == 0)
            {
                break;
            }
            for (long at = 0; at < size;)
            {
                // struct linux_dirent64: inode, offset, u16 length, u8 type, name
                byte* name = entries + at + 19;
                at += *(ushort*)(entries + at + 16);
                if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0)))
                {
                    continue;
                }
                CopyEntry(c, source, target, name, depth);
            }
        }
        // After the content: a default ACL would be inherited by all that is made in the directory later (acl(5)).
        CopyAttributes(source, target);
        Close(source);
        Close(target);
    }

    /// <summary>One name. It is looked at without following, for a link is copied as a link.</summary>
    static void CopyEntry(ChildContext* c, int from, int to, byte* name, int depth)
    {
        Stat status;
        Check(c, Sys.newfstatat, ChildSys.Call(Sys.newfstatat, from, (long)name, (long)&status, AT_SYMLINK_NOFOLLOW));
        uint kind = status.st_mode & S_IFMT;
        if (kind == S_IFDIR)
        {
            // 0700 until it is full: the real mode is set below, when nothing is to be made in it any more.
            Check(c, Sys.mkdirat, ChildSys.Call(Sys.mkdirat, to, (long)name, O700));
            int source = Check(c, Sys.openat, ChildSys.Call(Sys.openat, from, (long)name, O_PATH | O_DIRECTORY | O_NOFOLLOW |
                O_CLOEXEC, 0));
            int target = Check(c, Sys.openat, ChildSys.Call(Sys.openat, to, (long)name, O_PATH | O_DIRECTORY | O_NOFOLLOW |
                O_CLOEXEC, 0));
            CopyTree(c, source, target, depth + 1);
            Close(source);
            Close(target);
        }
        else if (kind == S_IFLNK)
        {
            // The text of a link is copied as it stands: what it leads to is the container's business.
            byte* link = stackalloc byte[PATH_MAX + 1];
            int size = Check(c, Sys.readlinkat, ChildSys.Call(Sys.readlinkat, from, (long)name, (long)link, PATH_MAX));
            link[size] = 0;
            Check(c, Sys.symlinkat, ChildSys.Call(Sys.symlinkat, (long)link, to, (long)name));
        }
        else if (kind == S_IFREG)
        {
            CopyFile(c, from, to, name, &status);
        }
        else
        {
            // Sockets, FIFOs and devices. In a user namespace a device is EPERM, as it would be for cp(1).
            Check(c, Sys.mknodat, ChildSys.Call(Sys.mknodat, to, (long)name, status.st_mode, (long)status.st_rdev));
        }
        // A file's owner is set through its descriptor, before its attributes.
        if (kind != S_IFREG)
        {
            Check(c, Sys.fchownat, ChildSys.Call(Sys.fchownat, to, (long)name, status.st_uid, status.st_gid,
                AT_SYMLINK_NOFOLLOW));
        }
        // Links have no mode, and fchmodat(2) would follow one.
        if (kind != S_IFLNK)
        {
            // After the owner: a change of owner clears the set-id bits.
            Check(c, Sys.fchmodat, ChildSys.Call(Sys.fchmodat, to, (long)name, status.st_mode & O7777));
        }
        // Last, as everything before changes them: time of access and of modification; that of change cannot be set.
        ulong* times = stackalloc ulong[4];
        times[0] = (ulong)status.st_atim.tv_sec;
        times[1] = (ulong)status.st_atim.tv_nsec;
        times[2] = (ulong)status.st_mtim.tv_sec;
        times[3] = (ulong)status.st_mtim.tv_nsec;
        ChildSys.Call(Sys.utimensat, to, (long)name, (long)times, AT_SYMLINK_NOFOLLOW);
    }

    /// <summary>A regular file, by read(2) and write(2): what was sparse takes its full size.</summary>
    static void CopyFile(ChildContext* c, int from, int to, byte* name, Stat* status)
    {
        // O_NOFOLLOW and O_EXCL: neither side may be another thing than the one that was just looked at.
        int source = Check(c, Sys.openat, ChildSys.Call(Sys.openat, from, (long)name, O_NOFOLLOW | O_CLOEXEC, 0));
        int target = Check(c, Sys.openat, ChildSys.Call(Sys.openat, to, (long)name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
            O_CLOEXEC, O600));
        byte* buffer = stackalloc byte[CopyBuffer];
        while (true)
        {
            long size = Check(c, Sys.read, ChildSys.Call(Sys.read, source, (long)buffer, CopyBuffer));
            if (size == 0)
            {
                break;
            }
            for (long done = 0; done < size;)
            {
                // A write may be short; on a full tmpfs the next one says ENOSPC.
                done += Check(c, Sys.write, ChildSys.Call(Sys.write, target, (long)(buffer + done), size - done));
            }
        }
        // Before the attributes: writing, and a change of owner, take security.capability away (capabilities(7)).
        Check(c, Sys.fchown, ChildSys.Call(Sys.fchown, target, status->st_uid, status->st_gid));
        CopyAttributes(source, target);
        Close(source);
        Close(target);
    }

    /// <summary>Extended attributes that the target takes; tmpfs has no user.* before Linux 6.6. No error ends the copy:
    /// security.* and trusted.* want rights (xattr(7)) that a container need not have, and POSIX ACLs a kernel built with them.
    /// A list or value of more than a page is ERANGE and left out.</summary>
    static void CopyAttributes(int from, int to)
    {
        byte* names = stackalloc byte[EntryBuffer];
        byte* value = stackalloc byte[EntryBuffer];
        // Names in one buffer, each with a NUL behind it (listxattr(2)).
        long size = ChildSys.Call(Sys.flistxattr, from, (long)names, EntryBuffer);
        for (long at = 0; at < size; at++)
        {
            byte* name = names + at;
            long length = ChildSys.Call(Sys.fgetxattr, from, (long)name, (long)value, EntryBuffer);
            if (length >= 0)
            {
                ChildSys.Call(Sys.fsetxattr, to, (long)name, (long)value, length, 0);
            }
            while (names[at] != 0)
            {
                at++;
            }
        }
    }
}
