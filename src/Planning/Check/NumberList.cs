using System;

namespace OciRun.Planning.Check;

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

    static bool TryParse(ReadOnlySpan<char> item, out int low, out int high)
    {
        item = item.Trim();
        int dash = item.IndexOf('-');
        high = 0;
        return int.TryParse(dash < 0 ? item : item[..dash], out low) && int.TryParse(item[(dash + 1)..], out high);
    }
}
