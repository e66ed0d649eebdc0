using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace OciRun.Tests.Abi;

/// <summary>
/// The published binary as objdump shows it. The binary is stripped: symbols come from bin/oci-run.dbg, code from bin/oci-run.
/// </summary>
sealed partial class Disassembly
{
    readonly SortedList<ulong, List<string>> _symbols = [];
    readonly SortedList<ulong, string> _code = [];
    readonly Dictionary<ulong, ulong> _resolvers = [];

    public Disassembly(string binary)
    {
        string symbolFile = File.Exists(binary + ".dbg") ? binary + ".dbg" : binary;
        ReadSymbols(Output("nm", "--defined-only", symbolFile));
        ReadResolvers(Output("readelf", "-rW", binary));
        ReadCode(Output("objdump", "-d", "--no-show-raw-insn", "-j", "__managedcode", "-j", ".plt", binary));
    }

    static string Output(string program, params string[] arguments)
    {
        (int status, string output, string error) = Host.Run("", program, arguments);
        return status == 0 ? output : throw new InvalidOperationException(program + ": " + error);
    }

    void ReadSymbols(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            string[] word = line.Split(' ', 3);
            if (word.Length == 3 && "TtWwiV".Contains(word[1], StringComparison.Ordinal))
            {
                ulong address = Hex(word[0]);
                if (!_symbols.TryGetValue(address, out List<string>? names))
                {
                    _symbols.Add(address, names = []);
                }
                names.Add(word[2]);
            }
        }
    }

    // A static program reaches memcpy and its like through slots that a resolver fills: slot address → resolver.
    void ReadResolvers(string text)
    {
        foreach (string line in text.Split('\n').Where(l => l.Contains("R_X86_64_IRELATIV", StringComparison.Ordinal)))
        {
            string[] word = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            _resolvers[Hex(word[0])] = Hex(word[^1]);
        }
    }

    void ReadCode(string text)
    {
        foreach (string line in text.Split('\n'))
        {
            Match match = InstructionPattern().Match(line);
            if (match.Success)
            {
                _code[Hex(match.Groups[1].Value)] = match.Groups[2].Value.Trim();
            }
        }
    }

    static ulong Hex(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public IEnumerable<(ulong Address, string Name)> Functions =>
        _symbols.SelectMany(s => s.Value.Select(name => (s.Key, name))).Where(f => _code.ContainsKey(f.Key));

    public string NameOf(ulong address)
    {
        if (_symbols.TryGetValue(address, out List<string>? names))
        {
            return names[0];
        }
        if (_code.TryGetValue(address, out string? stub) && SlotPattern().Match(stub) is { Success: true } slot
            && _resolvers.TryGetValue(Hex(slot.Groups[1].Value), out ulong resolver)
            && _symbols.TryGetValue(resolver, out List<string>? resolved))
        {
            return resolved[0];
        }
        return "0x" + address.ToString("x", CultureInfo.InvariantCulture);
    }

    public IReadOnlyList<string> NamesOf(ulong address) => _symbols.TryGetValue(address, out List<string>? names) ? names
        : [NameOf(address)];

    /// <summary>
    /// What the function at <paramref name="start"/> calls or jumps to outside of itself; indirect calls have address 0 and their
    /// text.
    /// </summary>
    public IEnumerable<(ulong Target, string Text)> CallsOf(ulong start)
    {
        int next = _symbols.IndexOfKey(start) + 1;
        ulong end = next < _symbols.Count ? _symbols.GetKeyAtIndex(next) : ulong.MaxValue;
        for (int i = _code.IndexOfKey(start); i < _code.Count && _code.GetKeyAtIndex(i) < end; i++)
        {
            string instruction = _code.GetValueAtIndex(i);
            Match direct = DirectPattern().Match(instruction);
            if (direct.Success)
            {
                ulong target = Hex(direct.Groups[1].Value);
                bool call = instruction.Contains("call", StringComparison.Ordinal);
                if (call || target < start || target >= end)
                {
                    yield return (target, instruction);
                }
            }
            else if (IndirectPattern().IsMatch(instruction))
            {
                yield return (0, instruction);
            }
            else if (instruction.StartsWith("syscall", StringComparison.Ordinal)
                || instruction.StartsWith("int ", StringComparison.Ordinal))
            {
                yield return (0, instruction);
            }
        }
    }

    [GeneratedRegex(@"^\s+([0-9a-f]+):\s+(.*)$")]
    private static partial Regex InstructionPattern();

    [GeneratedRegex(@"jmp\s+\*.*#\s+(?:0x)?([0-9a-f]+)")]
    private static partial Regex SlotPattern();

    [GeneratedRegex(@"^(?:[a-zA-Z.]+\s+)*?(?:call|j[a-z]+)\s+(?:0x)?([0-9a-f]+)(?:\s|$)")]
    private static partial Regex DirectPattern();

    // A plain jmp through a register is a switch inside the function; the compiler marks tail calls with rex.W.
    [GeneratedRegex(@"call\s+\*|rex\.W\s+jmp\s+\*|jmp\s+\*[^%]")]
    private static partial Regex IndirectPattern();
}
