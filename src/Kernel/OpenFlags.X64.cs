using System;

namespace OciRun.Kernel;

/// <summary>Flags of open(2), openat2(2), pipe2(2) and dup3(2) on x86-64. O_DIRECT, O_DIRECTORY and O_NOFOLLOW differ on arm64.</summary>
[Flags]
public enum OpenFlags : int
{
    O_RDONLY = 0,
    O_WRONLY = 1,
    O_RDWR = 2,
    O_ACCMODE = 3,
    O_CREAT = 0x40,
    O_EXCL = 0x80,
    O_NOCTTY = 0x100,
    O_TRUNC = 0x200,
    O_APPEND = 0x400,
    O_NONBLOCK = 0x800,
    O_DSYNC = 0x1000,
    O_DIRECT = 0x4000,
    O_DIRECTORY = 0x10000,
    O_NOFOLLOW = 0x20000,
    O_NOATIME = 0x40000,
    O_CLOEXEC = 0x80000,
    O_SYNC = 0x101000,
    O_PATH = 0x200000,
    O_TMPFILE = 0x410000,
}
