using System;

namespace OciRun.Syscalls;

/// <summary>
/// An owned file descriptor. It has no finalizer: the owner disposes it, and the process is short-lived. Disposing twice is
/// harmless.
/// </summary>
public sealed class SafeFd : IDisposable
{
    int _value;

    /// <summary>Takes ownership of <paramref name="fd"/>.</summary>
    public SafeFd(int fd) => _value = fd;

    /// <summary>The number, or -1 after <see cref="Dispose"/> or <see cref="Release"/>.</summary>
    public int Value => _value;

    /// <summary>Whether nothing is owned any more.</summary>
    public bool IsClosed => _value < 0;

    /// <summary>The number, for calls that borrow it.</summary>
    public static implicit operator int(SafeFd fd) => fd._value;

    /// <summary>Gives ownership to the caller.</summary>
    public int Release()
    {
        int fd = _value;
        _value = -1;
        return fd;
    }

    /// <summary>Closes the descriptor; an error of close(2) is ignored, for the number is gone either way.</summary>
    public void Dispose()
    {
        int fd = Release();
        if (fd >= 0)
        {
            Syscall.TryClose(fd);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => _value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
