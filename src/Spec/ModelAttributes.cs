using System;

namespace OciRun.Spec;

/// <summary>A class whose properties are the members of a JSON object, in the order in which they are written. Spec.Generator
/// writes for it a reader over <see cref="JsonCursor"/> and a writer: <c>Read</c>, <c>Write</c>, and both for lists and free
/// keys. The key is the property's name with a small first letter, and the type says what a value must be and its range. What can
/// be absent is nullable, or a number that is then 0, or a bool that is then false and not written. Strings and objects that are
/// not nullable keep their initial value when absent. A value of type object is passed over.</summary>
[AttributeUsage(AttributeTargets.Class)]
sealed class ModelAttribute : Attribute;

/// <summary>A key that is not the property's name with a small first letter.</summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class JsonKeyAttribute(string key) : Attribute
{
    public string Key { get; } = key;
}

/// <summary>The reader reports the member as missing, for the specification knows no default and a 0 could be a limit that nobody
/// wanted. A bool is always written. Strings of the config are looked after by the rules of Planning, which know empty ones
/// too.</summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class RequiredAttribute : Attribute;

/// <summary>A string that must be one of these.</summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class WordsAttribute(params string[] words) : Attribute
{
    public string[] Words { get; } = words;
}

/// <summary>A number that is not above this, where its type allows more.</summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class AtMostAttribute(uint most) : Attribute
{
    public uint Most { get; } = most;
}

/// <summary>A list that has at least so many items.</summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class AtLeastAttribute(int least) : Attribute
{
    public int Least { get; } = least;
}

/// <summary>Passed over when the document is read only briefly: long, and most commands need it not.</summary>
[AttributeUsage(AttributeTargets.Property)]
sealed class NotInBriefAttribute : Attribute;

/// <summary>A list of model objects that nobody needs once they are checked. It keeps nothing: each kind of <c>List</c> costs
/// every command some 6,000 instructions at its start, for the static members of the types that come with it.</summary>
public readonly struct CheckedList<T>;
