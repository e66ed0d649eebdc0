using static OciRun.Kernel.StatMode;

namespace OciRun.Kernel;

/// <summary>Permission modes in the octal digits that people and chmod(1) write: C# has no octal literals.</summary>
public static class Mode
{
    /// <summary>Set-id, sticky and permission bits: what chmod(2) takes.</summary>
    public const uint O7777 = S_ISUID | S_ISGID | S_ISVTX | O777;
    public const uint O777 = S_IRWXU | S_IRWXG | S_IRWXO;
    public const uint O755 = S_IRWXU | O055;
    public const uint O711 = S_IRWXU | S_IXGRP | S_IXOTH;
    public const uint O700 = S_IRWXU;
    public const uint O666 = O600 | O066;
    public const uint O644 = O600 | S_IRGRP | S_IROTH;
    public const uint O600 = S_IRUSR | S_IWUSR;
    public const uint O111 = S_IXUSR | S_IXGRP | S_IXOTH;
    public const uint O022 = S_IWGRP | S_IWOTH;

    const uint O055 = S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH;
    const uint O066 = S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
}
