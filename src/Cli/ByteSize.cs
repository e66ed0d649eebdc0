using System;
using System.Globalization;

namespace OciRun.Cli;

/// <summary>Sizes as users write them: bytes, or with one of the suffixes b k m g t p, each 1024 times the one before; <c>kb</c>
/// and <c>KiB</c> mean the same. -1 is unlimited.</summary>
static class ByteSize
{
    const string Suffixes = "bkmgtp";

    public static bool TryParse(string text, out long bytes)
    {
        bytes = -1;
        if (text == "-1")
        {
            return true;
        }

        ReadOnlySpan<char> number = text.AsSpan().TrimEnd("bBiI");
        if (number.Length == 0 || (text.Length - number.Length > 2))
        {
            return false;
        }

        long unit = 1;
        int power = Suffixes.IndexOf(char.ToLowerInvariant(number[^1]), StringComparison.Ordinal);
        if (power > 0)
        {
            unit <<= 10 * power;
            number = number[..^1];
        }
        else if (text.AsSpan(number.Length).ContainsAny('i', 'I'))
        {
            return false;
        }

        if (long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long whole))
        {
            bytes = whole > long.MaxValue / unit ? -1 : whole * unit;
            return bytes >= 0;
        }

        bool isFraction = decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out decimal value);
        if (!isFraction || value * unit > long.MaxValue)
        {
            return false;
        }

        bytes = (long)(value * unit);
        return true;
    }
}
