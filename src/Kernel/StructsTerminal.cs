using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OciRun.Kernel;

/// <summary>The control characters of <see cref="Termios"/>.</summary>
[InlineArray(19)]
public struct TermiosCc
{
    byte first;
}

/// <summary>The kernel's <c>struct termios</c> of TCGETS, 36 bytes (the C library's is wider).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Termios
{
    public uint c_iflag;
    public uint c_oflag;
    public uint c_cflag;
    public uint c_lflag;
    public byte c_line;
    public TermiosCc c_cc;
}

/// <summary><c>struct winsize</c> of TIOCSWINSZ.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Winsize
{
    public ushort ws_row;
    public ushort ws_col;
    public ushort ws_xpixel;
    public ushort ws_ypixel;
}
