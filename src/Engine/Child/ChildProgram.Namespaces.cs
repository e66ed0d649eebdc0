using System;
using System.Runtime.CompilerServices;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Syscalls;
using static OciRun.Kernel.AddressFamily;
using static OciRun.Kernel.AtFlags;
using static OciRun.Kernel.CloneFlags;
using static OciRun.Kernel.Errno;
using static OciRun.Kernel.IfFlags;
using static OciRun.Kernel.Ioctl;
using static OciRun.Kernel.Keyctl;
using static OciRun.Kernel.KeyPermission;
using static OciRun.Kernel.Mode;
using static OciRun.Kernel.MountFlags;
using static OciRun.Kernel.OpenFlags;
using static OciRun.Kernel.Prctl;
using static OciRun.Kernel.ResolveFlags;
using static OciRun.Kernel.SocketType;
using static OciRun.Kernel.StatfsMagic;
using static OciRun.Kernel.StatMode;

namespace OciRun.Engine.Child;

/// <summary>Namespaces, ids, keyring, loopback and the standard streams.</summary>
static unsafe partial class ChildProgram
{
    /// <summary>setns(2) into each: first those that the runtime's own rights allow, then the user namespace, then what only its
    /// rights allow. Not dumpable before the first: nobody inside may look into this process (CVE-2016-9962).</summary>
    static void JoinNamespaces(ChildContext* c, JoinArgs* list, int count)
    {
        // It also gives the files below /proc/PID to root (proc(5)).
        ChildSys.Call(Sys.prctl, PR_SET_DUMPABLE, 0);
        JoinArgs* user = null;
        // A bit for each that is refused at first; there are eight kinds, and each comes once.
        ulong left = 0;
        for (int i = 0; i < count; i++)
        {
            if (list[i].Kind == CLONE_NEWUSER)
            {
                user = list + i;
            }
        }
        for (int i = 0; i < count; i++)
        {
            if (list + i == user)
            {
                continue;
            }
            long result = ChildSys.Call(Sys.setns, c->Slots[list[i].Slot], list[i].Kind);
            // setns(2) wants CAP_SYS_ADMIN in the user namespace that owns the other one. A host's namespace wants the rights
            // that this process still has, one that belongs to the user namespace those that it gets there.
            if (result < 0 && user is not null && result is -EPERM)
            {
                left |= 1UL << i;
                continue;
            }
            Check(c, Sys.setns, result);
        }
        if (user is null)
        {
            return;
        }
        Check(c, Sys.setns, ChildSys.Call(Sys.setns, c->Slots[user->Slot], user->Kind));
        for (int i = 0; i < count; i++)
        {
            if ((left >> i & 1) != 0)
            {
                Check(c, Sys.setns, ChildSys.Call(Sys.setns, c->Slots[list[i].Slot], list[i].Kind));
            }
        }
    }

    /// <summary>Enters a running container by its init's pidfd: setns(2) takes that since Linux 5.8, with all kinds at once, or
    /// none of them. One without a mount namespace has its process's root, which is open. What leads to the host is closed, for
    /// the container's processes will see this one or its child (CVE-2016-9962).</summary>
    static void JoinContainer(ChildContext* c, ulong kinds)
    {
        ChildSys.Call(Sys.prctl, PR_SET_DUMPABLE, 0);
        if (kinds != 0)
        {
            Check(c, Sys.setns, ChildSys.Call(Sys.setns, c->Slots[0], (long)kinds));
        }
        if (c->Root >= 0)
        {
            ChangeRoot(c);
            Close(c->Root);
        }
        ReadOnlySpan<byte> slash = "/\0"u8;
        fixed (byte* root = slash)
        {
            OpenRoot(c, root);
        }
        CloseOthers(c);
    }

    /// <summary>Closes all descriptors but those that the payload gets and the four that are still needed, from gap to gap.
    /// Close-on-exec is not enough here: between setns(2) and execve(2) a process of the container may look into /proc/PID/fd
    /// (CVE-2016-9962).</summary>
    static void CloseOthers(ChildContext* c)
    {
        uint first = 3 + (uint)c->InheritedFds;
        while (true)
        {
            uint next = uint.MaxValue;
            next = Nearest(next, first, c->Channel);
            next = Nearest(next, first, c->InitProgram);
            next = Nearest(next, first, c->InitProc);
            next = Nearest(next, first, c->Root);
            if (next > first)
            {
                Check(c, Sys.close_range, ChildSys.Call(Sys.close_range, first, next == uint.MaxValue ? next : next - 1, 0));
            }
            if (next == uint.MaxValue)
            {
                return;
            }
            first = next + 1;
        }
    }

    static uint Nearest(uint next, uint first, int fd) => fd >= 0 && (uint)fd >= first && (uint)fd < next ? (uint)fd : next;

    /// <summary>Whoever enters a user namespace has no id in it that means anything, only capabilities, and those go with the
    /// next execve(2). setgroups is denied in some user namespaces (user_namespaces(7)); the groups there are the caller's and
    /// stay.</summary>
    static void BecomeRoot(ChildContext* c)
    {
        ChildSys.Call(Sys.setgroups, 0, 0);
        Check(c, Sys.setresgid, ChildSys.Call(Sys.setresgid, 0, 0, 0));
        Check(c, Sys.setresuid, ChildSys.Call(Sys.setresuid, 0, 0, 0));
    }

    /// <summary>A pid namespace that was joined or unshared, and a time namespace that was unshared, hold for children only
    /// (pid_namespaces(7), time_namespaces(7)). The child takes this process's place: with CLONE_PARENT it is the runtime's
    /// child too, which can wait for it, and has this one's exit signal: clone3(2) refuses any other.</summary>
    static void CloneAgain(ChildContext* c, ulong flags)
    {
        var args = new CloneArgs { flags = flags | CLONE_PARENT };
        long pid = Check(c, Sys.clone3, ChildSys.Call(Sys.clone3, (long)&args, sizeof(CloneArgs)));
        if (pid == 0)
        {
            return;
        }
        Record record;
        Fill(&record, RecordType.Adopt, c->Step, 0, 0, (ulong)pid);
        ChildSys.Call(Sys.write, c->Channel, (long)&record, Record.Size);
        Exit(0);
    }

    /// <summary>A new network namespace has lo, and it is down (network_namespaces(7)). Engines bring it up in the namespaces
    /// that they make; in one that the runtime makes nobody else does.</summary>
    static void LoopbackUp(ChildContext* c)
    {
        int socket = Check(c, Sys.socket, ChildSys.Call(Sys.socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        Ifreq request = default;
        byte* name = (byte*)&request;
        // The name is the first member of struct ifreq, netdevice(7).
        name[0] = (byte)'l';
        name[1] = (byte)'o';
        request.ifr_flags = (short)IFF_UP;
        Check(c, Sys.ioctl, ChildSys.Call(Sys.ioctl, socket, SIOCSIFFLAGS, (long)&request));
        Close(socket);
    }

    /// <summary>A kernel without keys, or a nested runtime that may not make one, is no reason to fail.</summary>
    static void JoinSessionKeyring(ChildContext* c)
    {
        // Without a name, by which another container of the same user could join it (keyctl_join_session_keyring(3)).
        long key = ChildSys.Call(Sys.keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0);
        if (key is -ENOSYS or -EPERM or -ENOENT)
        {
            return;
        }
        Check(c, Sys.keyctl, key);
        // For its possessor alone: the user's other processes, who may be another container's, cannot even link it.
        ChildSys.Call(Sys.keyctl, KEYCTL_SETPERM, key, KEY_POS_ALL);
    }

    /// <summary>So that a payload that is not root can open /dev/stdout again. Devices belong to the host and are left alone,
    /// all but pseudo terminals; sockets and read-only files cannot change owner and need not. runc and crun do the same (runc:
    /// fixStdioPermissions).</summary>
    static void OwnStandardStreams(uint uid)
    {
        for (int fd = 0; fd < 3; fd++)
        {
            Stat status;
            // A stream may be closed (EBADF), and that is how it stays.
            if (ChildSys.Call(Sys.fstat, fd, (long)&status) < 0 || status.st_uid == uid)
            {
                continue;
            }
            uint type = status.st_mode & S_IFMT;
            if (type == S_IFBLK || (type == S_IFCHR && Dev.Major(status.st_rdev) is < Dev.FirstSlaveMajor
                or > Dev.LastSlaveMajor))
            {
                continue;
            }
            // The group stays (-1, chown(2)): what a pseudo terminal has there is "tty", for wall and write.
            ChildSys.Call(Sys.fchown, fd, uid, uint.MaxValue);
        }
    }

    /// <summary>A pseudo terminal of the container's own devpts: the multiplexer is verified, and its peer is opened without a
    /// path (CVE-2025-52565).</summary>
    static void Terminal(ChildContext* c, Op* op)
    {
        ulong console = op->A;
        ulong columns = op->B;
        ulong rows = op->C;
        bool leads = op->Flags != 0;
        ReadOnlySpan<byte> path = "/dev/pts/ptmx\0"u8;
        int master;
        fixed (byte* p = path)
        {
            master = Check(c, Sys.openat2, OpenPlace(c, p, (int)op->D - 1, c->Data + op->E, O_RDWR | O_NOCTTY,
                RESOLVE_NO_SYMLINKS));
        }
        Stat status;
        Check(c, Sys.fstat, ChildSys.Call(Sys.fstat, master, (long)&status));
        // In every devpts the multiplexer is inode 2; a node made elsewhere has the same number of a device, but not this
        // inode.
        if (MagicOf(c, master) != DEVPTS_SUPER_MAGIC || status.st_rdev != Dev.Ptmx || status.st_ino != 2)
        {
            Fail(c, Sys.openat2, ENODEV);
        }
        // The peer is locked at first, for programs that first have to change its owner (unlockpt(3)).
        int unlock = 0;
        Check(c, Sys.ioctl, ChildSys.Call(Sys.ioctl, master, TIOCSPTLCK, (long)&unlock));
        // TIOCGPTPEER, Linux 4.13, opens the other side of this very terminal; its path, /dev/pts/N, may lead into another
        // devpts (CVE-2025-52565).
        int peer = Check(c, Sys.ioctl, ChildSys.Call(Sys.ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
        if (rows > 0 && columns > 0)
        {
            // process.consoleSize. Without it the size is 0 by 0, and programs take 80 by 24.
            var size = new Winsize { ws_row = (ushort)rows, ws_col = (ushort)columns };
            Check(c, Sys.ioctl, ChildSys.Call(Sys.ioctl, master, TIOCSWINSZ, (long)&size));
        }
        if (console != 0)
        {
            BindConsole(c, peer, (console & 2) != 0, (int)op->F - 1);
        }
        // The engine gets the master, by the console socket or through the runtime; here it is not needed any more.
        SendDescriptor(c, DescriptorKind.Terminal, master);
        Close(master);
        if (leads)
        {
            // Only the leader of a session that has no terminal may take one (ioctl_tty(2)). EPERM: it is the leader already.
            ChildSys.Call(Sys.setsid);
            Check(c, Sys.ioctl, ChildSys.Call(Sys.ioctl, peer, TIOCSCTTY, 0));
        }
        // Without close-on-exec: the copies are the payload's standard streams.
        for (int fd = 0; fd < 3; fd++)
        {
            Check(c, Sys.dup3, ChildSys.Call(Sys.dup3, peer, fd, 0));
        }
        Close(peer);
    }

    /// <summary>In a /dev of the host's nothing is made: there a console is covered, or there is none.</summary>
    static void BindConsole(ChildContext* c, int peer, bool shared, int slot)
    {
        ReadOnlySpan<byte> path = "/dev/console\0"u8;
        ReadOnlySpan<byte> empty = "\0"u8;
        fixed (byte* p = path, e = empty)
        {
            int directory = OpenParentPlace(c, p, shared ? slot : -1, p + 5, !shared, out byte* name);
            long made = shared ? 0 : ChildSys.Call(Sys.mknodat, directory, (long)name, S_IFREG | O666, 0);
            if (made < 0 && made != -EEXIST)
            {
                Fail(c, Sys.mknodat, (int)-made);
            }
            // O_NOFOLLOW with O_PATH opens a link itself, and a mount on a link is refused (CVE-2026-88264).
            long found = ChildSys.Call(Sys.openat, directory, (long)name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
            if (shared && found == -ENOENT)
            {
                ForgetDirectory(c);
                return;
            }
            int target = Check(c, Sys.openat, found);
            if ((ModeOf(c, target) & S_IFMT) == S_IFLNK)
            {
                Fail(c, Sys.openat, ELOOP);
            }
            long flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
            int mount = Check(c, Sys.open_tree, ChildSys.Call(Sys.open_tree, peer, (long)e, flags));
            Attach(c, mount, target);
            Close(target);
            Close(mount);
            // The kept directory's path lives in this method.
            ForgetDirectory(c);
        }
    }
}
