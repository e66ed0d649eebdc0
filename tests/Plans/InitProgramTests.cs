using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using OciRun.Planning;
using Xunit;
using Record = OciRun.Planning.Record;

namespace OciRun.Tests.Plans;

/// <summary>The program that a container's first process parks in: its code is what its source says, and the kernel runs what the
/// builder makes. Standard error stands for the channel to the runtime.</summary>
public sealed class InitProgramTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("oci-run-init-").FullName;
    readonly InitImageBuilder _image = new() { ChannelFd = 2, StartFd = -1, InheritedFds = 0 };

    public InitProgramTests() => _image.Set(InitImageBuilder.ReportRegister, 2);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    static (int Code, string Output, byte[] Error) Run(string program, params IEnumerable<string> arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var error = new MemoryStream();
        string output = process.StandardOutput.ReadToEnd();
        process.StandardError.BaseStream.CopyTo(error);
        process.WaitForExit();
        return (process.ExitCode, output, error.ToArray());
    }

    string Write()
    {
        string path = Path.Combine(_directory, "init");
        File.WriteAllBytes(path, _image.Build());
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    (int Code, string Output, byte[] Error) Run() => Run(Write());

    void Say(string text) => _image.Call(Sys.write, 1, _image.String(text), (ulong)text.Length);

    void Exit(ulong code) => _image.Call(Sys.exit_group, code);

    static Record RecordOf((int Code, string Output, byte[] Error) result)
    {
        Assert.Equal(Record.Size, result.Error.Length);
        Assert.Equal(1, result.Code);
        return MemoryMarshal.Read<Record>(result.Error);
    }

    [Fact]
    public void Offset_in_the_record_is_the_compilers() =>
        Assert.Equal(Record.AuxOffset, (int)System.Runtime.InteropServices.Marshal.OffsetOf<Record>(nameof(Record.Aux)));

    [Fact]
    public void Machine_code_is_what_the_assembler_makes_of_the_source()
    {
        string source = Path.Combine(PlanCase.Fixtures, "../src/Planning/X64/InitCode.S");
        string assembled = Path.Combine(_directory, "code.o");
        string bytes = Path.Combine(_directory, "code.bin");
        Assert.Equal(0, Run("as", "--64", "-o", assembled, source).Code);
        Assert.Equal(0, Run("objcopy", "-O", "binary", "-j", ".text", assembled, bytes).Code);
        Assert.Equal(Convert.ToHexString(File.ReadAllBytes(bytes)), Convert.ToHexString(InitCode.Bytes));
    }

    [Fact]
    public void Code_ends_before_the_table() => Assert.True(InitCode.Offset + InitCode.Bytes.Length <= 0x300);

    [Fact]
    public void File_is_an_executable_without_writable_code_or_executable_stack()
    {
        Exit(0);
        string path = Write();
        (int code, string text, _) = Run("readelf", "-hlW", path);
        Assert.Equal(0, code);
        Assert.Contains("EXEC (Executable file)", text);
        Assert.Contains("Advanced Micro Devices X86-64", text);
        Assert.DoesNotContain("RWE", text);
        Assert.DoesNotContain("INTERP", text);
        Assert.Matches(@"GNU_STACK .* RW ", text);
        Assert.Equal(InitCode.ElfMachine, BitConverter.ToUInt16(File.ReadAllBytes(path), 18));
    }

    [Fact]
    public void Calls_are_made_in_order()
    {
        Say("one ");
        Say("two\n");
        Exit(3);
        (int code, string output, byte[] error) = Run();
        Assert.Equal(3, code);
        Assert.Equal("one two\n", output);
        Assert.Empty(error);
    }

    [Fact]
    public void Failed_call_is_reported_by_numbers()
    {
        Say("before");
        _image.Step = 513;
        int operation = _image.Call(Sys.chdir, _image.String("/is/not/there"));
        Say("after");
        (int Code, string Output, byte[] Error) result = Run();
        Assert.Equal("before", result.Output);
        Record record = RecordOf(result);
        Assert.Equal(RecordType.Error, record.Type);
        Assert.Equal(513u, record.Step);
        Assert.Equal((uint)Sys.chdir, record.Call);
        Assert.Equal(Errno.ENOENT, record.Errno);
        Assert.Equal((ulong)operation, record.Aux);
        Assert.Equal(0UL, record.Aux2);
    }

    [Theory]
    [InlineData((ushort)Errno.ENOENT, (ushort)0)]
    [InlineData((ushort)0, (ushort)Errno.ENOENT)]
    [InlineData((ushort)0, InitImageBuilder.AnyErrno)]
    public void Tolerated_error_goes_on_elsewhere(ushort errno, ushort another)
    {
        _image.Call(Sys.chdir, _image.String("/is/not/there"), tolerate: errno, tolerateToo: another, otherwise: 2);
        Exit(5);
        Say("went on");
        Exit(0);
        Assert.Equal((0, "went on"), (Run().Code, Run().Output));
    }

    [Fact]
    public void Another_error_than_the_tolerated_is_reported()
    {
        _image.Call(Sys.chdir, _image.String("/is/not/there"), tolerate: Errno.EACCES, tolerateToo: Errno.EPERM);
        Exit(0);
        Assert.Equal(Errno.ENOENT, RecordOf(Run()).Errno);
    }

    [Fact]
    public void Result_goes_to_a_register_and_a_register_to_the_first_argument()
    {
        _image.Call(Sys.fcntl, 1, Fcntl.F_DUPFD_CLOEXEC, result: 4);
        _image.Call(Sys.write, 99, _image.String("copy"), 4, firstFrom: 4, result: 5);
        _image.TestRegister(5, 4, Errno.EIO, callNumber: Sys.write);
        Exit(0);
        (int code, string output, byte[] error) = Run();
        Assert.Equal((0, "copy", 0), (code, output, error.Length));
    }

    [Fact]
    public void Test_of_a_register_jumps_or_fails()
    {
        _image.Set(0, 1UL << 40, then: 2);
        Exit(9);
        _image.TestRegister(0, 1UL << 40, 0, then: 2, otherwise: 1);
        Exit(8);
        _image.TestRegister(0, 0, 0, otherwise: 2);
        Exit(7);
        _image.TestRegister(0, 0, Errno.EXDEV, callNumber: Sys.getcwd);
        Record record = RecordOf(Run());
        Assert.Equal((Errno.EXDEV, (uint)Sys.getcwd), (record.Errno, record.Call));
    }

    [Fact]
    public void Test_of_memory_sees_what_a_call_wrote()
    {
        _image.Call(Sys.chdir, _image.String("/"));
        _image.Call(Sys.getcwd, InitImageBuilder.Scratch, 3072);
        _image.TestMemory(InitImageBuilder.Scratch, 0xffff, '/', 0, then: 2, otherwise: 1);
        Exit(9);
        _image.TestMemory(InitImageBuilder.Scratch, 0xff, 'x', Errno.EXDEV, callNumber: Sys.getcwd);
        Assert.Equal(Errno.EXDEV, RecordOf(Run()).Errno);
    }

    [Fact]
    public void Jump_back_repeats()
    {
        _image.Set(3, 0, then: 2);
        _image.Set(3, 1);
        Say("x");
        _image.TestRegister(3, 1, 0, then: 1, otherwise: -2);
        Exit(0);
        Assert.Equal("xx", Run().Output);
    }

    [Fact]
    public void Failure_without_a_call_names_the_call_given()
    {
        _image.Step = ushort.MaxValue;
        _image.Fail(Sys.execve, Errno.EISDIR);
        Record record = RecordOf(Run());
        Assert.Equal(((uint)Sys.execve, Errno.EISDIR, (uint)ushort.MaxValue), (record.Call, record.Errno, record.Step));
    }

    [Fact]
    public void Payload_gets_arguments_and_environment()
    {
        _image.Set(3, _image.String("/bin/sh"));
        _image.Call(Sys.execve, 0, _image.Vector(["name", "-c", "echo $0:$1:$A:$HOME", "zero", "ä b"]), _image.Vector(["A=1", "HOME=/h"]), firstFrom: 3);
        (int code, string output, _) = Run();
        Assert.Equal((0, "zero:ä b:1:/h\n"), (code, output));
    }

    [Fact]
    public void Tables_and_data_of_many_pages_are_there()
    {
        var expected = new System.Text.StringBuilder();
        for (int i = 0; i < 300; i++)
        {
            string word = new string((char)('a' + i % 26), 40);
            Say(word);
            expected.Append(word);
        }
        Exit(0);
        Assert.Equal(expected.ToString(), Run().Output);
    }
}
