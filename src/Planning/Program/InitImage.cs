using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OciRun.Kernel;
using static OciRun.Kernel.Elf;

namespace OciRun.Planning;

/// <summary>The file of the program that the container's first process parks in: an ELF file of a small interpreter, a table of
/// operations and their data. Executing it from a sealed memfd takes the runtime's own binary out of the container's reach
/// (CVE-2019-5736) and leaves a process of a few pages. All that is left to do before the payload is plain system calls with
/// constant arguments, so a table is enough. The interpreter's source is InitCode.S of the architecture; a test assembles
/// it.</summary>
public static class InitImage
{
    const ulong TextAddress = 0x400000;
    /// <summary>Where the table stands in the file, behind the code.</summary>
    internal const int OpsOffset = 0x300;
    const ulong RegistersAddress = 0x600000;

    /// <summary>Where the data is in the memory of the program.</summary>
    public const uint DataAddress = 0x10000000;
    /// <summary>Room for registers before the error record.</summary>
    public const int Registers = 16;
    /// <summary>Scratch memory of the program for results of stat(2), reads and getcwd(2), PATH_MAX bytes and more.</summary>
    public const ulong Scratch = RegistersAddress + 0x100;

    /// <summary>The finished ELF file.</summary>
    /// <exception cref="InvalidOperationException">The table has no room, or a jump leads nowhere.</exception>
    public static byte[] Build(ProgramBuilder program)
    {
        program.Resolve();
        ReadOnlySpan<byte> ops = MemoryMarshal.AsBytes(program.Ops);
        ReadOnlySpan<byte> data = program.Data;
        int textSize = OpsOffset + ops.Length;
        if ((ulong)textSize > RegistersAddress - TextAddress)
        {
            throw new InvalidOperationException("the init program is too large");
        }
        int dataOffset = (textSize + Machine.LargestPage - 1) & -Machine.LargestPage;
        byte[] file = new byte[dataOffset + data.Length];
        WriteHeader(file, textSize, dataOffset, data.Length);
        InitCode.Bytes.CopyTo(file.AsSpan(InitCode.Offset));
        ops.CopyTo(file.AsSpan(OpsOffset));
        data.CopyTo(file.AsSpan(dataOffset));
        return file;
    }

    /// <summary>elf(5): an ET_EXEC with a segment of code and table, one of data, one of zeroes, and no executable
    /// stack.</summary>
    static void WriteHeader(Span<byte> file, int textSize, int dataOffset, int dataSize)
    {
        ReadOnlySpan<byte> ident = [0x7f, (byte)'E', (byte)'L', (byte)'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT];
        ident.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file[16..], ET_EXEC);
        BinaryPrimitives.WriteUInt16LittleEndian(file[18..], Machine.Elf);
        BinaryPrimitives.WriteUInt32LittleEndian(file[20..], EV_CURRENT);
        BinaryPrimitives.WriteUInt64LittleEndian(file[24..], TextAddress + InitCode.Offset);
        BinaryPrimitives.WriteUInt64LittleEndian(file[32..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file[52..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file[56..], 4);
        Segment(file[64..], PT_LOAD, PF_R | PF_X, 0, TextAddress, (ulong)textSize, (ulong)textSize);
        Segment(file[120..], PT_LOAD, PF_R, (ulong)dataOffset, DataAddress, (ulong)dataSize, (ulong)dataSize);
        Segment(file[176..], PT_LOAD, PF_R | PF_W, 0, RegistersAddress, 0, 2 * Machine.LargestPage);
        Segment(file[232..], PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0);
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
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], Machine.LargestPage);
    }
}
