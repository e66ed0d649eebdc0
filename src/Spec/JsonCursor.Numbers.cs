using System;
using System.Text;
using System.Text.Json;

namespace OciRun.Spec;

// Numbers: whole ones only, each in its range.
ref partial struct JsonCursor
{
    public ulong? U64(ulong max = ulong.MaxValue)
    {
        if (_json.TokenType != JsonTokenType.Number)
        {
            Mismatch("a number");
            return null;
        }

        if (_json.TryGetUInt64(out ulong value) || TryWhole(out decimal whole) && TryNarrow(whole, out value))
        {
            if (value <= max)
            {
                return value;
            }
        }
        else if (IsFraction())
        {
            ReportFraction();
            return null;
        }

        Report($"{NumberText()} is out of range (0 to {max})");
        return null;
    }

    public long? I64(long min = long.MinValue, long max = long.MaxValue)
    {
        if (_json.TokenType != JsonTokenType.Number)
        {
            Mismatch("a number");
            return null;
        }

        if (_json.TryGetInt64(out long value) || TryWhole(out decimal whole) && TryNarrow(whole, out value))
        {
            if (value >= min && value <= max)
            {
                return value;
            }
        }
        else if (IsFraction())
        {
            ReportFraction();
            return null;
        }

        Report($"{NumberText()} is out of range ({min} to {max})");
        return null;
    }

    public uint? U32() => (uint?)U64(uint.MaxValue);

    public ushort? U16() => (ushort?)U64(ushort.MaxValue);

    public byte? U8() => (byte?)U64(byte.MaxValue);

    public int? I32() => (int?)I64(int.MinValue, int.MaxValue);

    /// <summary>Numbers such as 1e3 and 5.0 are whole in JSON's eyes; this finds their value, far from the common path.</summary>
    readonly bool TryWhole(out decimal whole) => _json.TryGetDecimal(out whole) && whole == decimal.Truncate(whole);

    readonly bool IsFraction() => _json.TryGetDecimal(out decimal value) && value != decimal.Truncate(value);

    readonly void ReportFraction() => Report($"{NumberText()} is not a whole number");

    static bool TryNarrow(decimal whole, out ulong value)
    {
        bool fits = whole >= 0 && whole <= ulong.MaxValue;
        value = fits ? (ulong)whole : 0;
        return fits;
    }

    static bool TryNarrow(decimal whole, out long value)
    {
        bool fits = whole >= long.MinValue && whole <= long.MaxValue;
        value = fits ? (long)whole : 0;
        return fits;
    }

    /// <summary>The number as written, shortened: a config may hold a number of a million digits.</summary>
    readonly string NumberText()
    {
        const int maxShown = 40;
        ReadOnlySpan<byte> digits = _json.ValueSpan;
        return digits.Length <= maxShown
            ? Encoding.UTF8.GetString(digits)
            : Encoding.UTF8.GetString(digits[..maxShown]) + "...";
    }
}
