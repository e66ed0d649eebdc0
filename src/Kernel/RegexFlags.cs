namespace OciRun.Kernel;

/// <summary>Flags of regcomp(3), of regex.h: the syntax of egrep, and no positions of what matched.</summary>
public static class RegexFlags
{
    public const int REG_EXTENDED = 1;
    public const int REG_NOSUB = 8;
}
