using System;
using System.Buffers.Binary;

namespace OciRun.Kernel;

/// <summary>A signal handler in machine code: writes its argument, the signal's number, as one byte to a descriptor.</summary>
public static class SignalHandlerCode
{
    /// <summary>Writes handler and restorer for x86-64, and gives the restorer's offset (rt_sigreturn(2), SA_RESTORER).</summary>
    public static int Write(Span<byte> code, int fd)
    {
        ReadOnlySpan<byte> handler =
        [
            0x57, // push %rdi
            0xb8, 1, 0, 0, 0, // mov $1, %eax (write)
            0xbf, 0, 0, 0, 0, // mov $fd, %edi
            0x48, 0x89, 0xe6, // mov %rsp, %rsi
            0xba, 1, 0, 0, 0, // mov $1, %edx
            0x0f, 0x05, // syscall
            0x5f, // pop %rdi
            0xc3, // ret
        ];
        ReadOnlySpan<byte> restorer =
        [
            0xb8, 15, 0, 0, 0, // mov $15, %eax (rt_sigreturn)
            0x0f, 0x05, // syscall
        ];
        handler.CopyTo(code);
        BinaryPrimitives.WriteInt32LittleEndian(code[7..], fd);
        restorer.CopyTo(code[32..]);
        return 32;
    }
}
