using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace OciRun.Planning;

/// <summary>The data of the operations. Addresses of the init program are those that it has in memory; the cloned process gets
/// offsets, for its data lies where the runtime had it.</summary>
public sealed partial class ProgramBuilder
{
    readonly List<uint> _mounts = [];
    readonly uint _dataAddress;
    byte[] _data = new byte[4096];
    /// <summary>Nothing stands at 0, which means none.</summary>
    int _length = 8;

    public ReadOnlySpan<byte> Data => _data.AsSpan(0, _length);

    /// <summary>What stands at an address that was given out, and all behind it.</summary>
    public ReadOnlySpan<byte> DataAt(ulong address) => Data[(int)(address - _dataAddress)..];

    /// <summary>Whether the number may be an address that was given out.</summary>
    public bool IsData(ulong number) => number >= _dataAddress + 8ul && number < _dataAddress + (ulong)_length;

    /// <summary>Adds a NUL-terminated string; null gives 0, which means none.</summary>
    public uint String(string? value)
    {
        if (value is null)
        {
            return 0;
        }
        int size = Encoding.UTF8.GetByteCount(value);
        int start = Reserve(size + 1, 1);
        Encoding.UTF8.GetBytes(value, _data.AsSpan(start, size));
        return _dataAddress + (uint)start;
    }

    /// <summary>Adds raw bytes on an 8-byte boundary.</summary>
    public uint Bytes(ReadOnlySpan<byte> value)
    {
        int start = Reserve(value.Length, 8);
        value.CopyTo(_data.AsSpan(start));
        return _dataAddress + (uint)start;
    }

    /// <summary>Adds a struct.</summary>
    public uint Struct<T>(in T value) where T : unmanaged
    {
        int start = Reserve(Unsafe.SizeOf<T>(), 8);
        MemoryMarshal.Write(_data.AsSpan(start), value);
        return _dataAddress + (uint)start;
    }

    /// <summary>Adds a NULL-terminated vector of strings, as execve(2) takes it.</summary>
    public uint Vector(IReadOnlyList<string> values)
    {
        ulong[] addresses = new ulong[values.Count + 1];
        for (int i = 0; i < values.Count; i++)
        {
            addresses[i] = String(values[i]);
        }
        return Bytes(MemoryMarshal.AsBytes<ulong>(addresses));
    }

    /// <summary>Address of what is looked up in the place; 0 where that is the rootfs.</summary>
    public uint PlaceOf(MountPlace place, string path, uint address) =>
        place.Slot < 0 ? 0 : address + (uint)Encoding.UTF8.GetByteCount(path.AsSpan(0, place.Rest));

    /// <summary>Notes where the arguments of the next mount are that is looked at once more.</summary>
    public void NoteMount(uint address) => _mounts.Add(address);

    /// <summary>The address of the arguments of a mount, by its number.</summary>
    public uint NotedMount(int number) => _mounts[number];

    int Reserve(int size, int alignment)
    {
        int start = (_length + alignment - 1) & -alignment;
        while (start + size > _data.Length)
        {
            Array.Resize(ref _data, _data.Length * 2);
        }
        _length = start + size;
        return start;
    }
}
