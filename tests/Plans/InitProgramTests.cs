using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.CompilerServices;
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
    readonly ProgramBuilder _image = new(Stage.Init);

    public InitProgramTests() => _image.Set(_image.Report, 2);

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
        File.WriteAllBytes(path, InitImage.Build(_image));
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
    public void Code_ends_before_the_table() => Assert.True(InitCode.Offset + InitCode.Bytes.Length <= InitImage.OpsOffset);

    [Fact]
    public void Operation_is_as_large_as_the_code_steps() => Assert.Equal(64, Unsafe.SizeOf<Op>());

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
        Assert.Matches(@"LOAD +0x\w+ 0x0*10000000 0x0*10000000 0x\w+ 0x\w+ R +0x", text);
        Assert.DoesNotContain("INTERP", text);
        Assert.Matches(@"GNU_STACK .* RW ", text);
        Assert.Equal(Machine.Elf, BitConverter.ToUInt16(File.ReadAllBytes(path), 18));
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
    [InlineData((ushort)0, ProgramBuilder.AnyErrno)]
    public void Tolerated_error_goes_on_elsewhere(ushort errno, ushort another)
    {
        Label elsewhere = _image.NewLabel();
        _image.Call(Sys.chdir, _image.String("/is/not/there"), tolerate: errno, tolerateToo: another, otherwise: elsewhere);
        Exit(5);
        _image.Mark(elsewhere);
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
        Register copy = _image.RegisterFor("copy");
        Register written = _image.RegisterFor("written");
        _image.Call(Sys.fcntl, 1, Fcntl.F_DUPFD_CLOEXEC, result: copy);
        _image.Call(Sys.write, 99, _image.String("copy"), 4, firstFrom: copy, result: written);
        _image.TestRegister(written, 4, errno: Errno.EIO, callNumber: Sys.write);
        Exit(0);
        (int code, string output, byte[] error) = Run();
        Assert.Equal((0, "copy", 0), (code, output, error.Length));
    }

    [Fact]
    public void Test_of_a_register_jumps_or_fails()
    {
        Register register = _image.RegisterFor("register");
        Label isSet = _image.NewLabel();
        Label isOther = _image.NewLabel();
        Label isSame = _image.NewLabel();
        Label isNotZero = _image.NewLabel();
        _image.Set(register, 1UL << 40, then: isSet);
        Exit(9);
        _image.Mark(isSet);
        _image.TestRegister(register, 1UL << 40, then: isSame, otherwise: isOther);
        _image.Mark(isOther);
        Exit(8);
        _image.Mark(isSame);
        _image.TestRegister(register, 0, otherwise: isNotZero);
        Exit(7);
        _image.Mark(isNotZero);
        _image.TestRegister(register, 0, errno: Errno.EXDEV, callNumber: Sys.getcwd);
        Record record = RecordOf(Run());
        Assert.Equal((Errno.EXDEV, (uint)Sys.getcwd), (record.Errno, record.Call));
    }

    [Fact]
    public void Test_of_memory_sees_what_a_call_wrote()
    {
        _image.Call(Sys.chdir, _image.String("/"));
        _image.Call(Sys.getcwd, InitImage.Scratch, 3072);
        Label isRoot = _image.NewLabel();
        Label isOther = _image.NewLabel();
        _image.TestMemory(InitImage.Scratch, 0xffff, '/', then: isRoot, otherwise: isOther);
        _image.Mark(isOther);
        Exit(9);
        _image.Mark(isRoot);
        _image.TestMemory(InitImage.Scratch, 0xff, 'x', errno: Errno.EXDEV, callNumber: Sys.getcwd);
        Assert.Equal(Errno.EXDEV, RecordOf(Run()).Errno);
    }

    [Fact]
    public void Jump_back_repeats()
    {
        Register rounds = _image.RegisterFor("rounds");
        Label first = _image.NewLabel();
        Label again = _image.NewLabel();
        _image.Set(rounds, 0, then: first);
        _image.Mark(again);
        _image.Set(rounds, 1);
        _image.Mark(first);
        Say("x");
        _image.TestRegister(rounds, 1, otherwise: again);
        Exit(0);
        Assert.Equal("xx", Run().Output);
    }

    static void Wrong(string words, Action mistake) =>
        Assert.Contains(words, Assert.Throws<InvalidOperationException>(mistake).Message, StringComparison.Ordinal);

    [Fact]
    public void Jump_to_nowhere_or_behind_the_end_is_a_mistake()
    {
        Label nowhere = _image.NewLabel();
        _image.Set(_image.Report, 2, then: nowhere);
        Wrong("jumps to -1 of 2", _image.Resolve);
        _image.Mark(nowhere);
        Wrong("jumps to 2 of 2", _image.Resolve);
        Exit(0);
        _image.Resolve();
        Wrong("twice", () => _image.Mark(nowhere));
    }

    [Fact]
    public void Jump_to_itself_is_a_mistake_for_the_table_has_another_meaning_for_it()
    {
        Label here = _image.NewLabel();
        _image.Mark(here);
        _image.Set(_image.Report, 2, then: here);
        Wrong("operation 1 jumps to 1", _image.Resolve);
    }

    [Theory]
    [InlineData(short.MaxValue, true)]
    [InlineData(short.MaxValue + 1, false)]
    public void Jump_that_does_not_fit_the_table_is_a_mistake(int distance, bool fits)
    {
        Label there = _image.NewLabel();
        Label back = _image.NewLabel();
        _image.Mark(back);
        _image.Set(_image.Report, 2, then: there);
        for (int i = 1; i < distance; i++)
        {
            Exit(0);
        }
        _image.Mark(there);
        _image.Set(_image.Report, 2, then: back);
        if (!fits)
        {
            Wrong("jumps to", _image.Resolve);
            return;
        }
        _image.Resolve();
        Assert.Equal((short.MaxValue, (short)-short.MaxValue), (_image.Ops[1].Then, _image.Ops[^1].Then));
    }

    [Fact]
    public void Registers_are_allotted_by_name_until_none_is_left()
    {
        Register one = _image.RegisterFor("one");
        Assert.Equal(one, _image.RegisterFor("one"));
        Assert.NotEqual(one, _image.Report);
        Assert.Equal(_image.Report, _image.RegisterFor("report"));
        for (int i = 2; i < InitImage.Registers; i++)
        {
            _image.RegisterFor("r" + i);
        }
        Wrong("no register is left for last", () => _image.RegisterFor("last"));
    }

    [Fact]
    public void Last_register_is_not_the_error_record()
    {
        Register last = default;
        for (int i = 1; i < InitImage.Registers; i++)
        {
            last = _image.RegisterFor("r" + i);
        }
        _image.Set(last, ulong.MaxValue);
        _image.TestRegister(last, ulong.MaxValue, errno: Errno.EIO);
        _image.Fail(Sys.execve, Errno.EISDIR);
        Assert.Equal(Errno.EISDIR, RecordOf(Run()).Errno);
    }

    [Fact]
    public void Operations_belong_to_one_stage()
    {
        var clone = new ProgramBuilder(Stage.Clone);
        Label label = clone.NewLabel();
        Wrong("stage Clone in the stage Init", () => _image.Add(OpCode.PivotRoot));
        Wrong("stage Init in the stage Clone", () => clone.Fail(Sys.execve, Errno.EISDIR));
        Wrong("stage Init in the stage Clone", () => clone.RegisterFor("one"));
        Wrong("stage Init in the stage Clone", () => clone.Call(Sys.setsid, tolerate: Errno.EPERM));
        Wrong("stage Init in the stage Clone", () => clone.Call(Sys.setsid, then: label));
    }

    [Fact]
    public void Test_says_where_it_ends()
    {
        Label label = _image.NewLabel();
        Wrong("a test without an end", () => _image.TestRegister(_image.Report, 2));
        Wrong("a test without an end", () => _image.TestRegister(_image.Report, 2, otherwise: label, errno: Errno.EIO));
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
        Register shell = _image.RegisterFor("shell");
        _image.Set(shell, _image.String("/bin/sh"));
        _image.Call(Sys.execve, 0, _image.Vector(["name", "-c", "echo $0:$1:$A:$HOME", "zero", "ä b"]),
            _image.Vector(["A=1", "HOME=/h"]), firstFrom: shell);
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
