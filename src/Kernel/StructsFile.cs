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

/// <summary><c>struct statx_timestamp</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct StatxTimestamp
{
    public long tv_sec;
    public uint tv_nsec;
    public int __reserved;
}

/// <summary><c>struct statx</c> of statx(2), 256 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public struct Statx
{
    public uint stx_mask;
    public uint stx_blksize;
    public ulong stx_attributes;
    public uint stx_nlink;
    public uint stx_uid;
    public uint stx_gid;
    public ushort stx_mode;
    public ulong stx_ino;
    public ulong stx_size;
    public ulong stx_blocks;
    public ulong stx_attributes_mask;
    public StatxTimestamp stx_atime;
    public StatxTimestamp stx_btime;
    public StatxTimestamp stx_ctime;
    public StatxTimestamp stx_mtime;
    public uint stx_rdev_major;
    public uint stx_rdev_minor;
    public uint stx_dev_major;
    public uint stx_dev_minor;
    public ulong stx_mnt_id;
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

/// <summary><c>struct flock</c> of fcntl(F_OFD_SETLK).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Flock64
{
    public short l_type;
    public short l_whence;
    public long l_start;
    public long l_len;
    public int l_pid;
}

/// <summary>Device numbers as the kernel encodes them in st_rdev and mknod(2).</summary>
public static class Dev
{
    /// <summary>/dev/null, 1:3.</summary>
    public const uint Null = 1 << 8 | 3;
    /// <summary>/dev/ptmx and each devpts's own, 5:2.</summary>
    public const uint Ptmx = 5 << 8 | 2;

    /// <summary>makedev(3).</summary>
    public static ulong Make(ulong major, ulong minor) =>
        ((major & 0xfffff000) << 32) | ((major & 0xfff) << 8) | ((minor & 0xffffff00) << 12) | (minor & 0xff);

    /// <summary>major(3).</summary>
    public static uint Major(ulong dev) => (uint)(((dev >> 32) & 0xfffff000) | ((dev >> 8) & 0xfff));

    /// <summary>minor(3).</summary>
    public static uint Minor(ulong dev) => (uint)(((dev >> 12) & 0xffffff00) | (dev & 0xff));
}
