using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace OciRun.Spec;

/// <summary>A forward pass over one JSON document that turns what does not fit the model into <see cref="ConfigProblem"/>s and
/// goes on. It remembers where each open member's name stands in the input, so a config path costs nothing until a problem needs
/// it.</summary>
ref partial struct JsonCursor
{
    /// <summary>Open objects and lists of the model, never of unknown members: those are skipped whole.</summary>
    public const int MaxModelDepth = 16;

    readonly ReadOnlySpan<byte> _input;
    readonly List<ConfigProblem> _problems;
    /// <summary>One entry per open container: offset of the current member's name, or the complement of the current item's
    /// index.</summary>
    readonly Span<int> _path;
    Utf8JsonReader _json;
    int _depth;

    public JsonCursor(ReadOnlySpan<byte> input, Span<int> path, List<ConfigProblem> problems)
    {
        _input = input;
        _path = path;
        _problems = problems;
        _json = new Utf8JsonReader(input);
    }

    public readonly bool IsNull => _json.TokenType == JsonTokenType.Null;

    /// <summary>Members marked NotInBrief are passed over.</summary>
    public bool IsBrief { get; init; }

    /// <summary>Moves to the first token; throws <see cref="JsonException"/> as every other move does when the JSON is
    /// broken.</summary>
    public void Begin() => _json.Read();

    /// <summary>Verifies that nothing but white space follows.</summary>
    public void End() => _json.Read();

    public bool BeginObject() => Open(JsonTokenType.StartObject, "an object", -1);

    public bool BeginArray() => Open(JsonTokenType.StartArray, "a list", ~-1);

    /// <summary>Moves to the next item; false at the end of the list.</summary>
    public bool NextItem()
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.EndArray)
        {
            _depth--;
            return false;
        }

        _path[_depth - 1]--;
        return true;
    }

    /// <summary>Passes over the current value, whatever it is.</summary>
    public void Skip() => _json.Skip();

    /// <summary>The current string, or null with a problem noted if it is none or has a NUL, which no system call can
    /// take.</summary>
    public string? String()
    {
        if (_json.TokenType != JsonTokenType.String)
        {
            Mismatch("a string");
            return null;
        }

        if (!_json.ValueIsEscaped)
        {
            return _json.GetString();
        }

        string? text = TryGetString(ref _json);
        if (text is null)
        {
            Report("has a \\u escape that is half of a surrogate pair");
        }
        else if (text.Contains('\0'))
        {
            Report("contains a NUL character");
            return null;
        }

        return text;
    }

    public bool? Bool()
    {
        switch (_json.TokenType)
        {
            case JsonTokenType.True:
                return true;
            case JsonTokenType.False:
                return false;
            default:
                Mismatch("true or false");
                return null;
        }
    }

    /// <summary>A time by RFC 3339 as UTC.</summary>
    public DateTime Time()
    {
        if (_json.TokenType == JsonTokenType.String && _json.TryGetDateTimeOffset(out DateTimeOffset time))
        {
            return time.UtcDateTime;
        }

        Mismatch("a time such as 2026-01-31T12:00:00Z");
        return default;
    }

    public List<string>? Strings()
    {
        if (!BeginArray())
        {
            return null;
        }

        var list = new List<string>();
        while (NextItem())
        {
            list.Add(String() ?? "");
        }

        return list;
    }

    public List<uint>? Numbers()
    {
        if (!BeginArray())
        {
            return null;
        }

        var list = new List<uint>();
        while (NextItem())
        {
            list.Add(U32().GetValueOrDefault());
        }

        return list;
    }

    public Dictionary<string, string>? StringMap()
    {
        if (!BeginObject())
        {
            return null;
        }

        var map = new Dictionary<string, string>();
        while (NextKey(out string key))
        {
            Put(map, key, String());
        }

        return map;
    }

    /// <summary>The value just read of an object with free keys. Null counts as absent, and of equal keys the last one
    /// wins.</summary>
    public readonly void Put<T>(Dictionary<string, T> map, string key, T? value) where T : class
    {
        if (value is null ? map.Remove(key) : !map.TryAdd(key, value))
        {
            ReportRepeated();
            if (value is not null)
            {
                map[key] = value;
            }
        }
    }

    /// <summary>The current string, which must be one of these words ("a, b").</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public string? Word(string words)
    {
        string? text = String();
        if (text is not null && Array.IndexOf(words.Split(", "), text) < 0)
        {
            Report($"\"{text}\" is none of {words}");
        }

        return text;
    }

    /// <summary>Reports a list, just read, that is too short; null is none.</summary>
    public readonly void AtLeast(int least, int? count)
    {
        if (count < least)
        {
            Report($"must have at least {least}");
        }
    }

    public readonly void Report(string message) => _problems.Add(new ConfigProblem(CurrentPath(), message));

    /// <summary>The specification forbids it (glossary.md, "JSON"), and readers differ: Go, and so runc, takes the
    /// last.</summary>
    readonly void ReportRepeated() =>
        _problems.Add(new ConfigProblem(CurrentPath(), "given more than once; the last one counts, as in Go", IsWarning: true));

    bool Open(JsonTokenType start, string expected, int frame)
    {
        if (_json.TokenType != start)
        {
            Mismatch(expected);
            return false;
        }

        _path[_depth++] = frame;
        return true;
    }

    /// <summary>Null is the same as absent for a member; in a list it would shift what follows, so there it is a
    /// problem.</summary>
    void Mismatch(string expected)
    {
        if (!IsNull || _depth > 0 && _path[_depth - 1] < 0)
        {
            Report($"expected {expected}, got {KindOf(_json.TokenType)}");
        }

        _json.Skip();
    }

    static string KindOf(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => "null",
    };

    readonly ReadOnlySpan<byte> Unescape()
    {
        try
        {
            var buffer = new byte[_json.ValueSpan.Length];
            return buffer.AsSpan(0, _json.CopyString(buffer));
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: no name of the model, and as a free key it stays as it was written.
            return _json.ValueSpan;
        }
    }

    static string? TryGetString(ref Utf8JsonReader json)
    {
        try
        {
            return json.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    readonly string CurrentPath()
    {
        var text = new StringBuilder();
        foreach (int frame in _path[.._depth])
        {
            if (frame < 0)
            {
                text.Append('[').Append(~frame).Append(']');
            }
            else
            {
                ConfigPath.AppendKey(text, NameAt(frame));
            }
        }

        return text.ToString();
    }

    readonly string NameAt(int offset)
    {
        var json = new Utf8JsonReader(_input[offset..]);
        json.Read();
        return TryGetString(ref json) ?? Encoding.UTF8.GetString(json.ValueSpan);
    }
}
