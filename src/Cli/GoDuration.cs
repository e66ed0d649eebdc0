using System;
using System.Globalization;

namespace OciRun.Cli;

/// <summary>Durations as Go writes them: <c>5s</c>, <c>1m30s</c>, <c>250ms</c>, <c>1.5h</c>.</summary>
static class GoDuration
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text;
        if (rest is "0")
        {
            return true;
        }

        double ticks = 0;
        while (!rest.IsEmpty)
        {
            int digits = LengthOf(rest, isNumber: true);
            if (digits == 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out double count))
            {
                return false;
            }

            rest = rest[digits..];
            ReadOnlySpan<char> unit = rest[..LengthOf(rest, isNumber: false)];
            double size = TicksOf(unit);
            if (size <= 0)
            {
                return false;
            }

            ticks += count * size;
            rest = rest[unit.Length..];
        }

        duration = ticks < long.MaxValue ? new TimeSpan((long)ticks) : TimeSpan.MaxValue;
        return text.Length > 0;
    }

    /// <summary>How many characters at the start belong to a number, or to a word.</summary>
    static int LengthOf(ReadOnlySpan<char> text, bool isNumber)
    {
        int length = 0;
        while (length < text.Length && (char.IsAsciiDigit(text[length]) || text[length] == '.') == isNumber)
        {
            length++;
        }

        return length;
    }

    static double TicksOf(ReadOnlySpan<char> unit) => unit switch
    {
        "h" => TimeSpan.TicksPerHour,
        "m" => TimeSpan.TicksPerMinute,
        "s" => TimeSpan.TicksPerSecond,
        "ms" => TimeSpan.TicksPerMillisecond,
        "us" or "µs" or "μs" => TimeSpan.TicksPerMicrosecond,
        "ns" => 1.0 / TimeSpan.NanosecondsPerTick,
        _ => 0,
    };
}
