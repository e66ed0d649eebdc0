using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using OciRun.Kernel;

namespace OciRun.Engine.Network;

/// <summary>A request of rtnetlink(7): a header, a fixed struct and attributes.</summary>
ref struct RouteRequest
{
    readonly Span<byte> _bytes;
    int _length;

    public RouteRequest(Span<byte> buffer, int type, int flags)
    {
        _bytes = buffer;
        _bytes.Clear();
        _length = Unsafe.SizeOf<Nlmsghdr>();
        MemoryMarshal.Write(_bytes, new Nlmsghdr
        {
            nlmsg_type = (ushort)type,
            nlmsg_flags = (ushort)(Netlink.NLM_F_REQUEST | flags),
            nlmsg_seq = 1,
        });
    }

    public void Struct<T>(in T value) where T : unmanaged
    {
        MemoryMarshal.Write(_bytes[_length..], value);
        _length += (Unsafe.SizeOf<T>() + 3) & ~3;
    }

    public void Attribute(ushort type, ReadOnlySpan<byte> payload)
    {
        MemoryMarshal.Write(_bytes[_length..], new Rtattr { rta_len = (ushort)(4 + payload.Length), rta_type = type });
        payload.CopyTo(_bytes[(_length + 4)..]);
        _length += (4 + payload.Length + 3) & ~3;
    }

    public void Attribute(ushort type, uint value) => Attribute(type, BitConverter.GetBytes(value));

    /// <summary>A NUL-terminated name.</summary>
    public void Attribute(ushort type, string name) => Attribute(type, Encoding.UTF8.GetBytes(name + "\0"));

    public readonly ReadOnlySpan<byte> Finish()
    {
        MemoryMarshal.Write(_bytes, (uint)_length);
        return _bytes[.._length];
    }
}
