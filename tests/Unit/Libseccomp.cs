using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Tasks;
using OciRun.Kernel;
using OciRun.Planning.Seccomp;
using OciRun.Spec;

namespace OciRun.Tests.Unit;

/// <summary>Debian's libseccomp (package libseccomp-dev), asked through a small C program that is compiled once per run of the
/// tests.</summary>
static class Libseccomp
{
    static readonly Lazy<string> Driver = new(Compile);

    public static string SourceDirectory([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    static string Compile()
    {
        string program = Path.Combine(Path.GetTempPath(), $"libseccomp-export-{Environment.ProcessId}");
        string source = Path.Combine(SourceDirectory(), "Libseccomp", "export.c");
        (byte[] output, string error, int code) = Run("gcc", $"-O1 -Wall -Werror -o {program} {source} -lseccomp", "");
        if (code != 0)
        {
            throw new InvalidOperationException("gcc and libseccomp-dev are needed: " + Encoding.UTF8.GetString(output) + error);
        }
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(program);
        return program;
    }

    static (byte[] Output, string Error, int Code) Run(string program, string arguments, string input)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        Task feed = Task.Run(() =>
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        });
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        feed.Wait();
        process.WaitForExit();
        return (output.ToArray(), error.Result, process.ExitCode);
    }

    /// <summary>The filter that libseccomp makes of a profile in the way runc and crun do, and how many rules it
    /// refused.</summary>
    public static (BpfInstruction[] Program, int Refused) Export(SpecSeccomp spec)
    {
        var text = new StringBuilder();
        uint byDefault = Answer(spec.DefaultAction!, spec.DefaultErrnoRet);
        text.Append($"default {byDefault}\n");
        foreach (string architecture in spec.Architectures ?? [])
        {
            text.Append($"arch {Token(architecture)}\n");
        }
        foreach (SpecSyscall syscall in spec.Syscalls ?? [])
        {
            uint answer = Answer(syscall.Action!, syscall.ErrnoRet);
            foreach (string name in answer == byDefault ? [] : syscall.Names!)
            {
                AppendRules(text, answer, name, syscall.Args ?? []);
            }
        }
        (byte[] output, string error, int code) = Run(Driver.Value, "", text.ToString());
        if (code != 0 || error.Contains("arch"))
        {
            throw new InvalidOperationException($"libseccomp: {code} {error}");
        }
        return (MemoryMarshal.Cast<byte, BpfInstruction>(output).ToArray(),
            error.Split('\n').Count(l => l.StartsWith("refused")));
    }

    static void AppendRules(StringBuilder text, uint answer, string name, List<SpecSyscallArg> args)
    {
        bool separate = args.Select(a => a.Index).Distinct().Count() < args.Count;
        IEnumerable<List<SpecSyscallArg>> sets = separate ? args.Select(a => new List<SpecSyscallArg> { a }) : [args];
        foreach (List<SpecSyscallArg> set in sets)
        {
            text.Append($"rule {answer} {name} {set.Count}");
            foreach (SpecSyscallArg arg in set)
            {
                text.Append($" {arg.Index} {Array.IndexOf(Operators, arg.Op)} {arg.Value} {arg.ValueTwo}");
            }
            text.Append('\n');
        }
    }

    static readonly string[] Operators =
    [
        "", "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
    ];

    static string Token(string architecture) => architecture["SCMP_ARCH_".Length..].ToLowerInvariant();

    static uint Answer(string action, uint? errno)
    {
        uint value = SeccompNames.Actions[action]!.Value;
        return value is SeccompRet.SECCOMP_RET_ERRNO or SeccompRet.SECCOMP_RET_TRACE ? value | (errno ?? 1) : value;
    }

    /// <summary>libseccomp's numbers; negative when it does not know the name or the architecture does not have the
    /// call.</summary>
    public static Dictionary<(string Architecture, string Name), int> Numbers(
        IEnumerable<(string Architecture, string Name)> calls)
    {
        string input = string.Concat(calls.Select(c => $"number {Token(c.Architecture)} {c.Name}\n"));
        (_, string error, _) = Run(Driver.Value, "", input);
        return error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' '))
            .ToDictionary(w => ("SCMP_ARCH_" + w[1].ToUpperInvariant(), w[2]), w => int.Parse(w[3]));
    }
}
