using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using OciRun.Kernel;
using OciRun.Spec;

namespace OciRun.Planning.Seccomp;

/// <summary>Filters as text, for <c>explain</c>.</summary>
public static class SeccompPrinter
{
    /// <summary>What the filter does, per architecture, as ranges of numbers with their names. Empty when the profile has
    /// problems.</summary>
    public static string Table(SpecSeccomp seccomp)
    {
        var text = new StringBuilder();
        if (string.IsNullOrEmpty(seccomp.DefaultAction) ||
            new SeccompReader(seccomp, []).Read(SeccompArchitecture.Native) is not { } profile)
        {
            return "";
        }
        var decisions = new SeccompDecisions(profile);
        text.Append("default ").Append(SeccompNames.Describe(profile.DefaultReturn));
        text.Append("; other architectures ").Append(SeccompNames.Describe(SeccompRet.SECCOMP_RET_KILL_THREAD)).Append('\n');
        var done = new List<uint>(4);
        foreach (SeccompArchitecture architecture in profile.Architectures)
        {
            if (!done.Contains(architecture.Audit))
            {
                done.Add(architecture.Audit);
                AppendArchitecture(text, profile, decisions, architecture.Audit);
            }
        }
        return text.ToString();
    }

    static void AppendArchitecture(StringBuilder text, SeccompProfile profile, SeccompDecisions decisions, uint audit)
    {
        List<SeccompArchitecture> abis = profile.Architectures.FindAll(a => a.Audit == audit);
        abis.Sort((a, b) => a.Base.CompareTo(b.Base));
        foreach (SeccompArchitecture abi in abis)
        {
            text.Append(abi.Name).Append(' ');
        }
        text.Append("(arch 0x").Append(audit.ToString("x", CultureInfo.InvariantCulture)).Append(")\n");
        List<SeccompRange> ranges = SeccompRanges.Of(profile, decisions, audit);
        for (int i = 0; i < ranges.Count; i++)
        {
            uint last = i + 1 < ranges.Count ? ranges[i + 1].Start - 1 : uint.MaxValue;
            SeccompArchitecture abi = abis.FindLast(a => a.Base <= ranges[i].Start) is { Name: not null } found ? found : abis[0];
            string numbers = ranges[i].Start == last ? Number(last) : Number(ranges[i].Start) + "-" + Number(last);
            text.Append("  ").Append(numbers.PadRight(24)).Append(' ').Append(Names(ranges[i].Start, last, abi).PadRight(40))
                .Append(' ');
            AppendDecision(text, profile, decisions, ranges[i].Decision);
            text.Append('\n');
        }
    }

    static string Number(uint number) => number < 0x10000
        ? number.ToString(CultureInfo.InvariantCulture)
        : "0x" + number.ToString("x", CultureInfo.InvariantCulture);

    static string Names(uint first, uint last, SeccompArchitecture abi)
    {
        string start = SyscallTable.Name(first, abi) ?? "-";
        return first == last ? start : start + " .. " + (SyscallTable.Name(last, abi) ?? "-");
    }

    static void AppendDecision(StringBuilder text, SeccompProfile profile, SeccompDecisions decisions, int decision)
    {
        if (decisions[decision].Rule >= 0)
        {
            foreach (int index in SeccompPrecedence.Order(profile, decisions, decision))
            {
                SeccompRule rule = profile.Rules[index];
                for (int i = 0; i < rule.TestCount; i++)
                {
                    text.Append(i == 0 ? "if " : " and ");
                    AppendTest(text, profile.Tests[rule.FirstTest + i]);
                }
                text.Append(": ").Append(SeccompNames.Describe(rule.Return)).Append("; ");
            }
        }
        text.Append(SeccompNames.Describe(decisions[decision].Rule >= 0 ? profile.DefaultReturn : decisions[decision].Return));
    }

    static void AppendTest(StringBuilder text, SeccompTest test)
    {
        text.Append('a').Append(test.Index);
        if (test.Operator == SeccompOperator.MaskedEqual)
        {
            text.Append(" & 0x").Append(test.Mask.ToString("x", CultureInfo.InvariantCulture));
        }
        text.Append(test.Operator switch
        {
            SeccompOperator.NotEqual => " != ",
            SeccompOperator.Less => " < ",
            SeccompOperator.LessOrEqual => " <= ",
            SeccompOperator.Greater => " > ",
            SeccompOperator.GreaterOrEqual => " >= ",
            _ => " == ",
        });
        text.Append("0x").Append(test.Value.ToString("x", CultureInfo.InvariantCulture));
    }

    /// <summary>The program, one instruction a line, with a label where a jump leads to.</summary>
    public static string Disassemble(ReadOnlySpan<BpfInstruction> program)
    {
        var targets = new HashSet<long>();
        for (int i = 0; i < program.Length; i++)
        {
            if (program[i].Code == BpfCode.Jump)
            {
                targets.Add(i + 1L + program[i].K);
            }
            else if (Test(program[i].Code) is not null)
            {
                targets.Add(i + 1L + program[i].Jt);
                targets.Add(i + 1L + program[i].Jf);
            }
        }
        var text = new StringBuilder();
        for (int i = 0; i < program.Length; i++)
        {
            text.Append((targets.Contains(i) ? "L" + i.ToString() + ":" : "").PadRight(8));
            AppendInstruction(text, program[i], i);
            text.Append('\n');
        }
        return text.ToString();
    }

    static string? Test(ushort code) => code switch
    {
        BpfCode.JumpEqual => "jeq",
        BpfCode.JumpGreater => "jgt",
        BpfCode.JumpGreaterOrEqual => "jge",
        BpfCode.JumpSet => "jset",
        _ => null,
    };

    /// <summary>A program that was not compiled here may hold opcodes that ours never do: those are shown as numbers.</summary>
    static void AppendInstruction(StringBuilder text, BpfInstruction i, int at)
    {
        string constant = "0x" + i.K.ToString("x", CultureInfo.InvariantCulture);
        switch (i.Code)
        {
            case BpfCode.Load:
                text.Append("ld   ").Append(Field(i.K));
                break;
            case BpfCode.And:
                text.Append("and  ").Append(constant);
                break;
            case BpfCode.Return:
                text.Append("ret  ").Append(SeccompNames.Describe(i.K));
                break;
            case BpfCode.Jump:
                text.Append("ja   L").Append(at + 1L + i.K);
                break;
            default:
                text.Append(Test(i.Code)?.PadRight(5) ?? "op   0x" + i.Code.ToString("x2", CultureInfo.InvariantCulture) + ", ")
                    .Append(constant);
                if (Test(i.Code) is not null)
                {
                    text.Append(", L").Append(at + 1 + i.Jt).Append(", L").Append(at + 1 + i.Jf);
                }
                break;
        }
    }

    static string Field(uint offset) => offset switch
    {
        SeccompData.Number => "nr",
        SeccompData.Architecture => "arch",
        >= SeccompData.Arguments => "args[" + ((offset - SeccompData.Arguments) / 8).ToString() + "]+" + (offset % 8).ToString(),
        _ => "ip+" + (offset % 8).ToString(),
    };
}
