using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <summary>Strings as the kernel takes them: UTF-8 with a final NUL.</summary>
public static unsafe class CString
{
    /// <summary>The stack buffer that callers offer; longer strings go to the heap.</summary>
    internal const int Stack = 256;

    /// <summary>
    /// <paramref name="text"/> as UTF-8 with a NUL, in <paramref name="buffer"/> when it fits. A NUL inside the text would
    /// silently cut it, so it is refused with EINVAL.
    /// </summary>
    public static ReadOnlySpan<byte> Of(string text, Span<byte> buffer)
    {
        if (text.Contains('\0'))
        {
            throw new SyscallException("path", Errno.EINVAL, text.Replace("\0", "\\0", StringComparison.Ordinal));
        }
        // A UTF-16 unit becomes at most three bytes of UTF-8 (four for a pair of them), so nothing need be counted first.
        int most = checked((text.Length * 3) + 1);
        Span<byte> target = most <= buffer.Length ? buffer : new byte[most];
        int length = Encoding.UTF8.GetBytes(text, target);
        target[length] = 0;
        return target[..(length + 1)];
    }

    /// <summary>The string that starts at <paramref name="text"/>.</summary>
    public static string Read(byte* text) =>
        Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
}

/// <summary>A null-terminated vector of strings in unmanaged memory, for execve(2); lives until disposed or exec. One block for
/// the pointers and the text: it is handed to a child, which cannot allocate and for which no collector may move
/// anything.</summary>
public sealed unsafe class CStringVector : IDisposable
{
    byte** _pointers;

    /// <summary>Copies <paramref name="strings"/>.</summary>
    public CStringVector(IReadOnlyList<string> strings)
    {
        nuint table = (nuint)((strings.Count + 1) * sizeof(byte*));
        nuint total = table;
        for (int i = 0; i < strings.Count; i++)
        {
            total += (nuint)Encoding.UTF8.GetByteCount(strings[i]) + 1;
        }
        _pointers = (byte**)NativeMemory.Alloc(total);
        // The pointers stand first, the text right behind them.
        byte* next = (byte*)_pointers + table;
        for (int i = 0; i < strings.Count; i++)
        {
            int length = Encoding.UTF8.GetByteCount(strings[i]);
            Encoding.UTF8.GetBytes(strings[i], new Span<byte>(next, length));
            next[length] = 0;
            _pointers[i] = next;
            next += length + 1;
        }
        _pointers[strings.Count] = null;
    }

    /// <summary>The vector.</summary>
    public byte** Pointer => _pointers;

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_pointers);
        _pointers = null;
    }
}
