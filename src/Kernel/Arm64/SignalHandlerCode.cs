using System;
using System.Runtime.InteropServices;

namespace OciRun.Kernel;

/// <summary>A signal handler in machine code: writes its argument, the signal's number, as one byte to a descriptor.</summary>
public static class SignalHandlerCode
{
    /// <summary>Writes handler and restorer for arm64, and gives the restorer's offset (rt_sigreturn(2), SA_RESTORER).</summary>
    public static int Write(Span<byte> code, int fd)
    {
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(code);
        ReadOnlySpan<uint> handler =
        [
            0xb81f0fe0, // str w0, [sp, #-16]!
            0x52800000 | (uint)(fd & 0xffff) << 5, // movz w0, #fd
            0x72a00000 | (uint)(fd >> 16) << 5, // movk w0, #fd >> 16, lsl #16
            0x910003e1, // mov x1, sp
            0xd2800022, // mov x2, #1
            0xd2800808, // mov x8, #64 (write)
            0xd4000001, // svc #0
            0x910043ff, // add sp, sp, #16
            0xd65f03c0, // ret
        ];
        ReadOnlySpan<uint> restorer =
        [
            0xd2801168, // mov x8, #139 (rt_sigreturn)
            0xd4000001, // svc #0
        ];
        handler.CopyTo(words);
        restorer.CopyTo(words[handler.Length..]);
        return handler.Length * sizeof(uint);
    }
}
