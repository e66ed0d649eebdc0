using System;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OciRun.Spec;

/// <summary>Says what is wrong with a text that is not JSON. The library's own messages are not in a trimmed binary, and they
/// count from zero and in bytes; people's editors count lines and characters from one.</summary>
static class JsonSyntax
{
    /// <summary>What the text is instead of UTF-8, or null if it is UTF-8 without a byte order mark.</summary>
    public static string? FindForeignText(ReadOnlySpan<byte> text)
    {
        if (text.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            return "starts with a byte order mark, which JSON does not allow; save it as plain UTF-8";
        }

        if (text.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || text.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return "is UTF-16; save it as UTF-8";
        }

        return Utf8.IsValid(text) ? null : $"{Position(text, FirstInvalidByte(text))}: not valid UTF-8";
    }

    /// <summary>One line on a failure of the reader: line and column, what was expected and what stands there.</summary>
    public static string Describe(ReadOnlySpan<byte> text, JsonException failure)
    {
        var scanner = new Scanner(text);
        if (scanner.Expected() is string expected)
        {
            return $"{Position(text, scanner.Offset)}: expected {expected}, got {Found(text, scanner.Offset)}";
        }

        // The text follows the grammar, so that only one error of the reader is left: its limit of depth.
        int offset = OffsetOf(text, failure.LineNumber ?? 0, failure.BytePositionInLine ?? 0);
        return $"{Position(text, offset)}: nested more than 64 levels deep";
    }

    static int FirstInvalidByte(ReadOnlySpan<byte> text)
    {
        int offset = 0;
        while (Rune.DecodeFromUtf8(text[offset..], out _, out int length) == System.Buffers.OperationStatus.Done)
        {
            offset += length;
        }

        return offset;
    }

    static int OffsetOf(ReadOnlySpan<byte> text, long line, long column)
    {
        int offset = 0;
        for (; line > 0; line--)
        {
            offset += text[offset..].IndexOf((byte)'\n') + 1;
        }

        return (int)Math.Min(offset + column, text.Length);
    }

    static string Position(ReadOnlySpan<byte> text, int offset)
    {
        ReadOnlySpan<byte> before = text[..offset];
        ReadOnlySpan<byte> line = before[(before.LastIndexOf((byte)'\n') + 1)..];
        int column = 1;
        foreach (byte b in line)
        {
            column += (b & 0xC0) == 0x80 ? 0 : 1;
        }

        return $"line {before.Count((byte)'\n') + 1}, column {column}";
    }

    static string Found(ReadOnlySpan<byte> text, int offset)
    {
        if (offset >= text.Length)
        {
            return text.Length == 0 ? "an empty file" : "the end of the file";
        }

        return text[offset] switch
        {
            (byte)'\n' or (byte)'\r' => "the end of the line",
            < 0x20 or 0x7F => $"the control character 0x{text[offset]:x2}",
            _ => $"'{FirstRune(text[offset..])}'",
        };
    }

    static Rune FirstRune(ReadOnlySpan<byte> text)
    {
        Rune.DecodeFromUtf8(text, out Rune rune, out _);
        return rune;
    }

    /// <summary>A second reading, by the grammar of RFC 8259 alone and to any depth, that stops at the first byte that breaks
    /// it.</summary>
    ref struct Scanner(ReadOnlySpan<byte> text)
    {
        readonly ReadOnlySpan<byte> _text = text;
        /// <summary>Right behind the opening of a list, which may close without a value.</summary>
        bool _maySkip;

        public int Offset { get; private set; }

        /// <summary>What should stand at <see cref="Offset"/>; null if the text is JSON.</summary>
        public string? Expected()
        {
            var open = new StringBuilder();
            do
            {
                if (BeforeValue(open) is string expected)
                {
                    return expected;
                }
            }
            while (open.Length > 0);

            SkipSpace();
            return Offset == _text.Length ? null : "nothing more";
        }

        /// <summary>Passes one value, or the opening of one, and then all that closes.</summary>
        string? BeforeValue(StringBuilder open)
        {
            SkipSpace();
            byte first = Peek();
            bool maySkip = _maySkip;
            _maySkip = false;
            if (first is (byte)'{' or (byte)'[')
            {
                Offset++;
                open.Append((char)first);
                SkipSpace();
                if (Peek() != first + 2)
                {
                    _maySkip = first == '[';
                    return first == '{' ? Name("a name in double quotes or '}'") : null;
                }
            }
            else if (Scalar(maySkip ? "a value or ']'" : "a value") is string expected)
            {
                return expected;
            }

            return AfterValue(open);
        }

        string? AfterValue(StringBuilder open)
        {
            while (open.Length > 0)
            {
                SkipSpace();
                bool isObject = open[^1] == '{';
                byte next = Peek();
                if (next == ',')
                {
                    Offset++;
                    return isObject ? Name("a name in double quotes") : null;
                }

                if (next != (isObject ? '}' : ']'))
                {
                    return isObject ? "',' or '}'" : "',' or ']'";
                }

                Offset++;
                open.Length--;
            }

            return null;
        }

        string? Name(string expected)
        {
            SkipSpace();
            if (Peek() != '"')
            {
                return expected;
            }

            if (String() is string fault)
            {
                return fault;
            }

            SkipSpace();
            return Take(':') ? null : "':'";
        }

        string? Scalar(string expected)
        {
            return Peek() switch
            {
                (byte)'"' => String(),
                (byte)'t' => Word("true"u8, expected),
                (byte)'f' => Word("false"u8, expected),
                (byte)'n' => Word("null"u8, expected),
                (byte)'-' or (>= (byte)'0' and <= (byte)'9') => Number(),
                _ => expected,
            };
        }

        string? Word(ReadOnlySpan<byte> word, string expected)
        {
            if (!_text[Offset..].StartsWith(word))
            {
                return expected;
            }

            Offset += word.Length;
            return null;
        }

        string? Number()
        {
            Take('-');
            if (!Take('0') && !Digits())
            {
                return "a digit";
            }

            if (Take('.') && !Digits())
            {
                return "a digit";
            }

            if (Take('e') || Take('E'))
            {
                _ = Take('+') || Take('-');
                return Digits() ? null : "a digit";
            }

            return null;
        }

        string? String()
        {
            Offset++;
            while (Offset < _text.Length)
            {
                byte b = _text[Offset];
                if (b < 0x20)
                {
                    return "'\"' at the end of a string";
                }

                Offset++;
                if (b == '"')
                {
                    return null;
                }

                if (b == '\\' && !Escape())
                {
                    return "one of \"\\/bfnrtu after a backslash, and four hexadecimal digits after u";
                }
            }

            return "'\"' at the end of a string";
        }

        bool Escape()
        {
            if (Take('u'))
            {
                for (int i = 0; i < 4; i++)
                {
                    if (!char.IsAsciiHexDigit((char)Peek()))
                    {
                        return false;
                    }

                    Offset++;
                }

                return true;
            }

            bool known = Offset < _text.Length && "\"\\/bfnrt"u8.Contains(_text[Offset]);
            Offset += known ? 1 : 0;
            return known;
        }

        bool Digits()
        {
            int start = Offset;
            while (char.IsAsciiDigit((char)Peek()))
            {
                Offset++;
            }

            return Offset > start;
        }

        bool Take(char c)
        {
            bool there = Peek() == c;
            Offset += there ? 1 : 0;
            return there;
        }

        void SkipSpace()
        {
            while (Peek() is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
            {
                Offset++;
            }
        }

        /// <summary>0, which no rule of the grammar takes, at the end.</summary>
        readonly byte Peek() => Offset < _text.Length ? _text[Offset] : (byte)0;
    }
}
