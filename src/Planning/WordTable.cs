using System;

namespace OciRun.Planning;

/// <summary>A vocabulary of the config: each word and what it means, once for validation, planning, messages and
/// <c>features</c>.</summary>
public sealed class WordTable<T>(params (string Word, T Meaning)[] words) where T : struct
{
    /// <summary>What a word means; null for one that is not in the table.</summary>
    public T? this[string? word]
    {
        get
        {
            foreach ((string known, T meaning) in words)
            {
                if (known == word)
                {
                    return meaning;
                }
            }
            return null;
        }
    }

    /// <summary>All words, sorted: what <c>features</c> lists.</summary>
    public string[] Words()
    {
        string[] sorted = Array.ConvertAll(words, static entry => entry.Word);
        Array.Sort(sorted, StringComparer.Ordinal);
        return sorted;
    }

    /// <summary>The words in the order of the table, with commas: for messages that say what there is.</summary>
    public override string ToString() => string.Join(", ", Array.ConvertAll(words, static entry => entry.Word));
}
