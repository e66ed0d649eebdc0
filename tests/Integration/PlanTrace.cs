using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OciRun.Tests.Integration;

/// <summary>A step that a trace shows, and the system calls that were made in it.</summary>
sealed record TracedStep(string Text, List<string> Calls);

/// <summary>A command under strace and --timings. Both processes ask the clock when a step begins and ends, strace prints the
/// answer, and the timings name the step: so every system call is known to be of one step, without any guess.</summary>
sealed class PlanTrace
{
    static readonly Regex Clock = new(@"^clock_gettime\(CLOCK_MONOTONIC, \{tv_sec=(\d+), tv_nsec=(\d+)\}\)",
        RegexOptions.Compiled);
    readonly Dictionary<int, List<string>> _calls = [];

    /// <summary>Reads what strace -ff -o PREFIX and --timings FILE have written.</summary>
    public PlanTrace(string prefix, string timings)
    {
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(prefix)!, Path.GetFileName(prefix) + ".*"))
        {
            _calls[int.Parse(Path.GetExtension(file)[1..], CultureInfo.InvariantCulture)] = [.. File.ReadAllLines(file)];
        }
        var events = JsonNode.Parse(File.ReadAllText(timings))!["traceEvents"]!.AsArray().Select(e => e!.AsObject()).ToList();
        Runtime = Steps(Outermost(Track(events, "runtime").Where(e => (string?)e["cat"] != "runtime")), out var runtime);
        Outside = OutsideOf(Track(events, "runtime"), _calls[runtime]);
        Init = Steps(Track(events, "init"), out var init);
        if (init != 0)
        {
            Program = AfterExec(init);
        }
    }

    /// <summary>The runtime's steps in the order in which they were performed.</summary>
    public List<TracedStep> Runtime { get; }
    /// <summary>Init's steps while it is in the runtime's image.</summary>
    public List<TracedStep> Init { get; }
    /// <summary>System calls of the sealed program up to the payload's execve(2), also of a child that goes on in its
    /// place.</summary>
    public List<string> Program { get; } = [];
    /// <summary>The runtime's calls that are in no span at all.</summary>
    public List<string> Outside { get; }

    static IEnumerable<JsonObject> Track(List<JsonObject> events, string name)
    {
        var id = (int)events.Single(e => (string?)e["ph"] == "M" && (string?)e["args"]!["name"] == name)["tid"]!;
        return events.Where(e => (string?)e["ph"] == "X" && (int)e["tid"]! == id).OrderBy(Begin);
    }

    /// <summary>Without the steps of a hook's process, which lie in the step of the hook.</summary>
    static IEnumerable<JsonObject> Outermost(IEnumerable<JsonObject> steps)
    {
        long end = 0;
        foreach (var e in steps)
        {
            if (Begin(e) >= end)
            {
                end = End(e);
                yield return e;
            }
        }
    }

    static long Begin(JsonObject e) => Nanoseconds((decimal)e["ts"]!);

    static long End(JsonObject e) => Nanoseconds((decimal)e["ts"]! + (decimal)e["dur"]!);

    static long Nanoseconds(decimal microseconds) => (long)(microseconds * 1000);

    List<TracedStep> Steps(IEnumerable<JsonObject> events, out int pid)
    {
        var steps = new List<TracedStep>();
        pid = 0;
        foreach (var e in events)
        {
            var (owner, begin) = Find(Begin(e));
            pid = pid == 0 ? owner : pid;
            var (_, end) = Find(End(e), owner);
            steps.Add(new TracedStep((string)e["name"]!, _calls[owner][(begin + 1)..end].Where(c => !Clock.IsMatch(c)).ToList()));
        }
        return steps;
    }

    /// <summary>Process and line of the clock's answer; the end of an unfinished process's calls where there is none.</summary>
    (int Pid, int Line) Find(long time, int among = 0)
    {
        foreach (var (pid, calls) in _calls.Where(p => among == 0 || p.Key == among))
        {
            var line = calls.FindIndex(c => Time(c) == time);
            if (line >= 0)
            {
                return (pid, line);
            }
        }
        if (among == 0)
        {
            throw new InvalidOperationException($"no process asked the clock at {time}");
        }
        var exec = _calls[among].FindIndex(static c => c.StartsWith("execveat(", StringComparison.Ordinal));
        return (among, exec < 0 ? _calls[among].Count : exec + 1);
    }

    static long Time(string call) => Clock.Match(call) is { Success: true } m
        ? long.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture) * 1_000_000_000 +
        long.Parse(m.Groups[2].ValueSpan, CultureInfo.InvariantCulture)
        : -1;

    static List<string> OutsideOf(IEnumerable<JsonObject> spans, List<string> calls)
    {
        var windows =
            spans.Select(e => (First: calls.FindIndex(c => Time(c) == Begin(e)), Last: calls.FindIndex(c => Time(c) == End(e))))
            .Where(w => w.First >= 0 && w.Last >= 0).ToList();
        var planned = windows.Count == 0 ? 0 : windows.Min(w => w.First);
        var last = windows.Count == 0 ? 0 : windows.Max(w => w.Last);
        return calls.Where((_, i) => i > planned && i < last && !windows.Exists(w => w.First <= i && i <= w.Last)).ToList();
    }

    List<string> AfterExec(int pid)
    {
        var program = new List<string>();
        var calls = _calls[pid];
        for (var i = calls.FindIndex(static c => c.StartsWith("execveat(", StringComparison.Ordinal)) + 1; i < calls.Count; i++)
        {
            program.Add(calls[i]);
            if (calls[i].StartsWith("execve(", StringComparison.Ordinal) && calls[i].EndsWith("= 0", StringComparison.Ordinal))
            {
                break;
            }
            // A child goes on in its place (CLONE_PARENT).
            if (Regex.Match(calls[i], @"^clone\(.* = (\d+)$") is { Success: true } m
                && Child(int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture), pid) is { } child)
            {
                calls = _calls[child];
                i = -1;
            }
        }
        return program;
    }

    /// <summary>strace names processes by its own pid namespace, and so does the result of a clone in the same one.</summary>
    int? Child(int pid, int parent) => _calls.ContainsKey(pid) ? pid : _calls.Keys.Where(k => k > parent).Order()
        .Select(static k => (int?)k).FirstOrDefault();
}
