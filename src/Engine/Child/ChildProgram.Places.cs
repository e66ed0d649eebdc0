using System;
using System.Runtime.CompilerServices;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Syscalls;
using static OciRun.Kernel.AtFlags;
using static OciRun.Kernel.Errno;
using static OciRun.Kernel.Fcntl;
using static OciRun.Kernel.OpenFlags;
using static OciRun.Kernel.ResolveFlags;
using static OciRun.Kernel.StatxMask;

namespace OciRun.Engine.Child;

/// <summary>What is below a mount that the plan made is reached through the mount's descriptor, and at last each mount is looked
/// at by its name.</summary>
static unsafe partial class ChildProgram
{
    /// <summary>Opens a path of the container. In a slot is the mount that the plan has above it: what is there is looked up
    /// below that descriptor, for by its name one may reach what somebody has put in the mount's place. Only where a link leads
    /// out of the mount does the whole path count.</summary>
    /// <param name="c">The process.</param>
    /// <param name="path">Path in the container.</param>
    /// <param name="slot">Slot of the mount, -1 for none.</param>
    /// <param name="rest">The path there; empty for the mount itself.</param>
    /// <param name="flags">O_* of open(2).</param>
    /// <param name="resolve">RESOLVE_* that are added.</param>
    static long OpenPlace(ChildContext* c, byte* path, int slot, byte* rest, int flags, ulong resolve = 0)
    {
        if (slot >= 0)
        {
            long fd = *rest == 0 ? ChildSys.Call(Sys.fcntl, c->Slots[slot], F_DUPFD_CLOEXEC, 3)
                : Open(c->Slots[slot], rest, flags, RESOLVE_BENEATH | resolve);
            if (fd != -EXDEV)
            {
                return fd;
            }
        }
        return OpenIn(c->Root, path, flags, resolve);
    }

    /// <summary>As <see cref="OpenPlace"/>, and makes what is missing.</summary>
    static long OpenOrCreatePlace(ChildContext* c, byte* path, int slot, byte* rest, uint kind, int flags)
    {
        long fd = OpenPlace(c, path, slot, rest, O_PATH | flags);
        if (fd != -ENOENT)
        {
            return fd;
        }
        if (slot >= 0)
        {
            int root = c->Root;
            c->Root = c->Slots[slot];
            c->IsBelow = true;
            fd = Create(c, rest, kind, flags);
            c->Root = root;
            c->IsBelow = false;
            if (fd != -EXDEV)
            {
                return fd;
            }
        }
        return Create(c, path, kind, flags);
    }

    /// <summary>The directory of a path that is looked up in a slot, in the container's own /dev or in the root.</summary>
    static int OpenParentPlace(ChildContext* c, byte* path, int slot, byte* rest, bool ownDev, out byte* name)
    {
        if (slot < 0)
        {
            return ownDev ? OpenParentInDev(c, path, out name) : OpenParent(c, path, out name);
        }
        name = rest;
        bool nested = false;
        for (int i = 0; rest[i] != 0; i++)
        {
            nested |= rest[i] == '/';
        }
        // OpenParent wants a path that begins with a slash, and one stands before the rest.
        return nested ? OpenParentBelow(c, c->Slots[slot], rest - 1, out name) : c->Slots[slot];
    }

    /// <summary>The id of the mount that a path or a descriptor is of: one that is never used again, from Linux 6.8 on.</summary>
    static ulong MountIdOf(ChildContext* c, int directory, byte* path, int flags)
    {
        ReadOnlySpan<byte> empty = "\0"u8;
        Statx status;
        fixed (byte* e = empty)
        {
            Check(c, Sys.statx, ChildSys.Call(Sys.statx, directory, (long)(path is null ? e : path), flags,
                STATX_MNT_ID | STATX_MNT_ID_UNIQUE, (long)&status));
        }
        return status.stx_mnt_id;
    }

    /// <summary>A last look: what is at the destination is the mount that was made. Its id is 0 where a link was copied in its
    /// place.</summary>
    static void LookAtMount(ChildContext* c, MountArgs* m, bool inside)
    {
        if (m->MountId == 0)
        {
            return;
        }
        byte* path = c->Data + m->Destination;
        ulong found;
        if (inside)
        {
            bool link = (m->Flags & MountArgFlags.DestinationNoFollow) != 0;
            found = MountIdOf(c, AT_FDCWD, path, link ? AT_SYMLINK_NOFOLLOW : 0);
        }
        else
        {
            int there = Check(c, Sys.openat2, OpenIn(c->Root, path, O_PATH | NoFollow(m), 0));
            found = MountIdOf(c, there, null, AT_EMPTY_PATH);
            Close(there);
        }
        if (found != m->MountId && !IsLaterMount(c, m, found))
        {
            Fail(c, Sys.statx, EXDEV);
        }
    }

    /// <summary>A link of the image may have led a later mount to the same place: that one is over it then.</summary>
    static bool IsLaterMount(ChildContext* c, MountArgs* m, ulong id)
    {
        for (int i = 0; i < c->Count; i++)
        {
            MountArgs* later = (MountArgs*)(c->Data + c->Ops[i].A);
            if (c->Ops[i].Code != OpCode.Mount || later <= m || (later->Flags & MountArgFlags.Remount) != 0)
            {
                continue;
            }
            ulong its = later->MountId;
            if ((later->Flags & MountArgFlags.Look) == 0)
            {
                byte* rest = c->Data + later->Below;
                int there = Check(c, Sys.openat2, OpenPlace(c, c->Data + later->Destination, later->BelowSlot, rest, O_PATH));
                its = MountIdOf(c, there, null, AT_EMPTY_PATH);
                Close(there);
            }
            if (its == id)
            {
                return true;
            }
        }
        return false;
    }
}
