using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace OciRun.Planning.Cgroups;

/// <summary>A value with its D-Bus signature. Boxed as string, bool, byte, short, ushort, int, uint, long, ulong or double;
/// arrays and structs are lists of such.</summary>
public readonly record struct DBusVariant(string Signature, object Value);

/// <summary>Parses the text form of GVariant (the GLib manual, "GVariant Text Format"), as far as properties of systemd units
/// need it: strings, numbers, booleans, arrays, tuples, type keywords and @type annotations. Anything else, and anything after
/// the value, is an error.</summary>
public ref struct GVariantText
{
    const int MaxDepth = 16;
    /// <summary>The D-Bus specification, "Valid Signatures": so many characters, and 32 arrays plus 32 structs in each
    /// other.</summary>
    const int MaxSignature = 255;
    const int MaxTypeDepth = 64;

    readonly ReadOnlySpan<char> _text;
    int _at;
    int _depth;

    GVariantText(ReadOnlySpan<char> text) => _text = text;

    /// <summary>The value; null with an error otherwise.</summary>
    public static DBusVariant? Parse(string text, out string? error)
    {
        GVariantText parser = new(text);
        try
        {
            DBusVariant value = parser.Value(null);
            parser.SkipSpace();
            if (parser._at != text.Length)
            {
                throw new FormatException("unexpected text after the value");
            }
            if (value.Signature.Length > MaxSignature)
            {
                throw new FormatException("its type is longer than D-Bus allows");
            }
            error = null;
            return value;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            error = "\"" + text + "\" is no GVariant text: " + (e is OverflowException ? "number out of range" : e.Message);
            return null;
        }
    }

    /// <summary>Reads one value; <paramref name="type"/> is what the context demands, if it does.</summary>
    DBusVariant Value(string? type)
    {
        if (++_depth > MaxDepth)
        {
            throw new FormatException("nested too deeply");
        }
        SkipSpace();
        char c = Peek();
        DBusVariant value = c switch
        {
            '\'' or '"' => String(type, c),
            '[' => Array(type),
            '(' => Tuple(type),
            '@' => Annotated(),
            '+' or '-' or '.' or (>= '0' and <= '9') => Number(type),
            _ => Word(type),
        };
        if (type is not null && value.Signature != type)
        {
            throw new FormatException("a value of type " + value.Signature + " where " + type + " is wanted");
        }
        _depth--;
        return value;
    }

    DBusVariant Annotated()
    {
        _at++;
        int start = _at;
        while (_at < _text.Length && !char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
        string type = _text[start.._at].ToString();
        if (!IsType(type))
        {
            throw new FormatException("\"@" + type + "\" is no type that units use");
        }
        return Value(type);
    }

    /// <summary>One complete type of basic types, arrays and tuples.</summary>
    static bool IsType(ReadOnlySpan<char> type)
    {
        int length = type.Length > MaxSignature ? 0 : TypeLength(type);
        return length > 0 && length == type.Length;
    }

    /// <summary>Length of the first complete type; 0 when there is none. Variants and dictionary entries do not count: they have
    /// no place in unit properties.</summary>
    public static int TypeLength(ReadOnlySpan<char> type) => TypeLength(type, "bynqiuxtdsogh(", MaxTypeDepth);

    /// <summary>Like <see cref="TypeLength(ReadOnlySpan{char})"/>, but for all types of D-Bus messages.</summary>
    public static int TypeLengthWithVariant(ReadOnlySpan<char> type) => TypeLength(type, "bynqiuxtdsoghv({", MaxTypeDepth);

    static int TypeLength(ReadOnlySpan<char> type, string known, int depth)
    {
        if (type.IsEmpty || depth == 0)
        {
            return 0;
        }
        if (type[0] == 'a')
        {
            int element = TypeLength(type[1..], known, depth - 1);
            return element == 0 ? 0 : element + 1;
        }
        if (!known.Contains(type[0]))
        {
            return 0;
        }
        if (type[0] is not ('(' or '{'))
        {
            return 1;
        }
        char close = type[0] == '(' ? ')' : '}';
        int at = 1;
        while (at < type.Length && type[at] != close)
        {
            int member = TypeLength(type[at..], known, depth - 1);
            if (member == 0)
            {
                return 0;
            }
            at += member;
        }
        return at > 1 && at < type.Length ? at + 1 : 0;
    }

    DBusVariant Word(string? type)
    {
        int start = _at;
        while (_at < _text.Length && char.IsAsciiLetterOrDigit(_text[_at]))
        {
            _at++;
        }
        ReadOnlySpan<char> word = _text[start.._at];
        return word switch
        {
            "true" => new DBusVariant("b", true),
            "false" => new DBusVariant("b", false),
            "inf" or "nan" => throw new FormatException("a number must be finite"),
            "boolean" => Value("b"),
            "byte" => Value("y"),
            "int16" => Value("n"),
            "uint16" => Value("q"),
            "int32" => Value("i"),
            "uint32" => Value("u"),
            "int64" => Value("x"),
            "uint64" => Value("t"),
            "double" => Value("d"),
            "string" => Value("s"),
            "objectpath" => Value("o"),
            "signature" => Value("g"),
            _ => throw new FormatException("\"" + word.ToString() + "\" is no value" +
                (type is null ? " (strings stand in quotes)" : "")),
        };
    }

    DBusVariant Array(string? type)
    {
        if (type is not null && type[0] != 'a')
        {
            throw new FormatException("an array where " + type + " is wanted");
        }
        string? element = type?[1..];
        List<object> items = [];
        _at++;
        SkipSpace();
        while (Peek() != ']')
        {
            DBusVariant item = Value(element);
            element = item.Signature;
            items.Add(item.Value);
            Separator(']');
        }
        _at++;
        if (element is null)
        {
            throw new FormatException("an empty array needs its type, as in @as []");
        }
        return new DBusVariant("a" + element, items);
    }

    DBusVariant Tuple(string? type)
    {
        if (type is not null && type[0] != '(')
        {
            throw new FormatException("a tuple where " + type + " is wanted");
        }
        List<object> items = [];
        StringBuilder signature = new("(");
        int typeAt = 1;
        _at++;
        SkipSpace();
        while (Peek() != ')')
        {
            string? member = null;
            if (type is not null)
            {
                int length = TypeLength(type.AsSpan(typeAt));
                member = length == 0 ? throw new FormatException("too many members for " + type) : type.Substring(typeAt, length);
                typeAt += length;
            }
            DBusVariant item = Value(member);
            signature.Append(item.Signature);
            items.Add(item.Value);
            Separator(')');
        }
        _at++;
        if (items.Count == 0)
        {
            throw new FormatException("D-Bus has no empty tuple");
        }
        return new DBusVariant(signature.Append(')').ToString(), items);
    }

    /// <summary>A comma, or the end, which stays.</summary>
    void Separator(char end)
    {
        SkipSpace();
        if (Peek() == ',')
        {
            _at++;
            SkipSpace();
        }
        else if (Peek() != end)
        {
            throw new FormatException("expected ',' or '" + end + "'");
        }
    }

    DBusVariant String(string? type, char quote)
    {
        StringBuilder result = new();
        _at++;
        while (Peek() != quote)
        {
            char c = _text[_at++];
            result.Append(c == '\\' ? Escape() : c);
        }
        _at++;
        if (result.ToString().Contains('\0'))
        {
            throw new FormatException("a string must not contain NUL");
        }
        return new DBusVariant(type is "o" or "g" ? type : "s", result.ToString());
    }

    char Escape()
    {
        char c = Peek();
        _at++;
        switch (c)
        {
            case 'n':
                return '\n';
            case 't':
                return '\t';
            case 'r':
                return '\r';
            case '\\' or '\'' or '"':
                return c;
            case 'u':
                ushort code = 0;
                if (_at + 4 > _text.Length ||
                    !ushort.TryParse(_text.Slice(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code))
                {
                    throw new FormatException("\\u needs four hexadecimal digits");
                }
                _at += 4;
                return (char)code;
            default:
                throw new FormatException("unknown escape \\" + c);
        }
    }

    /// <summary>Without a type a whole number is an int32 and any other a double.</summary>
    DBusVariant Number(string? type)
    {
        int start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '+' or '-' or '.'))
        {
            _at++;
        }
        ReadOnlySpan<char> digits = _text[start.._at];
        string kind = type ?? (digits.IndexOfAny(".eE") >= 0 && !digits.Contains('x') ? "d" : "i");
        if (kind == "d")
        {
            double number = double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
            return double.IsFinite(number) ? new DBusVariant("d", number) : throw new OverflowException();
        }
        Int128 whole = Whole(digits);
        return kind switch
        {
            "y" => new DBusVariant(kind, checked((byte)whole)),
            "n" => new DBusVariant(kind, checked((short)whole)),
            "q" => new DBusVariant(kind, checked((ushort)whole)),
            "i" => new DBusVariant(kind, checked((int)whole)),
            "u" => new DBusVariant(kind, checked((uint)whole)),
            "x" => new DBusVariant(kind, checked((long)whole)),
            "t" => new DBusVariant(kind, checked((ulong)whole)),
            _ => throw new FormatException("a number where " + kind + " is wanted"),
        };
    }

    /// <summary>Decimal, 0x hexadecimal or 0 octal, with a sign.</summary>
    static Int128 Whole(ReadOnlySpan<char> digits)
    {
        bool negative = digits.Length > 0 && digits[0] == '-';
        if (digits.Length > 0 && digits[0] is '-' or '+')
        {
            digits = digits[1..];
        }
        int radix = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? 16
            : digits.Length > 1 && digits[0] == '0' ? 8 : 10;
        digits = radix == 16 ? digits[2..] : digits;
        Int128 value = 0;
        foreach (char c in digits)
        {
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            value = digit >= radix ? throw new FormatException("not a number") : value * radix + digit;
            if (value > ulong.MaxValue)
            {
                throw new OverflowException();
            }
        }
        return digits.IsEmpty ? throw new FormatException("not a number") : negative ? -value : value;
    }

    readonly char Peek() => _at < _text.Length ? _text[_at] : throw new FormatException("ends too early");

    void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }
}
