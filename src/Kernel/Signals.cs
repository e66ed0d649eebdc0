using System;
using System.Globalization;
using static OciRun.Kernel.Signal;

namespace OciRun.Kernel;

/// <summary>Names and numbers of signals, signal(7).</summary>
public static class Signals
{
    /// <summary>The highest signal number.</summary>
    public const int Max = 64;

    /// <summary>SIGRTMIN as programs see it: glibc keeps 32 and 33 for itself.</summary>
    public const int SIGRTMIN = 34;

    /// <summary>SIGRTMAX.</summary>
    public const int SIGRTMAX = 64;

    /// <summary>Whether the default action is to end the process, signal(7).</summary>
    public static bool Terminates(int number) =>
        number is > 0 and <= Max and not (SIGCHLD or SIGCONT or SIGSTOP or SIGTSTP or SIGTTIN or SIGTTOU or SIGURG or SIGWINCH);

    /// <summary>The name of a signal: <c>SIGTERM</c>, <c>SIGRTMIN+3</c>; null when out of 1 to 64; 32 and 33 have numbers
    /// only.</summary>
    public static string? Name(int number) => number switch
    {
        SIGHUP => nameof(SIGHUP),
        SIGINT => nameof(SIGINT),
        SIGQUIT => nameof(SIGQUIT),
        SIGILL => nameof(SIGILL),
        SIGTRAP => nameof(SIGTRAP),
        SIGABRT => nameof(SIGABRT),
        SIGBUS => nameof(SIGBUS),
        SIGFPE => nameof(SIGFPE),
        SIGKILL => nameof(SIGKILL),
        SIGUSR1 => nameof(SIGUSR1),
        SIGSEGV => nameof(SIGSEGV),
        SIGUSR2 => nameof(SIGUSR2),
        SIGPIPE => nameof(SIGPIPE),
        SIGALRM => nameof(SIGALRM),
        SIGTERM => nameof(SIGTERM),
        SIGSTKFLT => nameof(SIGSTKFLT),
        SIGCHLD => nameof(SIGCHLD),
        SIGCONT => nameof(SIGCONT),
        SIGSTOP => nameof(SIGSTOP),
        SIGTSTP => nameof(SIGTSTP),
        SIGTTIN => nameof(SIGTTIN),
        SIGTTOU => nameof(SIGTTOU),
        SIGURG => nameof(SIGURG),
        SIGXCPU => nameof(SIGXCPU),
        SIGXFSZ => nameof(SIGXFSZ),
        SIGVTALRM => nameof(SIGVTALRM),
        SIGPROF => nameof(SIGPROF),
        SIGWINCH => nameof(SIGWINCH),
        SIGIO => nameof(SIGIO),
        SIGPWR => nameof(SIGPWR),
        SIGSYS => nameof(SIGSYS),
        32 or 33 => number.ToString(CultureInfo.InvariantCulture),
        SIGRTMIN => nameof(SIGRTMIN),
        SIGRTMAX => nameof(SIGRTMAX),
        > SIGRTMIN and < SIGRTMAX => "SIGRTMIN+" + (number - SIGRTMIN).ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>
    /// The number of a signal, or -1. Accepts numbers 1 to 64 and names in any case with or without SIG:
    /// <c>TERM</c>, <c>sigkill</c>, <c>SIGRTMIN+3</c>, <c>rtmax-1</c>; also the aliases IOT, CLD and POLL.
    /// </summary>
    public static int Number(ReadOnlySpan<char> text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return number is >= 1 and <= Max ? number : -1;
        }
        ReadOnlySpan<char> bare = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        if (bare.StartsWith("RT", StringComparison.OrdinalIgnoreCase))
        {
            return RealTime(bare[2..]);
        }
        for (int i = 1; i < 32; i++)
        {
            if (bare.Equals(Name(i).AsSpan(3), StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }
        return Alias(bare);
    }

    static int RealTime(ReadOnlySpan<char> text)
    {
        bool fromMin = text.StartsWith("MIN", StringComparison.OrdinalIgnoreCase);
        if (!fromMin && !text.StartsWith("MAX", StringComparison.OrdinalIgnoreCase))
        {
            return -1;
        }
        ReadOnlySpan<char> rest = text[3..];
        if (rest.IsEmpty)
        {
            return fromMin ? SIGRTMIN : SIGRTMAX;
        }
        if (rest[0] != (fromMin ? '+' : '-')
            || !int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out int offset)
            || offset > SIGRTMAX - SIGRTMIN)
        {
            return -1;
        }
        return fromMin ? SIGRTMIN + offset : SIGRTMAX - offset;
    }

    static int Alias(ReadOnlySpan<char> bare)
    {
        if (bare.Equals("IOT", StringComparison.OrdinalIgnoreCase))
        {
            return SIGABRT;
        }
        if (bare.Equals("CLD", StringComparison.OrdinalIgnoreCase))
        {
            return SIGCHLD;
        }
        return bare.Equals("POLL", StringComparison.OrdinalIgnoreCase) ? SIGIO : -1;
    }
}
