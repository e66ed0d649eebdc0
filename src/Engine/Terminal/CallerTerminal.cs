using System;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.Terminal;

/// <summary>The terminal that the runtime itself was called on, if its standard input is one: raw while its user types into the
/// payload's, and as it was in the end.</summary>
sealed class CallerTerminal : IDisposable
{
    readonly bool _isTerminal;
    readonly Termios _saved;
    readonly SafeFd? _output;
    bool _isRaw;

    public CallerTerminal()
    {
        _isTerminal = Syscall.IsTerminal(0);
        if (_isTerminal)
        {
            _saved = Syscall.GetTermios(0);
            MakeRaw();
        }
        _output = OpenOutput();
    }

    /// <summary>What to write to. A write to it takes what there is room for and does not wait, where that can be had.</summary>
    public int Output => _output ?? 1;

    /// <summary>False for a job in the background, which must neither read from the shell's terminal nor change it.</summary>
    public bool IsOurs
    {
        get
        {
            int group = 0;
            return !_isTerminal || Syscall.TryIoctl(0, Ioctl.TIOCGPGRP, ref group) < 0 || group == 0
                || group == Syscall.Getpgrp();
        }
    }

    /// <summary>Whether there is a terminal that keys can come from as soon as the job is in the foreground.</summary>
    public bool WaitsForItsTurn => _isTerminal && !_isRaw;

    /// <summary>Every key is the payload's, as of cfmakeraw(3). Again after SIGCONT: a shell gives a stopped job's terminal its
    /// own settings.</summary>
    public void MakeRaw()
    {
        if (!_isTerminal || !IsOurs)
        {
            return;
        }
        Termios raw = _saved;
        raw.c_iflag &= ~(TermiosFlags.IGNBRK | TermiosFlags.BRKINT | TermiosFlags.PARMRK | TermiosFlags.ISTRIP |
            TermiosFlags.INLCR |
            TermiosFlags.IGNCR | TermiosFlags.ICRNL | TermiosFlags.IXON);
        raw.c_oflag &= ~TermiosFlags.OPOST;
        raw.c_lflag &= ~(TermiosFlags.ECHO | TermiosFlags.ECHONL | TermiosFlags.ICANON | TermiosFlags.ISIG | TermiosFlags.IEXTEN);
        raw.c_cflag = (raw.c_cflag & ~(TermiosFlags.CSIZE | TermiosFlags.PARENB)) | TermiosFlags.CS8;
        Set(raw);
        _isRaw = true;
    }

    /// <summary>A shell has put the job into the background, and taken its terminal back.</summary>
    public void GiveUp() => _isRaw = false;

    /// <summary>From a background process group, the kernel stops the caller with SIGTTOU unless it is blocked.</summary>
    static void Set(Termios termios)
    {
        ulong mask = Syscall.Sigprocmask(SigHow.SIG_BLOCK, Syscall.SignalBit(Signal.SIGTTOU));
        // A terminal that was hung up has no settings any more.
        Syscall.TryIoctl(0, Ioctl.TCSETS, ref termios);
        Syscall.Sigprocmask(SigHow.SIG_SETMASK, mask);
    }

    /// <summary>A reader that does not read must not keep the runtime in write(2), deaf to signals and keys. O_NONBLOCK belongs
    /// to the open file, which the caller shares, so the runtime opens its own. Null where that is not possible or not
    /// needed.</summary>
    static SafeFd? OpenOutput()
    {
        if (Syscall.TryFstatAt(1, "", AtFlags.AT_EMPTY_PATH, out Stat stat) < 0)
        {
            return null;
        }
        bool isPipe = (stat.st_mode & StatMode.S_IFMT) == StatMode.S_IFIFO;
        // Opening /dev/ptmx again, the path of every master, would make another terminal.
        if (!isPipe && (stat.st_rdev == Dev.Ptmx || !Syscall.IsTerminal(1)))
        {
            return null;
        }
        const int flags = OpenFlags.O_WRONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC;
        int fd = Syscall.TryOpen("/proc/self/fd/1", flags);
        return fd < 0 ? null : new SafeFd(fd);
    }

    public void Dispose()
    {
        if (_isRaw)
        {
            Set(_saved);
        }
        _output?.Dispose();
    }
}
