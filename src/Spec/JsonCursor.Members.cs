using System;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace OciRun.Spec;

/// <summary>What <see cref="JsonCursor.NextMember"/> has met of an object; the default at its beginning.</summary>
struct MetMembers
{
    /// <summary>A bit for each member that was there.</summary>
    public uint Seen;
    /// <summary>A bit for each whose value was not null, which is the same as absent.</summary>
    public uint Given;
    /// <summary>Number and place of the name behind the last one: most who write JSON keep the order of the
    /// specification.</summary>
    public int Next, Offset;
}

// Members of objects: their names found in a table, those that are there twice and those that are missing.
ref partial struct JsonCursor
{
    /// <summary>Moves to the value of the next member that the model knows; the others are passed over. As Go's encoding/json has
    /// it, a name counts as another case of one that it does not equal.</summary>
    /// <param name="names">The object's names, each behind its length.</param>
    /// <param name="met">What was met of this object so far.</param>
    /// <returns>Which of the names it is; -1 at the end of the object.</returns>
    public int NextMember(ReadOnlySpan<byte> names, ref MetMembers met)
    {
        while (NextName(out ReadOnlySpan<byte> name))
        {
            int member = Find(names, name, ref met);
            if (member < 0 && (member = FindInAnyCase(names, name)) < 0)
            {
                _json.Skip();
                continue;
            }

            uint bit = 1u << member;
            if ((met.Seen & bit) != 0)
            {
                ReportRepeated();
            }

            met.Seen |= bit;
            met.Given |= IsNull ? 0 : bit;
            return member;
        }

        return -1;
    }

    /// <summary>Moves to the next value of an object with free keys; false at its end.</summary>
    public bool NextKey(out string key)
    {
        while (NextName(out ReadOnlySpan<byte> name))
        {
            key = Encoding.UTF8.GetString(name);
            if (!key.Contains('\0'))
            {
                return true;
            }

            Report("has a NUL character in its key");
            Skip();
        }

        key = "";
        return false;
    }

    /// <summary>Reports members of the object that has just ended which it should have: what is REQUIRED by the specification has
    /// no default, and 0 can be a limit that nobody wanted.</summary>
    /// <param name="names">As for <see cref="NextMember"/>.</param>
    /// <param name="missing">A bit for each of them.</param>
    public readonly void ReportMissing(ReadOnlySpan<byte> names, uint missing)
    {
        for (; missing != 0; missing >>= 1, names = names[(names[0] + 1)..])
        {
            if ((missing & 1) != 0)
            {
                string name = Encoding.UTF8.GetString(names.Slice(1, names[0]));
                _problems.Add(new ConfigProblem(ConfigPath.Key(CurrentPath(), name), "missing"));
            }
        }
    }

    /// <summary>Moves past the next member's name to its value; false at the end of the object.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    bool NextName(out ReadOnlySpan<byte> name)
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.EndObject)
        {
            _depth--;
            name = default;
            return false;
        }

        _path[_depth - 1] = (int)_json.TokenStartIndex;
        name = _json.ValueIsEscaped ? Unescape() : _json.ValueSpan;
        _json.Read();
        return true;
    }

    /// <summary>The number of a name, -1 if there is none such. From the last one's successor round to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Find(ReadOnlySpan<byte> names, ReadOnlySpan<byte> name, ref MetMembers met)
    {
        int member = met.Next;
        int offset = met.Offset;
        do
        {
            if (offset >= names.Length)
            {
                if (names.IsEmpty)
                {
                    break;
                }

                offset = 0;
                member = 0;
            }

            int length = names[offset];
            if (length == name.Length && names.Slice(offset + 1, length).SequenceEqual(name))
            {
                met.Next = member + 1;
                met.Offset = offset + 1 + length;
                return member;
            }

            offset += 1 + length;
            member++;
        }
        while (offset != met.Offset && (offset < names.Length || met.Offset != 0));
        return -1;
    }

    static int FindInAnyCase(ReadOnlySpan<byte> names, ReadOnlySpan<byte> name)
    {
        for (int i = 0; names.Length > 0; i++, names = names[(names[0] + 1)..])
        {
            if (names[0] == name.Length && Ascii.EqualsIgnoreCase(names.Slice(1, name.Length), name))
            {
                return i;
            }
        }

        return -1;
    }
}
