using System;
using System.Collections;
using System.Collections.Generic;
using System.Reflection;

namespace OciRun.Tests.Unit;

/// <summary>Fills every property of a model object with values from a seeded source: edges of the types, nulls, empty lists and
/// odd text. It goes by reflection, so a property added to the model is tested from that day on.</summary>
sealed class SpecModelFiller(int seed)
{
    static readonly string[] Texts = ["", "a", "/x y", "quote\" back\\slash", "tab\tnew\nline", "ä€\U0001F600", "<+&'>",
        "null"];
    readonly Random _random = new(seed);

    /// <summary>How often an optional value is left out, from 0 to 1.</summary>
    public double Sparseness { get; init; }

    public T Fill<T>() => (T)Make(typeof(T))!;

    object? Make(Type type)
    {
        Type? inner = Nullable.GetUnderlyingType(type);
        if (inner is not null)
        {
            return IsLeftOut() ? null : Make(inner);
        }

        if (type == typeof(string))
        {
            return Texts[_random.Next(Texts.Length)];
        }

        if (type.IsValueType)
        {
            return MakeValue(type);
        }

        object value = Activator.CreateInstance(type)!;
        if (value is IDictionary map)
        {
            for (int i = _random.Next(3); i > 0; i--)
            {
                map[$"key.{i}/\u00fc"] = Make(type.GetGenericArguments()[1]);
            }
        }
        else if (value is IList list)
        {
            for (int i = _random.Next(3); i > 0; i--)
            {
                list.Add(Make(type.GetGenericArguments()[0]));
            }
        }
        else
        {
            FillProperties(value);
        }

        return value;
    }

    void FillProperties(object value)
    {
        var nullability = new NullabilityInfoContext();
        foreach (PropertyInfo property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            bool optional = nullability.Create(property).WriteState == NullabilityState.Nullable;
            property.SetValue(value, optional && IsLeftOut() ? null : Make(property.PropertyType));
        }
    }

    object MakeValue(Type type)
    {
        bool high = _random.Next(2) == 0;
        return type switch
        {
            _ when type == typeof(bool) => high,
            _ when type == typeof(int) => high ? int.MaxValue : int.MinValue,
            _ when type == typeof(uint) => high ? uint.MaxValue : 1u,
            _ when type == typeof(long) => high ? long.MaxValue : long.MinValue,
            _ when type == typeof(ulong) => high ? ulong.MaxValue : 7ul,
            _ when type == typeof(ushort) => high ? ushort.MaxValue : (ushort)9,
            _ when type == typeof(DateTime) => new DateTime(_random.NextInt64(DateTime.MaxValue.Ticks), DateTimeKind.Utc),
            _ => throw new NotSupportedException(type.Name),
        };
    }

    bool IsLeftOut() => _random.NextDouble() < Sparseness;
}
