using System.Globalization;
using System.Text;

namespace OciRun.Spec;

/// <summary>How config paths are spelt: <c>process.user.uid</c>, <c>mounts[3]</c>, and keys that are no plain word as
/// <c>linux.sysctl["net.ipv4.ip_forward"]</c>.</summary>
public static class ConfigPath
{
    /// <summary>The path of the member <paramref name="key"/> of <paramref name="parent"/>.</summary>
    public static string Key(string parent, string key)
    {
        var text = new StringBuilder(parent);
        AppendKey(text, key);
        return text.ToString();
    }

    /// <summary>The path of an item of the list at <paramref name="parent"/>.</summary>
    public static string Item(string parent, int index) => parent + "[" + index.ToString(CultureInfo.InvariantCulture) + "]";

    internal static void AppendKey(StringBuilder text, string key)
    {
        if (!IsWord(key))
        {
            text.Append("[\"").Append(key.Replace("\0", "\\u0000")).Append("\"]");
            return;
        }

        if (text.Length > 0)
        {
            text.Append('.');
        }

        text.Append(key);
    }

    static bool IsWord(string key)
    {
        foreach (char c in key)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return key.Length > 0;
    }
}
