using System.Runtime.InteropServices;

namespace OciRun.Kernel;

/// <summary><c>struct stat</c> of arm64 (asm-generic/stat.h), 128 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public struct Stat
{
    /// <summary>Where st_mode stands.</summary>
    public const int ModeOffset = 16;

    public ulong st_dev;
    public ulong st_ino;
    public uint st_mode;
    public uint st_nlink;
    public uint st_uid;
    public uint st_gid;
    public ulong st_rdev;
    public ulong __pad1;
    public long st_size;
    public int st_blksize;
    public int __pad2;
    public long st_blocks;
    public Timespec st_atim;
    public Timespec st_mtim;
    public Timespec st_ctim;
}
