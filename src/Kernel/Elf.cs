namespace OciRun.Kernel;

/// <summary>Numbers of elf(5), of elf.h.</summary>
public static class Elf
{
    public const byte ELFCLASS64 = 2;
    public const byte ELFDATA2LSB = 1;
    public const byte EV_CURRENT = 1;
    public const ushort ET_EXEC = 2;
    public const uint PT_LOAD = 1;
    public const uint PT_GNU_STACK = 0x6474e551;
    public const uint PF_X = 1;
    public const uint PF_W = 2;
    public const uint PF_R = 4;
}
