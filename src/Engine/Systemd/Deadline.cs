using System;

namespace OciRun.Engine.Systemd;

/// <summary>One moment by which an exchange must be over, however many messages it takes.</summary>
public sealed class Deadline(int milliseconds)
{
    readonly long _end = Environment.TickCount64 + milliseconds;

    /// <summary>What the whole exchange was given.</summary>
    public int TotalMs { get; } = milliseconds;

    /// <summary>Milliseconds left, 0 when it is over.</summary>
    public int LeftMs => (int)Math.Max(0, _end - Environment.TickCount64);
}
