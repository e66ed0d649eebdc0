using System;

namespace OciRun.Planning;

/// <summary>Lists such as <c>0-3,7</c> of cpuset(7).</summary>
static class NumberList
{
    /// <summary>The first number of <paramref name="wanted"/> that is not in <paramref name="list"/>; null if all are, or if
    /// either is malformed, which is somebody else's to say.</summary>
    public static int? FirstOutside(string wanted, string list)
    {
        foreach (Range part in wanted.AsSpan().Split(','))
        {
            if (!TryParse(wanted.AsSpan()[part], out int low, out int high))
            {
                return null;
            }

            for (int number = low; number <= high && number < 100_000; number++)
            {
                if (!Contains(list, number))
                {
                    return number;
                }
            }
        }

        return null;
    }

    static bool Contains(string list, int number)
    {
        foreach (Range part in list.AsSpan().Split(','))
        {
            if (!TryParse(list.AsSpan()[part], out int low, out int high) || number >= low && number <= high)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether <paramref name="list"/> is one. Blanks around items are allowed.</summary>
    public static bool IsOne(ReadOnlySpan<char> list)
    {
        foreach (Range part in list.Split(','))
        {
            if (!TryParse(list[part], out _, out _))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Bit mask of the numbers, all below <paramref name="most"/>, in whole 64-bit words; null when the text is no such
    /// list.</summary>
    public static byte[]? Mask(ReadOnlySpan<char> list, int most)
    {
        byte[] mask = new byte[most / 8];
        int last = -1;
        foreach (Range part in list.Split(','))
        {
            if (!TryParse(list[part], out int low, out int high) || high >= most)
            {
                return null;
            }

            for (int i = low; i <= high; i++)
            {
                mask[i / 8] |= (byte)(1 << i % 8);
            }

            last = Math.Max(last, high);
        }

        return mask.AsSpan(0, (last / 64 + 1) * 8).ToArray();
    }

    /// <summary>One item: a number, or two with a dash between and the larger one last.</summary>
    static bool TryParse(ReadOnlySpan<char> item, out int low, out int high)
    {
        item = item.Trim(' ');
        int dash = item.IndexOf('-');
        high = 0;
        return IsNumber(dash < 0 ? item : item[..dash], out low) && IsNumber(item[(dash + 1)..], out high) && low <= high;
    }

    static bool IsNumber(ReadOnlySpan<char> text, out int number)
    {
        number = 0;
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c) || number > 99_999)
            {
                return false;
            }

            number = number * 10 + (c - '0');
        }

        return text.Length > 0;
    }
}
