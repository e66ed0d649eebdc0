using System;
using System.Runtime.InteropServices;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>Processor time of the thread that asks, clock_gettime(2) with CLOCK_THREAD_CPUTIME_ID: what work costs, whoever else
/// keeps the machine busy meanwhile.</summary>
static class ThreadTime
{
    const int ThreadClock = 3;

    /// <summary>Seconds that the work took this thread.</summary>
    public static double Of(Action work)
    {
        double start = Now();
        work();
        return Now() - start;
    }

    /// <summary>Seconds of the quickest of five runs: garbage collections and cold code are in the others.</summary>
    public static double Least(Action work)
    {
        double least = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            least = Math.Min(least, Of(work));
        }
        return least;
    }

    static double Now()
    {
        long[] time = new long[2];
        Assert.Equal(0, clock_gettime(ThreadClock, time));
        return time[0] + (time[1] / 1e9);
    }

    [DllImport("libc")]
    static extern int clock_gettime(int clock, [Out] long[] time);
}
