using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using OciRun.Kernel;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Steps;

namespace OciRun.Planning;

/// <summary>Prints the operations that the init steps of a plan are lowered to: below each step a line for each.</summary>
public static partial class ProgramPrinter
{
    // Stand-ins for descriptors whose numbers are known only when a container is made. They are so high that no number of
    // descriptors which a caller hands over (--preserve-fds) reaches them.
    const int Channel = 0x40000000;
    const int StartSocket = Channel + 1;
    const int Proc = Channel + 2;

    static string CallName(uint number) =>
        SyscallTable.Name(number) ?? number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Both stages of a plan's process, and of the processes of its hooks that run in the container.</summary>
    public static string Text(ContainerPlan plan)
    {
        var text = new StringBuilder();
        Append(text, plan, "");
        foreach (Step step in plan.Steps)
        {
            if (step is HookStep { Process: { } process })
            {
                Append(text, process, step.ConfigPath + ": ");
            }
        }
        return text.Length == 0 ? "No step of this plan is init's.\n" : text.ToString();
    }

    static void Append(StringBuilder text, ContainerPlan plan, string of)
    {
        if (plan.Find<ExecInitStep>() is null)
        {
            return;
        }
        text.Append(text.Length == 0 ? "" : "\n");
        text.Append($"{of}the cloned process, in the runtime's image; {plan.Slots} descriptors are opened for it\n");
        Append(text, plan, Lowering.Lower(plan, new ProgramBuilder(Stage.Clone)));
        text.Append($"\n{of}the sealed init program\n");
        Append(text, plan, Lowering.Lower(plan, new ProgramBuilder(Stage.Init)
        {
            ChannelFd = Channel,
            StartFd = StartSocket,
            ProcFd = Proc,
            InheritedFds = plan.Options.InheritedFds,
            Home = "(of the container's /etc/passwd)",
        }));
    }

    static void Append(StringBuilder text, ContainerPlan plan, ProgramBuilder program)
    {
        int step = -1;
        for (int i = 0; i < program.Count; i++)
        {
            Op op = program.Ops[i];
            if (op.Step != step)
            {
                step = op.Step;
                text.Append($"step {step}: {plan.Steps[step].Text}\n");
            }
            text.Append($"{i,6}  ");
            if (program.Stage == Stage.Clone)
            {
                text.Append(op.Code).Append(CloneArguments(op, program.Data));
            }
            else
            {
                InitOp(text, op, program);
                Jumps(text, op, i);
            }
            text.Append('\n');
        }
    }

    static void InitOp(StringBuilder text, Op op, ProgramBuilder program) => text.Append(op.Code switch
    {
        OpCode.Call => InitCall(op, program),
        OpCode.Set => $"{program.RegisterName((int)op.A)} = {Descriptor(op.B) ?? Show(op.B, program)}",
        OpCode.TestMemory => $"when [{Show(op.A, program)}] & 0x{op.B:x} == 0x{op.C:x}",
        OpCode.TestRegister => $"when {program.RegisterName((int)op.A)} == {op.B}",
        _ => $"fail {CallName(op.Number)} {ErrnoText.Name((int)op.D)}",
    });

    static string InitCall(Op op, ProgramBuilder program)
    {
        string name = CallName(op.Number);
        ReadOnlySpan<ulong> all = [op.A, op.B, op.C, op.D, op.E, op.F];
        int count = 6;
        while (count > Fewest(name) && all[count - 1] == 0)
        {
            count--;
        }
        var arguments = new List<string>();
        for (int i = 0; i < count; i++)
        {
            arguments.Add(i == 0 && Descriptor(op.A) is { } fd ? fd : Argument(name, i, all, program));
        }
        if (op.From > 0)
        {
            arguments.RemoveRange(0, Math.Min(1, count));
            arguments.Insert(0, program.RegisterName(op.From - 1));
        }
        return (op.To > 0 ? program.RegisterName(op.To - 1) + " = " : "") + name + "(" + string.Join(", ", arguments) + ")";
    }

    static string? Descriptor(ulong value) => value switch
    {
        Channel => "channel",
        StartSocket => "start-socket",
        Proc => "proc",
        _ => null,
    };

    /// <summary>How many arguments are shown even if they are zero.</summary>
    static int Fewest(string name) => name switch
    {
        "setresuid" or "setresgid" => 3,
        "prctl" => 2,
        "personality" => 1,
        _ => 0,
    };

    static string Argument(string name, int index, ReadOnlySpan<ulong> all, ProgramBuilder program) => (name, index) switch
    {
        ("execve", 1 or 2) => Vector(program, all[index]),
        ("chdir" or "sethostname" or "setdomainname", 0) or ("newfstatat" or "faccessat2", 1) =>
            String(program.DataAt(all[index]), 0),
        ("capset", 0) => Hex(program, all[index], 8),
        ("capset", 1) => Hex(program, all[index], 24),
        ("setgroups", 1) => Hex(program, all[index], (int)all[0] * 4),
        ("sched_setattr", 1) => Hex(program, all[index], 48),
        ("set_mempolicy", 1) => Hex(program, all[index], (int)(all[2] / 8)),
        ("write", 1) => Printable(program.DataAt(all[index])) ?? Hex(program, all[index], (int)all[2]),
        ("seccomp", 2) => $"{BinaryPrimitives.ReadUInt64LittleEndian(program.DataAt(all[index]))} instructions",
        _ => Show(all[index], program),
    };

    static void Jumps(StringBuilder text, Op op, int index)
    {
        if (op.Code == OpCode.Call && (op.Errno != 0 || op.AnotherErrno != 0))
        {
            text.Append(op.AnotherErrno == ProgramBuilder.AnyErrno
                ? "  any error"
                : "  " + ErrnoText.Name(op.Errno) + (op.AnotherErrno != 0 ? " or " + ErrnoText.Name(op.AnotherErrno) : ""));
            text.Append($" -> {index + (op.Else == 0 ? 1 : op.Else)}");
        }
        else if (op.Code is OpCode.TestMemory or OpCode.TestRegister)
        {
            text.Append("  else ");
            text.Append(op.Else == 0 ? CallName(op.Number) + " " + ErrnoText.Name((int)op.D) : $"-> {index + op.Else}");
        }
        if (op.Then != 0)
        {
            text.Append($"  then -> {index + op.Then}");
        }
    }

    /// <summary>A number, or the text that it points at.</summary>
    static string Show(ulong value, ProgramBuilder program)
    {
        if (value >= InitImage.Scratch && value < InitImage.Scratch + Limits.PATH_MAX)
        {
            return value == InitImage.Scratch ? "scratch" : $"scratch+{value - InitImage.Scratch}";
        }
        if (!program.IsData(value))
        {
            long signed = unchecked((long)value);
            return signed is < 0 and > -4096 ? $"{signed}" : value < 4096 ? $"{value}" : $"0x{value:x}";
        }
        return Printable(program.DataAt(value)) ?? $"data+{value - InitImage.DataAddress}";
    }

    static string? Printable(ReadOnlySpan<byte> data)
    {
        int end = data.IndexOf((byte)0);
        return end > 1 && data[..end].IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0 ? String(data, 0) : null;
    }

    /// <summary>Bytes as hexadecimal words of four bytes, in memory order.</summary>
    static string Hex(ProgramBuilder program, ulong address, int length)
    {
        var text = new StringBuilder("{");
        foreach (uint word in MemoryMarshal.Cast<byte, uint>(program.DataAt(address)[..length]))
        {
            text.Append(text.Length == 1 ? "" : " ").Append($"{word:x}");
        }
        return text.Append('}').ToString();
    }

    /// <summary>The strings of a NULL-terminated vector.</summary>
    static string Vector(ProgramBuilder program, ulong address)
    {
        var text = new StringBuilder("[");
        foreach (ulong one in MemoryMarshal.Cast<byte, ulong>(program.DataAt(address)))
        {
            if (one == 0)
            {
                break;
            }
            text.Append(text.Length == 1 ? "" : ", ").Append(String(program.DataAt(one), 0));
        }
        return text.Append(']').ToString();
    }
}
