using System;
using System.Runtime.CompilerServices;
using OciRun.Kernel;
using OciRun.Syscalls;
using static OciRun.Kernel.Errno;
using static OciRun.Kernel.Limits;
using static OciRun.Kernel.Mode;
using static OciRun.Kernel.OpenFlags;
using static OciRun.Kernel.ResolveFlags;
using static OciRun.Kernel.StatMode;

namespace OciRun.Engine.Child;

/// <summary>Paths below the rootfs: resolved to descriptors by openat2(2), Linux 5.6, never by name. An image may have a link
/// in each place of a path, and a process that shares a volume may swap one at any moment (CVE-2019-19921, CVE-2021-30465):
/// resolving in user space, component by component, loses that race.</summary>
static unsafe partial class ChildProgram
{
    // As many links as the kernel follows in one path, path_resolution(7).
    const int MostLinks = 40;

    /// <summary>openat2 inside the root. A rename anywhere in the tree makes RESOLVE_IN_ROOT fail with EAGAIN when ".." is met:
    /// an attacker who renames all the time is outlasted by 128 tries.</summary>
    static long OpenIn(int root, byte* path, int flags, ulong resolve) => Open(root, path, flags, RESOLVE_IN_ROOT | resolve);

    static long Open(int root, byte* path, int flags, ulong resolve)
    {
        // RESOLVE_NO_MAGICLINKS: links like /proc/self/fd/N lead where no path does, out of any root (openat2(2)).
        var how = new OpenHow { flags = (uint)(flags | O_CLOEXEC), resolve = RESOLVE_NO_MAGICLINKS | resolve };
        long fd = 0;
        for (int i = 0; i < 128; i++)
        {
            fd = ChildSys.Call(Sys.openat2, root, (long)path, (long)&how, sizeof(OpenHow));
            if (fd != -EAGAIN && fd != -EINTR)
            {
                break;
            }
        }
        return fd;
    }

    /// <summary>Opens a path below the root as O_PATH, and makes it where it is missing: directories 0755, a last component of
    /// kind S_IFREG as an empty file. Links are followed inside the root; the target of a dangling one is made.</summary>
    static long OpenOrCreate(ChildContext* c, byte* path, uint kind, int flags)
    {
        long fd = OpenIn(c->Root, path, O_PATH | flags, 0);
        return fd != -ENOENT ? fd : Create(c, path, kind, flags);
    }

    static long Create(ChildContext* c, byte* path, uint kind, int flags)
    {
        long fd;
        // Two buffers: when a link is replaced by its target, the new path is put together from the old one.
        byte* buffer = stackalloc byte[2 * PATH_MAX + 2];
        byte* spare = stackalloc byte[2 * PATH_MAX + 2];
        if (!Copy(buffer, path, PATH_MAX))
        {
            return -ENAMETOOLONG;
        }
        for (int links = 0; links < MostLinks; links++)
        {
            fd = Walk(c, buffer, spare, kind, flags);
            if (fd != Redirected)
            {
                return fd;
            }
        }
        return -ELOOP;
    }

    // No errno is as low as this.
    const long Redirected = long.MinValue;

    /// <summary>Goes down a path and makes what is missing. Each component is opened by the whole path up to it, from the root:
    /// so the kernel itself resolves links and "..", by the one rule that nothing leaves the root. The parent's descriptor is
    /// only for making.</summary>
    static long Walk(ChildContext* c, byte* path, byte* spare, uint kind, int flags)
    {
        int parent = c->Root;
        int at = 0;
        while (true)
        {
            // Slashes in a row are one, and at the end none (path_resolution(7)).
            while (path[at] == '/')
            {
                at++;
            }
            int start = at;
            while (path[at] != '/' && path[at] != 0)
            {
                at++;
            }
            int rest = at;
            while (path[rest] == '/')
            {
                rest++;
            }
            bool last = path[rest] == 0;
            byte end = path[at];
            path[at] = 0;
            uint wanted = last ? kind : S_IFDIR;
            long fd = Enter(c, parent, path, path + start, wanted, last ? flags : 0);
            if (fd == Redirected && c->IsBelow)
            {
                // A link without a target: what it means, the whole path tells.
                fd = -EXDEV;
            }
            if (fd == Redirected)
            {
                path[at] = end;
                fd = Redirect(parent, path, start, at, rest, spare);
            }
            // The root's own descriptor stays open.
            if (parent != c->Root)
            {
                Close(parent);
            }
            if (fd < 0 || last)
            {
                return fd;
            }
            path[at] = end;
            parent = (int)fd;
        }
    }

    /// <summary>Opens one more component, or makes it. <see cref="Redirected"/> stands for a dangling link.</summary>
    static long Enter(ChildContext* c, int parent, byte* path, byte* name, uint kind, int flags)
    {
        int directory = kind == S_IFDIR ? O_DIRECTORY : 0;
        ulong resolve = (ulong)(c->IsBelow ? RESOLVE_BENEATH : RESOLVE_IN_ROOT);
        long fd = Open(c->Root, path, O_PATH | directory | flags, resolve);
        if (fd != -ENOENT)
        {
            return fd;
        }
        // By the parent's descriptor, and the last component without following: mkdirat and mknodat make nothing through a
        // dangling link (EEXIST, path_resolution(7)).
        long made = kind == S_IFDIR
            ? ChildSys.Call(Sys.mkdirat, parent, (long)name, O755)
            : ChildSys.Call(Sys.mknodat, parent, (long)name, S_IFREG | O644, 0);
        if (made < 0 && made != -EEXIST)
        {
            return made;
        }
        fd = Open(c->Root, path, O_PATH | directory | flags, resolve);
        // There and not there: the name is a link, and what it leads to does not exist.
        return fd == -ENOENT && made < 0 ? Redirected : fd;
    }

    /// <summary>Puts a link's target in its place in the path: an absolute one starts at the root again.</summary>
    static long Redirect(int parent, byte* path, int start, int end, int rest, byte* spare)
    {
        // readlinkat gives no NUL, and up to PATH_MAX bytes: each buffer has room for two paths and a slash.
        byte saved = path[end];
        path[end] = 0;
        int length = 0;
        long size = ChildSys.Call(Sys.readlinkat, parent, (long)(path + start), (long)spare, PATH_MAX);
        path[end] = saved;
        if (size < 0)
        {
            return size;
        }
        // An absolute target begins at the container's root again, a relative one at the directory of the link.
        if (spare[0] != '/')
        {
            // Make room for what stands before the link.
            for (long i = size - 1; i >= 0; i--)
            {
                spare[i + start] = spare[i];
            }
            for (int i = 0; i < start; i++)
            {
                spare[i] = path[i];
            }
            length = start;
        }
        length += (int)size;
        spare[length++] = (byte)'/';
        for (int i = rest; path[i] != 0; i++)
        {
            if (length > 2 * PATH_MAX - 1)
            {
                return -ENAMETOOLONG;
            }
            spare[length++] = path[i];
        }
        spare[length] = 0;
        // The way is gone once more from the root, now with the target in the link's place: the caller counts how often.
        return Copy(path, spare, PATH_MAX) ? Redirected : -ENAMETOOLONG;
    }

    /// <summary>Copies a string; false when it does not fit with its NUL. No span and no CopyTo: those call into the managed
    /// runtime.</summary>
    static bool Copy(byte* to, byte* from, int capacity)
    {
        for (int i = 0; i < capacity; i++)
        {
            to[i] = from[i];
            if (from[i] == 0)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Opens the directory above a path, making it where it is missing, and gives the last component's place in the
    /// path. The descriptor is kept for the next path in the same directory.</summary>
    static int OpenParent(ChildContext* c, byte* path, out byte* name)
    {
        int slash = 0;
        int length = 0;
        for (; path[length] != 0; length++)
        {
            slash = path[length] == '/' ? length : slash;
        }
        name = path + slash + 1;
        // A config has some ten nodes and links in /dev, one after the other: one resolution for all of them.
        if (c->Directory >= 0 && c->DirectoryLength == slash && Same(c->DirectoryPath, path, slash))
        {
            return c->Directory;
        }
        byte* directory = stackalloc byte[PATH_MAX];
        if (slash >= PATH_MAX)
        {
            Fail(c, Sys.openat2, ENAMETOOLONG);
        }
        for (int i = 0; i < slash; i++)
        {
            directory[i] = path[i];
        }
        directory[slash] = 0;
        if (slash == 0)
        {
            directory[0] = (byte)'/';
            directory[1] = 0;
        }
        if (c->Directory >= 0)
        {
            Close(c->Directory);
        }
        c->Directory = Check(c, Sys.openat2, OpenOrCreate(c, directory, S_IFDIR, O_DIRECTORY));
        c->DirectoryPath = path;
        c->DirectoryLength = slash;
        return c->Directory;
    }

    /// <summary>Opens the rootfs's /dev while nothing is mounted: by its name one might later reach what the config binds from
    /// the host, through a link that the image has at /dev.</summary>
    static void HoldDev(ChildContext* c)
    {
        if (c->Dev != -1)
        {
            return;
        }
        ReadOnlySpan<byte> path = "/dev\0"u8;
        fixed (byte* p = path)
        {
            long fd = OpenOrCreate(c, p, S_IFDIR, O_DIRECTORY);
            c->Dev = (int)(fd < 0 ? fd - 2 : fd);
        }
    }

    /// <summary>"/dev", letter by letter, as all comparisons here: those of the library are managed code.</summary>
    static bool IsDev(byte* path) => path[0] == '/' && path[1] == 'd' && path[2] == 'e' && path[3] == 'v' && path[4] == 0;

    /// <summary>The directory of a path; of one below /dev, by way of the container's own /dev.</summary>
    static int OpenParentInDev(ChildContext* c, byte* path, out byte* name)
    {
        if (path[0] != '/' || path[1] != 'd' || path[2] != 'e' || path[3] != 'v' || path[4] != '/')
        {
            return OpenParent(c, path, out name);
        }
        HoldDev(c);
        if (c->Dev < 0)
        {
            Fail(c, Sys.openat2, -2 - c->Dev);
        }
        name = path + 5;
        for (int i = 5; path[i] != 0; i++)
        {
            if (path[i] == '/')
            {
                // Deeper, as in /dev/net/tun: the rest of the path, with the container's /dev as its root.
                return OpenParentBelow(c, c->Dev, path + 4, out name);
            }
        }
        return c->Dev;
    }

    /// <summary>The same, with another directory in the place of the root: what is resolved cannot leave that one
    /// either.</summary>
    static int OpenParentBelow(ChildContext* c, int directory, byte* path, out byte* name)
    {
        int root = c->Root;
        ForgetDirectory(c);
        c->Root = directory;
        int parent = OpenParent(c, path, out name);
        c->Root = root;
        // Kept for its path below another root: nobody else may find it by that.
        c->DirectoryLength = -1;
        return parent;
    }

    static bool Same(byte* a, byte* b, int length)
    {
        for (int i = 0; i < length; i++)
        {
            if (a[i] != b[i])
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Forgets the kept directory: a mount may have covered it.</summary>
    static void ForgetDirectory(ChildContext* c)
    {
        if (c->Directory >= 0)
        {
            Close(c->Directory);
            c->Directory = -1;
        }
    }
}
