using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace OciRun.Planning;

/// <summary>Builds the program that the container's first process parks in: an ELF file of an small interpreter, a table of
/// system calls and their data. Executing it from a sealed memfd takes the runtime's own binary out of the container's reach
/// (CVE-2019-5736) and leaves a process of a few pages. All that is left to do before the payload is plain system calls with
/// constant arguments, so a table is enough. The interpreter's source is InitCode.S of the architecture; a test assembles it.</summary>
public sealed class InitImageBuilder
{
    const ulong TextAddress = 0x400000;
    const int OpsOffset = 0x300;
    const int OpSize = 64;
    const ulong DataAddress = 0x10000000;
    const ulong RegistersAddress = 0x600000;
    const int Page = 4096;

    /// <summary>Scratch memory of the program for results of stat(2), reads and getcwd(2), PATH_MAX bytes and more.</summary>
    public const ulong Scratch = RegistersAddress + 0x100;
    /// <summary>Register of the descriptor that takes the error record.</summary>
    public const int ReportRegister = 7;
    /// <summary>As the second tolerated errno: any.</summary>
    public const ushort AnyErrno = 0xffff;

    byte[] _ops = new byte[64 * OpSize];
    byte[] _data = new byte[4096];
    int _dataLength;

    /// <summary>Descriptor of the channel to the runtime.</summary>
    public required int ChannelFd { get; init; }
    /// <summary>Listening socket that start connects to, -1 when start comes over the channel.</summary>
    public required int StartFd { get; init; }
    /// <summary>The host's procfs, verified; -1 where no step needs it.</summary>
    public int ProcFd { get; init; } = -1;
    /// <summary>Descriptors from 3 that go to the payload.</summary>
    public required int InheritedFds { get; init; }
    /// <summary>The user's home directory, known only once the container's passwd can be read.</summary>
    public string Home { get; set; } = "/";

    public int Count { get; private set; }
    /// <summary>The step that operations are being added for.</summary>
    public int Step { get; set; }

    /// <summary>A system call. <paramref name="firstFrom"/> replaces the first argument by a register, <paramref name="result"/> keeps
    /// the result in one; -1 for neither. A tolerated errno goes on at <paramref name="otherwise"/> (0: the next operation).</summary>
    public int Call(long number, ulong a = 0, ulong b = 0, ulong c = 0, ulong d = 0, ulong e = 0, ulong f = 0,
        int firstFrom = -1, int result = -1, ushort tolerate = 0, ushort tolerateToo = 0, short otherwise = 0, short then = 0)
    {
        Span<byte> op = Add(0);
        BinaryPrimitives.WriteUInt16LittleEndian(op, (ushort)number);
        op[3] = (byte)(firstFrom + 1);
        BinaryPrimitives.WriteUInt16LittleEndian(op[6..], tolerate);
        BinaryPrimitives.WriteUInt16LittleEndian(op[8..], tolerateToo);
        BinaryPrimitives.WriteInt16LittleEndian(op[10..], then);
        BinaryPrimitives.WriteInt16LittleEndian(op[12..], otherwise);
        op[14] = (byte)(result + 1);
        Arguments(op, a, b, c, d, e, f);
        return Count - 1;
    }

    /// <summary>register = value, and then on to <paramref name="then"/>.</summary>
    public void Set(int register, ulong value, short then = 0)
    {
        Span<byte> op = Add(1);
        BinaryPrimitives.WriteInt16LittleEndian(op[10..], then);
        Arguments(op, (ulong)register, value, 0, 0, 0, 0);
    }

    /// <summary>Goes on when (memory &amp; mask) == value, else at <paramref name="otherwise"/>, or fails with the errno when that is 0.</summary>
    public void TestMemory(ulong address, uint mask, uint value, int errno, short otherwise = 0, short then = 0, long callNumber = 0)
    {
        Span<byte> op = Add(2);
        BinaryPrimitives.WriteUInt16LittleEndian(op, (ushort)callNumber);
        BinaryPrimitives.WriteInt16LittleEndian(op[10..], then);
        BinaryPrimitives.WriteInt16LittleEndian(op[12..], otherwise);
        Arguments(op, address, mask, value, (ulong)errno, 0, 0);
    }

    /// <summary>Goes on when register == value, else at <paramref name="otherwise"/>, or fails with the errno when that is 0.</summary>
    public void TestRegister(int register, ulong value, int errno, short otherwise = 0, short then = 0, long callNumber = 0)
    {
        Span<byte> op = Add(3);
        BinaryPrimitives.WriteUInt16LittleEndian(op, (ushort)callNumber);
        BinaryPrimitives.WriteInt16LittleEndian(op[10..], then);
        BinaryPrimitives.WriteInt16LittleEndian(op[12..], otherwise);
        Arguments(op, (ulong)register, value, 0, (ulong)errno, 0, 0);
    }

    /// <summary>Ends with an error record that names the system call.</summary>
    public void Fail(long number, int errno)
    {
        Span<byte> op = Add(4);
        BinaryPrimitives.WriteUInt16LittleEndian(op, (ushort)number);
        Arguments(op, 0, 0, 0, (ulong)errno, 0, 0);
    }

    Span<byte> Add(byte kind)
    {
        if ((Count + 1) * OpSize > _ops.Length)
        {
            Array.Resize(ref _ops, _ops.Length * 2);
        }
        Span<byte> op = _ops.AsSpan(Count++ * OpSize, OpSize);
        op[2] = kind;
        BinaryPrimitives.WriteUInt16LittleEndian(op[4..], (ushort)Step);
        return op;
    }

    static void Arguments(Span<byte> op, ulong a, ulong b, ulong c, ulong d, ulong e, ulong f)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(op[16..], a);
        BinaryPrimitives.WriteUInt64LittleEndian(op[24..], b);
        BinaryPrimitives.WriteUInt64LittleEndian(op[32..], c);
        BinaryPrimitives.WriteUInt64LittleEndian(op[40..], d);
        BinaryPrimitives.WriteUInt64LittleEndian(op[48..], e);
        BinaryPrimitives.WriteUInt64LittleEndian(op[56..], f);
    }

    /// <summary>Adds a NUL-terminated string; returns its address in the program.</summary>
    public ulong String(string value)
    {
        int size = Encoding.UTF8.GetByteCount(value);
        int start = Reserve(size + 1, 1);
        Encoding.UTF8.GetBytes(value, _data.AsSpan(start, size));
        return DataAddress + (ulong)start;
    }

    /// <summary>Adds raw bytes on an 8-byte boundary; returns their address in the program.</summary>
    public ulong Bytes(ReadOnlySpan<byte> value)
    {
        int start = Reserve(value.Length, 8);
        value.CopyTo(_data.AsSpan(start));
        return DataAddress + (ulong)start;
    }

    /// <summary>Adds a NULL-terminated vector of strings, as execve(2) takes it; returns its address.</summary>
    public ulong Vector(IReadOnlyList<string> values)
    {
        var addresses = new ulong[values.Count];
        for (int i = 0; i < addresses.Length; i++)
        {
            addresses[i] = String(values[i]);
        }
        int start = Reserve((addresses.Length + 1) * 8, 8);
        for (int i = 0; i < addresses.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_data.AsSpan(start + i * 8), addresses[i]);
        }
        return DataAddress + (ulong)start;
    }

    int Reserve(int size, int alignment)
    {
        int start = (_dataLength + alignment - 1) & -alignment;
        while (start + size > _data.Length)
        {
            Array.Resize(ref _data, _data.Length * 2);
        }
        _dataLength = start + size;
        return start;
    }

    /// <summary>The finished ELF file.</summary>
    public byte[] Build()
    {
        int textSize = OpsOffset + Count * OpSize;
        if ((ulong)textSize > RegistersAddress - TextAddress)
        {
            throw new InvalidOperationException("the init program is too large");
        }
        int dataOffset = (textSize + Page - 1) & -Page;
        byte[] file = new byte[dataOffset + _dataLength];
        WriteHeader(file, textSize, dataOffset);
        InitCode.Bytes.CopyTo(file.AsSpan(InitCode.Offset));
        _ops.AsSpan(0, Count * OpSize).CopyTo(file.AsSpan(OpsOffset));
        _data.AsSpan(0, _dataLength).CopyTo(file.AsSpan(dataOffset));
        return file;
    }

    /// <summary>elf(5): an ET_EXEC for x86-64 with a segment of code and table, one of data, one of zeroes, and no executable stack.</summary>
    void WriteHeader(Span<byte> file, int textSize, int dataOffset)
    {
        ReadOnlySpan<byte> ident = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        ident.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file[16..], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(file[18..], InitCode.ElfMachine);
        BinaryPrimitives.WriteUInt32LittleEndian(file[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file[24..], TextAddress + InitCode.Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(file[32..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file[52..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file[56..], 4);
        Segment(file[64..], 1, 5, 0, TextAddress, (ulong)textSize, (ulong)textSize);
        Segment(file[120..], 1, 4, (ulong)dataOffset, DataAddress, (ulong)_dataLength, (ulong)_dataLength);
        Segment(file[176..], 1, 6, 0, RegistersAddress, 0, 2 * Page);
        Segment(file[232..], 0x6474e551, 6, 0, 0, 0, 0);
    }

    static void Segment(Span<byte> header, uint type, uint flags, ulong offset, ulong address, ulong fileSize, ulong memorySize)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], address);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], fileSize);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], memorySize);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], Page);
    }
}
