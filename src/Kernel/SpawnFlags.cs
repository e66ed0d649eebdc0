namespace OciRun.Kernel;

/// <summary>Flags of posix_spawnattr_setflags(3), of spawn.h.</summary>
public static class SpawnFlags
{
    public const short POSIX_SPAWN_SETSIGDEF = 4;
    public const short POSIX_SPAWN_SETSIGMASK = 8;
}
