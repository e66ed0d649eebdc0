using System;
using OciRun.Kernel;

namespace OciRun.Syscalls;

/// <summary>Turns signals into bytes of a pipe. signalfd(2) is no use here: it needs the signals blocked in every thread, and the
/// managed runtime has one of its own, started before the first line of ours. The handler is machine code that writes the
/// signal's number and returns, so it may run in any thread at any moment.</summary>
public sealed unsafe class SignalPipe : IDisposable
{
    const int PageSize = 4096;

    readonly SafeFd _read;
    readonly SafeFd _write;

    /// <summary>Installs the handler for all signals of a mask (bit 0 is signal 1).</summary>
    /// <exception cref="SyscallException">mmap, mprotect or rt_sigaction failed.</exception>
    public SignalPipe(ulong signals)
    {
        // O_NONBLOCK for both: a handler that waits for room in the pipe would never return, and a reader that finds nothing
        // goes on.
        (_read, _write) = Syscall.Pipe2(OpenFlags.O_CLOEXEC | OpenFlags.O_NONBLOCK);
        byte* code = (byte*)Syscall.Check(Syscall.Try(Sys.mmap, 0, PageSize,
            Mmap.PROT_READ | Mmap.PROT_WRITE, Mmap.MAP_PRIVATE | Mmap.MAP_ANONYMOUS, -1, 0), "mmap");
        // Writable first, then executable, and never both at once: a stray write must not become code.
        int restorer = SignalHandlerCode.Write(new Span<byte>(code, PageSize), _write);
        Syscall.Check(Syscall.Try(Sys.mprotect, (long)code, PageSize, Mmap.PROT_READ | Mmap.PROT_EXEC), "mprotect");
        KernelSigaction action = new()
        {
            sa_handler = (ulong)code,
            // The kernel of x86-64 wants the code that calls rt_sigreturn from the program; the C library adds its own, and it
            // is passed by here (sigreturn(2)). SA_RESTART: what waits goes on, as nothing has happened to it.
            sa_flags = SigactionFlags.SA_RESTORER | SigactionFlags.SA_RESTART,
            sa_restorer = (ulong)(code + restorer),
            // No second signal within the handler: it has one byte on the stack and no other state.
            sa_mask = ulong.MaxValue,
        };
        for (int signal = 1; signal <= Signals.Max; signal++)
        {
            if ((signals & Syscall.SignalBit(signal)) != 0)
            {
                Syscall.Check(Syscall.Try(Sys.rt_sigaction, signal, (long)(&action), 0, Syscall.MaskBytes), "rt_sigaction");
            }
        }
    }

    /// <summary>The descriptor to poll for input.</summary>
    public int Fd => _read;

    /// <summary>The next signal that has come, or 0.</summary>
    public int Next()
    {
        Span<byte> signal = stackalloc byte[1];
        return Syscall.TryRead(_read, signal) == 1 ? signal[0] : 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The handlers stay, and write to a closed pipe: its write end is kept for that.
        _read.Dispose();
    }
}
