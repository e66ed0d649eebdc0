using System.Runtime.InteropServices;

namespace OciRun.Kernel;

/// <summary><c>struct stat</c> of x86-64, 144 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 144)]
public struct Stat
{
    /// <summary>Where st_mode stands.</summary>
    public const int ModeOffset = 24;

    public ulong st_dev;
    public ulong st_ino;
    public ulong st_nlink;
    public uint st_mode;
    public uint st_uid;
    public uint st_gid;
    public uint __pad0;
    public ulong st_rdev;
    public long st_size;
    public long st_blksize;
    public long st_blocks;
    public Timespec st_atim;
    public Timespec st_mtim;
    public Timespec st_ctim;
}
