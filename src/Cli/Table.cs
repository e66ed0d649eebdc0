using System;
using System.Collections.Generic;
using System.Text;

namespace OciRun.Cli;

/// <summary>Columns as Go's tab writer makes them with a minimum width of 12 and a padding of 3, which scripts have come to
/// expect.</summary>
static class Table
{
    const int MinWidth = 12;
    const int Padding = 3;

    public static string Format(List<string[]> rows)
    {
        int columns = rows[0].Length;
        int[] widths = new int[columns];
        foreach (string[] row in rows)
        {
            for (int i = 0; i < columns; i++)
            {
                widths[i] = Math.Max(widths[i], Math.Max(MinWidth, row[i].Length + Padding));
            }
        }

        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            for (int i = 0; i < columns - 1; i++)
            {
                text.Append(row[i].PadRight(widths[i]));
            }

            text.Append(row[columns - 1]).Append('\n');
        }

        return text.ToString();
    }
}
