using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OciRun.Kernel;

/// <summary><c>struct open_how</c> of openat2(2), 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct OpenHow
{
    public ulong flags;
    public ulong mode;
    public ulong resolve;
}

/// <summary><c>struct mount_attr</c> of mount_setattr(2), 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MountAttrArgs
{
    public ulong attr_set;
    public ulong attr_clr;
    public ulong propagation;
    public ulong userns_fd;
}

/// <summary>The part of <c>struct statx</c> that names the mount; it has 256 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
public struct Statx
{
    [FieldOffset(0)] public uint stx_mask;
    [FieldOffset(144)] public ulong stx_mnt_id;
}

/// <summary><c>struct statfs</c> of 64-bit machines, 120 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 120)]
public struct Statfs64
{
    public long f_type;
    public long f_bsize;
    public ulong f_blocks;
    public ulong f_bfree;
    public ulong f_bavail;
    public ulong f_files;
    public ulong f_ffree;
    public ulong f_fsid;
    public long f_namelen;
    public long f_frsize;
    public long f_flags;
}

/// <summary>The fixed part of <c>struct linux_dirent64</c>; the name follows at offset 19.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct Dirent64
{
    /// <summary>Where d_name starts.</summary>
    public const int NameOffset = 19;

    [FieldOffset(0)] public ulong d_ino;
    [FieldOffset(8)] public long d_off;
    [FieldOffset(16)] public ushort d_reclen;
    [FieldOffset(18)] public byte d_type;
}

/// <summary>Device numbers as the kernel encodes them in st_rdev and mknod(2).</summary>
public static class Dev
{
    /// <summary>/dev/null, 1:3.</summary>
    public const uint Null = 1 << 8 | 3;
    /// <summary>/dev/ptmx and each devpts's own, 5:2.</summary>
    public const uint Ptmx = 5 << 8 | 2;

    /// <summary>Major numbers of pseudo terminals' slaves: UNIX98_PTY_SLAVE_MAJOR and seven more (linux/major.h).</summary>
    public const uint FirstSlaveMajor = 136;
    public const uint LastSlaveMajor = 143;

    /// <summary>The largest numbers that the kernel takes: 12 bits and 20 bits.</summary>
    public const long LastMajor = (1 << 12) - 1, LastMinor = (1 << 20) - 1;

    /// <summary>major(3), of what the kernel takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Major(ulong device) => device >> 8 & LastMajor;

    /// <summary>makedev(3).</summary>
    public static ulong Make(ulong major, ulong minor) =>
        ((major & 0xfffff000) << 32) | ((major & 0xfff) << 8) | ((minor & 0xffffff00) << 12) | (minor & 0xff);
}
