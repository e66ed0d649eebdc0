using System;

namespace OciRun.Planning;

/// <summary>A place in a program that operations jump to; the default value is none.</summary>
public readonly struct Label
{
    internal Label(int number) => Number = number;

    /// <summary>From 1; 0 is none.</summary>
    internal int Number { get; }
    internal bool IsNone => Number == 0;
}

/// <summary>A register of the init program; the default value is none.</summary>
public readonly struct Register
{
    internal Register(int index) => Encoded = (byte)(index + 1);

    /// <summary>As an operation has it: 1 + index, 0 for none.</summary>
    internal byte Encoded { get; }
    internal ulong Index => (ulong)Encoded - 1;
}

/// <summary>Collects the operations of the first process for one of its two stages, and their data. Pure: bytes in, bytes out. A
/// mistake in a step (a jump to nowhere, an operation of the other stage) is an InvalidOperationException.</summary>
public sealed partial class ProgramBuilder
{
    /// <summary>As the second tolerated errno: any.</summary>
    public const ushort AnyErrno = 0xffff;

    struct Jump
    {
        public int From;
        public int Label;
        /// <summary>After success, else after an error or a failed test.</summary>
        public bool IsThen;
    }

    Op[] _ops = new Op[64];
    Jump[] _jumps = [];
    int _jumpCount;
    /// <summary>Index of the operation behind each label, -1 until it is marked.</summary>
    int[] _labels = [];
    int _labelCount;
    readonly string[] _registers;
    int _registerCount;

    public ProgramBuilder(Stage stage)
    {
        Stage = stage;
        _dataAddress = stage == Stage.Init ? InitImage.DataAddress : 0;
        _registers = stage == Stage.Init ? new string[InitImage.Registers] : [];
        if (stage == Stage.Init)
        {
            Report = RegisterFor("report");
        }
    }

    public Stage Stage { get; }
    public int Count { get; private set; }
    /// <summary>The step that operations are being added for.</summary>
    public int Step { get; set; }
    /// <summary>What has been added; jumps are there once <see cref="Resolve"/> was called.</summary>
    public ReadOnlySpan<Op> Ops => _ops.AsSpan(0, Count);

    /// <summary>Init: descriptor of the channel to the runtime.</summary>
    public int ChannelFd { get; init; } = -1;
    /// <summary>Init: listening socket that start connects to, -1 when start comes over the channel.</summary>
    public int StartFd { get; init; } = -1;
    /// <summary>Init: the host's procfs, verified; -1 where no step needs it.</summary>
    public int ProcFd { get; init; } = -1;
    /// <summary>Init: descriptors from 3 that go to the payload.</summary>
    public int InheritedFds { get; init; }
    /// <summary>Init: the user's home directory, known only once the container's passwd can be read.</summary>
    public string Home { get; init; } = "/";

    /// <summary>Register 0, the descriptor that takes the error record (InitCode.S).</summary>
    public Register Report { get; }

    /// <summary>The register of that name, allotted when it is asked for first.</summary>
    public Register RegisterFor(string name)
    {
        Require(Stage.Init);
        for (int i = 0; i < _registerCount; i++)
        {
            if (_registers[i] == name)
            {
                return new Register(i);
            }
        }
        if (_registerCount == _registers.Length)
        {
            throw new InvalidOperationException("no register is left for " + name);
        }
        _registers[_registerCount] = name;
        return new Register(_registerCount++);
    }

    /// <summary>The name that a register was asked for by.</summary>
    public string RegisterName(int index) => _registers[index];

    /// <summary>A label that is put somewhere later by <see cref="Mark"/>.</summary>
    public Label NewLabel()
    {
        if (_labelCount == _labels.Length)
        {
            Array.Resize(ref _labels, Math.Max(8, _labelCount * 2));
        }
        _labels[_labelCount++] = -1;
        return new Label(_labelCount);
    }

    /// <summary>Puts the label here: before the operation that is added next.</summary>
    public void Mark(Label label)
    {
        ref int place = ref _labels[label.Number - 1];
        if (place >= 0)
        {
            throw new InvalidOperationException($"step {Step} marks a label twice");
        }
        place = Count;
    }

    /// <summary>An operation of the cloned process.</summary>
    public void Add(OpCode code, ulong a = 0, ulong b = 0, ulong c = 0, byte flags = 0, ulong d = 0, ulong e = 0, ulong f = 0)
    {
        Require(code > OpCode.Fail ? Stage.Clone : Stage.Init);
        ref Op op = ref Next(code);
        op.Flags = flags;
        op.A = a;
        op.B = b;
        op.C = c;
        op.D = d;
        op.E = e;
        op.F = f;
    }

    /// <summary>An operation of the cloned process on a path of the container.</summary>
    public void AddAt(OpCode code, string path, MountPlace place)
    {
        uint address = String(path);
        Add(code, address, d: (ulong)(1 + place.Slot), e: PlaceOf(place, path, address));
    }

    /// <summary>A system call. Init only: <paramref name="firstFrom"/> replaces the first argument by a register,
    /// <paramref name="result"/> keeps the result in one; a tolerated errno goes on at <paramref name="otherwise"/>, or at the
    /// next operation. Clone: <paramref name="dataArguments"/> has bit n set where argument n is an address of the
    /// data.</summary>
    /// <returns>Index of the operation.</returns>
    public int Call(long number, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0, ulong e = 0, ulong f = 0,
        Register firstFrom = default, Register result = default, ushort tolerate = 0, ushort tolerateToo = 0,
        Label otherwise = default, Label then = default,
        byte dataArguments = 0)
    {
        if (tolerate != 0 || tolerateToo != 0)
        {
            Require(Stage.Init);
        }
        ref Op op = ref Next(OpCode.Call);
        op.Number = (ushort)number;
        op.From = firstFrom.Encoded;
        op.Errno = tolerate;
        op.AnotherErrno = tolerateToo;
        op.To = result.Encoded;
        op.Flags = dataArguments;
        op.A = a;
        op.B = b;
        op.C = c;
        op.D = d;
        op.E = e;
        op.F = f;
        Jumps(then, otherwise);
        return Count - 1;
    }

    /// <summary>register = value, and then on to <paramref name="then"/>.</summary>
    public void Set(Register register, ulong value, Label then = default)
    {
        Add(OpCode.Set, register.Index, value);
        Jumps(then, default);
    }

    /// <summary>Goes on when (memory &amp; mask) == value, else at <paramref name="otherwise"/>, or without that fails with the
    /// errno as if the system call had.</summary>
    public void TestMemory(ulong address, uint mask, uint value, Label otherwise = default, Label then = default, int errno = 0,
        long callNumber = 0)
    {
        Add(OpCode.TestMemory, address, mask, value);
        Failure(otherwise, then, errno, callNumber);
    }

    /// <summary>Goes on when register == value, else as <see cref="TestMemory"/> does.</summary>
    public void TestRegister(Register register, ulong value, Label otherwise = default, Label then = default, int errno = 0,
        long callNumber = 0)
    {
        Add(OpCode.TestRegister, register.Index, value);
        Failure(otherwise, then, errno, callNumber);
    }

    /// <summary>Ends with an error record that names the system call.</summary>
    public void Fail(long number, int errno)
    {
        Add(OpCode.Fail);
        Failure(default, default, errno, number);
    }

    void Failure(Label otherwise, Label then, int errno, long callNumber)
    {
        if (otherwise.IsNone == (errno == 0))
        {
            throw new InvalidOperationException($"step {Step} has a test without an end, or with two");
        }
        ref Op op = ref _ops[Count - 1];
        op.Number = (ushort)callNumber;
        op.D = (ulong)errno;
        Jumps(then, otherwise);
    }

    ref Op Next(OpCode code)
    {
        if (Count == _ops.Length)
        {
            Array.Resize(ref _ops, Count * 2);
        }
        ref Op op = ref _ops[Count++];
        op.Code = code;
        op.Step = (ushort)Step;
        return ref op;
    }

    /// <summary>Notes where the last operation goes on.</summary>
    void Jumps(Label then, Label otherwise)
    {
        NoteJump(then, isThen: true);
        NoteJump(otherwise, isThen: false);
    }

    void NoteJump(Label label, bool isThen)
    {
        if (label.IsNone)
        {
            return;
        }
        Require(Stage.Init);
        if (_jumpCount == _jumps.Length)
        {
            Array.Resize(ref _jumps, Math.Max(8, _jumpCount * 2));
        }
        _jumps[_jumpCount++] = new Jump { From = Count - 1, Label = label.Number, IsThen = isThen };
    }

    /// <summary>Writes the distances of all jumps into their operations.</summary>
    /// <exception cref="InvalidOperationException">A label is nowhere or at the end, or a jump is too far or to
    /// itself.</exception>
    public void Resolve()
    {
        for (int i = 0; i < _jumpCount; i++)
        {
            Jump jump = _jumps[i];
            ref Op op = ref _ops[jump.From];
            int to = _labels[jump.Label - 1];
            int distance = to - jump.From;
            // Zero stands for the next operation in the table.
            if (to < 0 || to >= Count || distance is 0 or > short.MaxValue or < short.MinValue)
            {
                throw new InvalidOperationException($"step {op.Step}: operation {jump.From} jumps to {to} of {Count}");
            }
            op.Then = jump.IsThen ? (short)distance : op.Then;
            op.Else = jump.IsThen ? op.Else : (short)distance;
        }
    }

    void Require(Stage stage)
    {
        if (stage != Stage)
        {
            throw new InvalidOperationException($"step {Step} has an operation of the stage {stage} in the stage {Stage}");
        }
    }
}
