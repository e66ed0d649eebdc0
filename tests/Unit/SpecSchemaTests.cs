using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.Json.Nodes;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>The model against the JSON schemas of the specification, both ways: members, kinds, ranges, words, what is
/// required.</summary>
public sealed class SpecSchemaTests
{
    /// <summary>Where model and schema differ on purpose, and why. One that is no difference any more fails as well.</summary>
    static readonly Dictionary<string, string> Differences = new()
    {
        ["SpecBox.height: range"] = "the schema says uint64, Go's and everybody's type has 32 bits, the kernel's 16",
        ["SpecBox.width: range"] = "as height",
        ["SpecProcess.oomScoreAdj: range"] = "the schema names no range; Go's int, and a rule says what of it the kernel takes",
        ["SpecHook.timeout: range"] = "the schema wants 1 or more; a rule says so, and what 0 would mean",
        ["SpecDevice.fileMode: range"] = "engines send the file type too, as stat(2) has it; check --spec says so",
        ["SpecLinux.timeOffsets: kind"] = "the schema names two clocks; a map lets a rule name what is neither",
        ["SpecPids.limit: required"] = "Go's type leaves it out when it is not set, and so do engines; nothing is limited then",
        ["SpecThrottleDevice.rate: required"] = "REQUIRED in the specification's text; the schema has forgotten it",
        ["SpecWindowsCpu.affinity: kind"] = "an object in the schema, a list in text and Go: either is taken",
        ["FeaturesIntelRdt.schemata: model only"] = "features-linux.md; not in the schema yet",
        ["FeaturesIntelRdt.monitoring: model only"] = "features-linux.md; not in the schema yet",
        ["FeaturesLinux.memoryPolicy: model only"] = "features-linux.md; not in the schema yet",
        ["SpecState.pid: range"] = "the schema names no upper end; pid_t",
    };

    readonly Dictionary<string, JsonNode> _files = [];
    readonly HashSet<string> _found = [];

    [Fact]
    public void Model_and_schema_are_the_same()
    {
        Compare(Load("config-schema.json"), "config-schema.json", [typeof(RuntimeSpec), typeof(PlatformSections)]);
        Compare(Load("features-schema.json"), "features-schema.json", [typeof(SpecFeatures)]);
        Compare(Load("state-schema.json"), "state-schema.json", [typeof(SpecState)]);
        Compare(Load("defs-linux.json")["definitions"]!["TimeOffsets"]!, "defs-linux.json", [typeof(SpecTimeOffset)]);
        string[] unexplained = [.. _found.Except(Differences.Keys)];
        string[] gone = [.. Differences.Keys.Except(_found)];
        Assert.True(unexplained.Length == 0, "unexplained: " + string.Join("; ", unexplained));
        Assert.True(gone.Length == 0, "no difference any more: " + string.Join("; ", gone));
    }

    JsonNode Load(string file)
    {
        if (!_files.TryGetValue(file, out JsonNode? node))
        {
            node = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "spec-fixtures/schema", file)))!;
            _files.Add(file, node);
        }

        return node;
    }

    /// <summary>Follows a reference such as <c>defs.json#/definitions/Mount</c>.</summary>
    (JsonNode Schema, string File) Resolve(JsonNode schema, string file)
    {
        while (schema["$ref"]?.GetValue<string>() is string reference)
        {
            string[] parts = reference.Split("#/");
            file = parts[0].Length > 0 ? parts[0] : file;
            schema = Load(file);
            foreach (string part in parts[1].Split('/'))
            {
                schema = schema[part]!;
            }
        }

        return schema["anyOf"] is JsonArray { Count: 1 } only ? Resolve(only[0]!, file) : (schema, file);
    }

    /// <summary>The members of an object, also those of what it is made of, and the names of the required ones.</summary>
    void Members(JsonNode schema, string file, Dictionary<string, (JsonNode, string)> members, HashSet<string> required)
    {
        (schema, file) = Resolve(schema, file);
        foreach (JsonNode? part in schema["allOf"] as JsonArray ?? [])
        {
            Members(part!, file, members, required);
        }

        foreach ((string name, JsonNode? member) in schema["properties"] as JsonObject ?? [])
        {
            members.Add(name, Resolve(member!, file));
        }

        required.UnionWith((schema["required"] as JsonArray ?? []).Select(name => name!.GetValue<string>()));
    }

    static Dictionary<string, List<PropertyInfo>> Properties(Type[] models) => models
        .SelectMany(model => model.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.SetMethod is not null))
        .GroupBy(Key).ToDictionary(group => group.Key, group => group.ToList());

    static string Key(PropertyInfo property) =>
        Argument(property, "JsonKey") as string ?? char.ToLowerInvariant(property.Name[0]) + property.Name[1..];

    static object? Argument(PropertyInfo property, string attribute) =>
        Attribute(property, attribute)?.ConstructorArguments.FirstOrDefault().Value;

    static CustomAttributeData? Attribute(PropertyInfo property, string attribute) =>
        property.CustomAttributes.FirstOrDefault(data => data.AttributeType.Name == attribute + "Attribute");

    void Compare(JsonNode schema, string file, Type[] models)
    {
        Dictionary<string, (JsonNode Schema, string File)> members = [];
        HashSet<string> required = [];
        Members(schema, file, members, required);
        Dictionary<string, List<PropertyInfo>> properties = Properties(models);
        foreach (string key in members.Keys.Union(properties.Keys))
        {
            string place = models[0].Name + "." + key;
            if (!properties.TryGetValue(key, out List<PropertyInfo>? property))
            {
                Differ(place, "schema only");
            }
            else if (!members.TryGetValue(key, out (JsonNode Schema, string File) member))
            {
                Differ(place, "model only");
            }
            else
            {
                string own = property[0].DeclaringType!.Name + "." + key;
                CompareMember(own, member.Schema, member.File, property, required.Contains(key));
            }
        }
    }

    void CompareMember(string place, JsonNode schema, string file, List<PropertyInfo> properties, bool isRequired)
    {
        PropertyInfo property = properties[0];
        Type[] types = [.. properties.Select(p => Nullable.GetUnderlyingType(p.PropertyType) ?? p.PropertyType)];
        if (KindOf(types[0]) != KindOf(schema))
        {
            Differ(place, "kind");
            return;
        }

        if (Attribute(property, "Required") is null ? isRequired && types[0].IsValueType : !isRequired)
        {
            Differ(place, "required");
        }

        switch (KindOf(schema))
        {
            case "integer" when !RangeOf(types[0], Argument(property, "AtMost")).Equals(RangeOf(schema)):
                Differ(place, "range");
                break;
            case "string" when Argument(property, "Words") is IReadOnlyCollection<CustomAttributeTypedArgument> words &&
                !words.Select(word => word.Value!.ToString()).Order().SequenceEqual(schema["enum"]!.AsArray().Select(word =>
                word!.GetValue<string>()).Order()):
                Differ(place, "words");
                break;
            case "object":
                Compare(schema, file, types);
                break;
            case "array" or "map":
                Type[] items = [.. types.Select(type => type.GetGenericArguments()[^1])];
                (JsonNode item, string itemFile) = Resolve(ItemOf(schema), file);
                if (KindOf(items[0]) != KindOf(item))
                {
                    Differ(place, "kind");
                }
                else if (KindOf(item) == "object")
                {
                    Compare(item, itemFile, items);
                }

                break;
        }
    }

    static JsonNode ItemOf(JsonNode schema) =>
        schema["items"] ?? schema["additionalProperties"] ?? schema["patternProperties"]!.AsObject().Single().Value!;

    static string KindOf(JsonNode schema) => schema["allOf"] is not null ? "object" : schema["type"]!.GetValue<string>() switch
    {
        "object" when schema["additionalProperties"] is not null || schema["patternProperties"] is not null => "map",
        string type => type,
    };

    static string KindOf(Type type) => type switch
    {
        _ when type == typeof(string) => "string",
        _ when type == typeof(bool) => "boolean",
        _ when type == typeof(object) => "anything",
        { IsGenericType: true } => type.Name.StartsWith("Dictionary", StringComparison.Ordinal) ? "map" : "array",
        { IsValueType: true } => "integer",
        _ => "object",
    };

    static (decimal, decimal) RangeOf(JsonNode schema) =>
        (Number(schema["minimum"]) ?? decimal.MinValue, Number(schema["maximum"]) ?? decimal.MaxValue);

    static decimal? Number(JsonNode? node) => node?.GetValue<decimal>();

    static (decimal, decimal) RangeOf(Type type, object? most)
    {
        decimal Field(string name) => Convert.ToDecimal(type.GetField(name)!.GetValue(null));
        return (Field("MinValue"), most is null ? Field("MaxValue") : Convert.ToDecimal(most));
    }

    void Differ(string place, string what) => _found.Add($"{place}: {what}");
}
