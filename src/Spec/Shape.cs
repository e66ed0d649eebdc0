using System;
using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>What a JSON value must look like: the little of JSON schema that the specification's own schemas use. For sections that
/// nothing here acts upon, and that so have no class in the model.</summary>
abstract class Shape
{
    /// <summary>Reads the current value and reports what does not fit. Null is the same as absent, as everywhere.</summary>
    public abstract void Check(ref JsonCursor json);

    public static Shape Text { get; } = new TextShape([]);
    public static Shape Bool { get; } = new BoolShape();
    public static Shape U8 { get; } = new NumberShape(byte.MaxValue);
    public static Shape U16 { get; } = new NumberShape(ushort.MaxValue);
    public static Shape U32 { get; } = new NumberShape(uint.MaxValue);
    public static Shape U64 { get; } = new NumberShape(ulong.MaxValue);
    /// <summary>Permission bits, as a decimal number: up to 0777.</summary>
    public static Shape FileMode { get; } = new NumberShape(511);
    public static Shape Texts { get; } = new ListShape(Text, 0);
    /// <summary>An object of any members.</summary>
    public static Shape Any { get; } = Object();
    /// <summary>Whatever it is.</summary>
    public static Shape Anything { get; } = new AnythingShape();

    public static Shape Words(params string[] words) => new TextShape(words);

    public static Shape List(Shape item, int least = 0) => new ListShape(item, least);

    /// <summary>An object; the name of a required member ends with an exclamation mark. Other members may be there as well.</summary>
    public static Shape Object(params (string Name, Shape Shape)[] members) => new ObjectShape(members);

    sealed class TextShape(string[] words) : Shape
    {
        public override void Check(ref JsonCursor json)
        {
            if (json.String() is string text && words.Length > 0 && Array.IndexOf(words, text) < 0)
            {
                json.Report($"\"{text}\" is none of {string.Join(", ", words)}");
            }
        }
    }

    sealed class AnythingShape : Shape
    {
        public override void Check(ref JsonCursor json) => json.Skip();
    }

    sealed class BoolShape : Shape
    {
        public override void Check(ref JsonCursor json) => json.BoolOrNull();
    }

    sealed class NumberShape(ulong max) : Shape
    {
        public override void Check(ref JsonCursor json) => json.U64OrNull(max);
    }

    sealed class ListShape(Shape item, int least) : Shape
    {
        public override void Check(ref JsonCursor json)
        {
            if (!json.BeginArray())
            {
                return;
            }

            int count = 0;
            while (json.NextItem())
            {
                item.Check(ref json);
                count++;
            }

            if (count < least)
            {
                json.Report($"must have at least {least}");
            }
        }
    }

    sealed class ObjectShape((string Name, Shape Shape)[] members) : Shape
    {
        public override void Check(ref JsonCursor json)
        {
            if (!json.BeginObject())
            {
                return;
            }

            var given = new HashSet<string>();
            while (json.NextMember(out ReadOnlySpan<byte> name))
            {
                CheckMember(ref json, name, given);
            }

            foreach ((string name, _) in members)
            {
                if (name[^1] == '!' && !given.Contains(name))
                {
                    json.ReportMissing(name[..^1]);
                }
            }
        }

        void CheckMember(ref JsonCursor json, ReadOnlySpan<byte> name, HashSet<string> given)
        {
            foreach ((string member, Shape shape) in members)
            {
                if (Is(name, member.AsSpan().TrimEnd('!')))
                {
                    if (!json.IsNull)
                    {
                        given.Add(member);
                    }

                    shape.Check(ref json);
                    return;
                }
            }

            json.Skip();
        }

        static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<char> member)
        {
            if (name.Length != member.Length)
            {
                return false;
            }

            for (int i = 0; i < name.Length; i++)
            {
                if (name[i] != member[i])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
