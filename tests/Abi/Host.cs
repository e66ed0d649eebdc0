using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;

namespace OciRun.Tests.Abi;

/// <summary>Programs of the host and files of the source tree.</summary>
static class Host
{
    public static string Root { get; } = FindRoot();

    static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Runtime.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }
        return directory ?? throw new InvalidOperationException("no Runtime.sln above " + AppContext.BaseDirectory);
    }

    /// <summary>A command of the SDK. It leaves directories and lock files in the temporary directory, and a compiler that stays
    /// would keep its socket there: this one has a directory that goes with it, and no such compiler.</summary>
    public static (int Code, string Output, string Error) RunSdk(params IEnumerable<string> arguments)
    {
        string directory = Directory.CreateTempSubdirectory("oci-run-sdk-").FullName;
        try
        {
            return Run([("TMPDIR", directory), ("UseSharedCompilation", "false")], "", "dotnet", arguments);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    public static (int Code, string Output, string Error) Run(string input, string program,
        params IEnumerable<string> arguments) =>
        Run([], input, program, arguments);

    static (int Code, string Output, string Error) Run((string Name, string Value)[] environment, string input, string program,
        IEnumerable<string> arguments)
    {
        ProcessStartInfo info = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        };
        info.Environment["LC_ALL"] = "C";
        foreach ((string name, string value) in environment)
        {
            info.Environment[name] = value;
        }
        using Process process = Process.Start(info)!;
        System.Threading.Tasks.Task<string> error = process.StandardError.ReadToEndAsync();
        System.Threading.Tasks.Task writer = process.StandardInput.WriteAsync(input)
            .ContinueWith(_ => process.StandardInput.Close(), System.Threading.Tasks.TaskScheduler.Default);
        string output = process.StandardOutput.ReadToEnd();
        writer.Wait();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    static readonly string[] Arm64 =
    [
        "-U__x86_64__", "-D__aarch64__", "-nostdinc", "-isystem", Run("", "gcc", "-print-file-name=include").Output.Trim(),
        "-isystem", "/usr/aarch64-linux-gnu/include",
    ];

    /// <summary>The complaints of gcc about C source; empty when it accepts it. With arm64, the headers are that
    /// machine's.</summary>
    public static string Compile(string source, bool arm64 = false)
    {
        (int code, _, string error) = Run(source, "gcc",
            [.. arm64 ? Arm64 : [], "-D_GNU_SOURCE", "-w", "-fsyntax-only", "-fmax-errors=0", "-xc", "-"]);
        return code == 0 ? "" : error;
    }

    /// <summary>What a C program prints.</summary>
    public static string RunC(string source)
    {
        string program = Path.Combine(Path.GetTempPath(), "oci-run-abi-" + Guid.NewGuid().ToString("N"));
        try
        {
            (int code, _, string error) = Run(source, "gcc", "-D_GNU_SOURCE", "-w", "-o", program, "-xc", "-");
            if (code != 0)
            {
                throw new InvalidOperationException(error);
            }
            return Run("", program).Output;
        }
        finally
        {
            File.Delete(program);
        }
    }
}
