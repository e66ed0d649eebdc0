using System;

namespace OciRun.Cli;

/// <summary>Signals as users write them. Numbers are signal(7)'s of x86-64 and arm64, which agree.</summary>
static class SignalWord
{
    /// <summary>First and last real-time signal as the C library counts them; the kernel's 32 and 33 are its own.</summary>
    const int RtMin = 34;
    const int RtMax = 64;

    /// <returns>0 if the word is no signal.</returns>
    public static int Parse(string word)
    {
        if (int.TryParse(word, out int number))
        {
            return number is >= 1 and <= RtMax ? number : 0;
        }

        ReadOnlySpan<char> name = word.ToUpperInvariant();
        if (name.StartsWith("SIG"))
        {
            name = name[3..];
        }

        return name.StartsWith("RT") ? RealTime(name[2..]) : Standard(name);
    }

    static int RealTime(ReadOnlySpan<char> name)
    {
        int start = name.StartsWith("MIN") ? RtMin : name.StartsWith("MAX") ? RtMax : 0;
        if (start == 0)
        {
            return 0;
        }

        ReadOnlySpan<char> offset = name[3..];
        if (offset.IsEmpty)
        {
            return start;
        }

        bool isSigned = offset[0] == (start == RtMin ? '+' : '-');
        return isSigned && int.TryParse(offset, out int distance) && start + distance is >= RtMin and <= RtMax ? start + distance : 0;
    }

    static int Standard(ReadOnlySpan<char> name) => name switch
    {
        "HUP" => 1,
        "INT" => 2,
        "QUIT" => 3,
        "ILL" => 4,
        "TRAP" => 5,
        "ABRT" or "IOT" => 6,
        "BUS" => 7,
        "FPE" => 8,
        "KILL" => 9,
        "USR1" => 10,
        "SEGV" => 11,
        "USR2" => 12,
        "PIPE" => 13,
        "ALRM" => 14,
        "TERM" => 15,
        "STKFLT" => 16,
        "CHLD" or "CLD" => 17,
        "CONT" => 18,
        "STOP" => 19,
        "TSTP" => 20,
        "TTIN" => 21,
        "TTOU" => 22,
        "URG" => 23,
        "XCPU" => 24,
        "XFSZ" => 25,
        "VTALRM" => 26,
        "PROF" => 27,
        "WINCH" => 28,
        "IO" or "POLL" => 29,
        "PWR" => 30,
        "SYS" or "UNUSED" => 31,
        _ => 0,
    };
}
