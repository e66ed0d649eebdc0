using System;
using OciRun.Cli;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>The interval of events, as Go programs write durations.</summary>
public class CliDurationTests
{
    [Theory]
    [InlineData("5s", 5000)]
    [InlineData("250ms", 250)]
    [InlineData("1m30s", 90_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("0", 0)]
    [InlineData("1000us", 1)]
    [InlineData("1000000ns", 1)]
    public void Durations_add_up(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out TimeSpan duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5 s")]
    [InlineData("-5s")]
    [InlineData("5x")]
    [InlineData("1.2.3s")]
    [InlineData("5s!")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(GoDuration.TryParse(text, out _));
}
