using System;

namespace OciRun.Engine;

/// <summary>Where the engine reports what is no error. The CLI sets the sinks; null means: drop.</summary>
public static class Log
{
    public static Action<string>? WarnSink { get; set; }
    public static Action<string>? DebugSink { get; set; }

    /// <summary>For people at a terminal, beside a command's result; never in the log file, which engines read.</summary>
    public static Action<string>? NoteSink { get; set; }

    public static void Note(string message) => NoteSink?.Invoke(message);
    public static void Warn(string message) => WarnSink?.Invoke(message);
    public static void Debug(string message) => DebugSink?.Invoke(message);

    /// <summary>The steps of a plan that is about to be performed.</summary>
    internal static void Debug(Planning.ContainerPlan plan)
    {
        if (DebugSink is null)
        {
            return;
        }
        foreach (string line in Planning.PlanPrinter.Lines(plan))
        {
            Debug(line);
        }
    }
}
