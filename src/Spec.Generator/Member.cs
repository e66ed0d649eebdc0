using System.Linq;
using Microsoft.CodeAnalysis;

namespace OciRun.Spec.Generator;

/// <summary>A property of a model class, and the one statement each that reads and writes it.</summary>
sealed class Member
{
    readonly IPropertySymbol _property;
    /// <summary>The type without the question mark.</summary>
    readonly ITypeSymbol _type;
    readonly bool _isNullable;

    public Member(IPropertySymbol property)
    {
        _property = property;
        _type = property.Type;
        _isNullable = _type.NullableAnnotation == NullableAnnotation.Annotated;
        if (_type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            _type = nullable.TypeArguments[0];
        }

        Key = Attribute("JsonKey")?.ConstructorArguments[0].Value as string ??
            char.ToLowerInvariant(property.Name[0]) + property.Name.Substring(1);
    }

    /// <summary>The member's name in JSON.</summary>
    public string Key { get; }

    public bool IsRequired => Attribute("Required") is not null;

    public string Read()
    {
        string name = _property.Name;
        string statement = Kind switch
        {
            null => "json.Skip();",
            "Checked" => $"{Item}.CheckList(ref json);",
            _ when _isNullable => $"value.{name} = {ReadValue()};",
            // What may not be null keeps its initial value.
            "Text" or "Object" => $"value.{name} = {ReadValue()} ?? value.{name};",
            "Time" => $"value.{name} = {ReadValue()};",
            _ => $"value.{name} = {ReadValue()}.GetValueOrDefault();",
        };
        if (Attribute("AtLeast") is { } least)
        {
            statement += $" json.AtLeast({least.ConstructorArguments[0].Value}, value.{name}?.Count);";
        }

        return Attribute("NotInBrief") is null ? statement : $"if (json.IsBrief) json.Skip(); else {{ {statement} }}";
    }

    /// <summary>Null for what is passed over.</summary>
    public string? Write()
    {
        string name = $"\"{Key}\"u8";
        return Kind switch
        {
            null or "Checked" => null,
            "Flag" when !_isNullable && !IsRequired => $"JsonParts.Flag(json, {name}, value.{_property.Name} ? true : null);",
            "Object" => $"{_type.Name}.WriteMember(json, {name}, value.{_property.Name});",
            "Objects" => $"{Item}.WriteList(json, {name}, value.{_property.Name});",
            "Map" => $"{Item}.WriteMap(json, {name}, value.{_property.Name});",
            string kind => $"JsonParts.{kind}(json, {name}, value.{_property.Name});",
        };
    }

    /// <summary>The words of <c>JsonParts</c> for what the type is in JSON; null for what is passed over.</summary>
    string? Kind => _type.SpecialType switch
    {
        SpecialType.System_String => "Text",
        SpecialType.System_Boolean => "Flag",
        SpecialType.System_Int32 or SpecialType.System_Int64 => "Signed",
        SpecialType.System_Byte or SpecialType.System_UInt16 or SpecialType.System_UInt32 or SpecialType.System_UInt64 =>
            "Unsigned",
        SpecialType.System_DateTime => "Time",
        SpecialType.System_Object => null,
        _ => _type.Name switch
        {
            "List" => Item switch { "string" => "Texts", "uint" => "Numbers", _ => "Objects" },
            "CheckedList" => "Checked",
            "Dictionary" => Item == "string" ? "TextMap" : "Map",
            _ => "Object",
        },
    };

    /// <summary>What a list or an object with free keys holds.</summary>
    string Item => ((INamedTypeSymbol)_type).TypeArguments.Last()
        .ToDisplayString(NullableFlowState.None, SymbolDisplayFormat.MinimallyQualifiedFormat);

    string ReadValue() => Kind switch
    {
        "Text" when Attribute("Words") is { } words =>
            $"json.Word(\"{string.Join(", ", words.ConstructorArguments[0].Values.Select(static word => word.Value))}\")",
        "Text" => "json.String()",
        "Flag" => "json.Bool()",
        "Time" => "json.Time()",
        "Texts" => "json.Strings()",
        "Numbers" => "json.Numbers()",
        "TextMap" => "json.StringMap()",
        "Objects" => $"{Item}.ReadList(ref json)",
        "Map" => $"{Item}.ReadMap(ref json)",
        "Object" => $"{_type.Name}.Read(ref json)",
        _ when Attribute("AtMost") is { } most => $"({_type.ToDisplayString()}?)json.U64({most.ConstructorArguments[0].Value})",
        _ => $"json.{_type.Name.Replace("UInt", "U").Replace("Int", "I").Replace("Byte", "U8")}()",
    };

    AttributeData? Attribute(string name) =>
        _property.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass?.Name == name + "Attribute");
}
