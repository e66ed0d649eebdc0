using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace OciRun.Tests.Integration;

/// <summary>What a probe printed: its "key=value" lines.</summary>
sealed class Seen
{
    readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    readonly string _text;

    public Seen(string text)
    {
        _text = text;
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("env.", StringComparison.Ordinal))
            {
                Environment.Add(Unescape(line[4..]));
                continue;
            }
            // A path may hold '=', but our keys do not.
            var i = line.IndexOf('=', StringComparison.Ordinal);
            if (i > 0)
            {
                _values[line[..i]] = Unescape(line[(i + 1)..]);
            }
        }
        Mounts = [.. _values.Where(p => p.Key.StartsWith("mount.", StringComparison.Ordinal))
            .OrderBy(p => int.Parse(p.Key[6..], CultureInfo.InvariantCulture)).Select(p => new MountLine(p.Value))];
    }

    /// <summary>Fails the test with the whole output when the key is missing.</summary>
    public string this[string key] => _values.TryGetValue(key, out var v)
        ? v
        : throw new KeyNotFoundException($"the probe printed no \"{key}\":\n{_text}");

    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>All "NAME=VALUE" of the environment in their order.</summary>
    public List<string> Environment { get; } = [];

    public List<MountLine> Mounts { get; }

    public IEnumerable<string> Args => Enumerable.Range(0, int.Parse(this["argc"], CultureInfo.InvariantCulture))
        .Select(i => this[$"arg.{i}"]);

    /// <summary>The topmost mount at a path.</summary>
    public MountLine Mount(string point) => Mounts.LastOrDefault(m => m.Point == point)
        ?? throw new KeyNotFoundException($"no mount at {point}:\n{string.Join('\n', Mounts)}");

    public bool IsMounted(string point) => Mounts.Exists(m => m.Point == point);

    /// <summary>A capability set (CapBnd, CapEff, ...) as a number.</summary>
    public ulong Mask(string key) => Convert.ToUInt64(this[key], 16);

    /// <summary>"f 0644 0 0 0:0 12 1 4711 -> target" of `stat PATH`.</summary>
    public FileLine Stat(string path) => new(this["stat:" + path]);

    public override string ToString() => _text;

    static string Unescape(string s)
    {
        if (!s.Contains('\\', StringComparison.Ordinal))
        {
            return s;
        }
        var b = new StringBuilder();
        for (var i = 0; i < s.Length; i++)
        {
            if (s[i] == '\\' && i + 1 < s.Length)
            {
                i++;
                b.Append(s[i] switch { 'n' => '\n', '0' => '\0', _ => s[i] });
            }
            else
            {
                b.Append(s[i]);
            }
        }
        return b.ToString();
    }
}

/// <summary>One file as the probe's `stat` tells it.</summary>
sealed class FileLine
{
    public FileLine(string line)
    {
        var f = line.Split(' ');
        Text = line;
        Type = f[0];
        if (f.Length < 8)
        {
            return;
        }
        Mode = f[1];
        Uid = f[2];
        Gid = f[3];
        Rdev = f[4];
        Size = f[5];
        Inode = f[7];
        Target = f.Length > 9 ? string.Join(' ', f[9..]) : null;
    }

    public string Text { get; }
    /// <summary>f d l c b p s, or the name of stat's errno.</summary>
    public string Type { get; }
    public string Mode { get; } = "";
    public string Uid { get; } = "";
    public string Gid { get; } = "";
    public string Rdev { get; } = "";
    public string Size { get; } = "";
    public string Inode { get; } = "";
    public string? Target { get; }

    public override string ToString() => Text;
}
