using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine;

/// <summary>When what happened, for <c>--timings</c>: what the runtime does as nested spans, and each step of init in a track of
/// its own. Off, a span costs the test of one field. The file is a Chrome trace: JSON that chrome://tracing, Perfetto and
/// Speedscope show, and that jq can query; times are CLOCK_MONOTONIC in microseconds.</summary>
public static unsafe class Timings
{
    const int RuntimeTrack = 1;
    const int InitTrack = 2;

    static List<Event>? _events;
    static SafeFd? _file;
    static string _path = "";
    static long _entered;
    static long _startUp;
    static List<Init>? _inits;

    readonly record struct Event(string Name, string Category, string ConfigPath, int Track, long Begin, long End);

    /// <summary>A process whose steps are recorded by itself.</summary>
    sealed record Init(ContainerPlan Plan, ProgramBuilder Program, ulong Buffer, int Size)
    {
        public long Ready { get; set; }
    }

    /// <summary>What lies between construction and disposal is one span of the runtime's track.</summary>
    public readonly ref struct Span
    {
        readonly long _begin = _events is null ? 0 : Syscall.ClockMonotonicNs();
        readonly string _name;
        readonly Step? _step;

        public Span(string name) => _name = name;

        internal Span(Step step)
        {
            _name = "";
            _step = step;
        }

        /// <summary>Ends the span.</summary>
        public void Dispose()
        {
            if (_events is not null)
            {
                string name = _step is GateStep gate ? "wait for init: " + gate.Reason : _step?.Text ?? _name;
                _events.Add(new Event(name, _step?.Phase.ToString() ?? "runtime", _step?.ConfigPath ?? "", RuntimeTrack, _begin,
                    Syscall.ClockMonotonicNs()));
            }
        }
    }

    /// <summary>The first line of the program: all before it is start-up.</summary>
    public static void Enter()
    {
        _entered = Syscall.ClockMonotonicNs();
        _startUp = Syscall.ClockNs(ClockId.CLOCK_PROCESS_CPUTIME_ID);
    }

    /// <summary>Starts to record.</summary>
    /// <param name="path">The file to write in the end; made or emptied now, so that a wrong name is an error before anything
    /// happens.</param>
    /// <exception cref="RuntimeException">The file cannot be written.</exception>
    public static void Start(string path)
    {
        try
        {
            _file = Syscall.Own(Syscall.TryOpenToWrite(path, OpenFlags.O_TRUNC), "open", path);
        }
        catch (SyscallException e)
        {
            throw new RuntimeException("--timings: " + ErrorText.Call("open", path, e.ErrorNumber));
        }
        _path = path;
        // The time before the first line of ours has no stamps; the processor time that the process had used by then stands
        // for it.
        _events =
        [
            new Event("start-up of the program (processor time)", "runtime", "", RuntimeTrack, _entered - _startUp, _entered),
            new Event("command line", "runtime", "", RuntimeTrack, _entered, Syscall.ClockMonotonicNs()),
        ];
    }

    /// <summary>Memory that runtime and init share, for the time at which each operation began; null when nothing is
    /// recorded.</summary>
    internal static ulong* Share(ContainerPlan plan, ProgramBuilder program)
    {
        if (_events is null)
        {
            return null;
        }
        int size = (program.Count + 1) * sizeof(ulong);
        long address = Syscall.Try(Sys.mmap, 0, size, Mmap.PROT_READ | Mmap.PROT_WRITE, Mmap.MAP_SHARED | Mmap.MAP_ANONYMOUS,
            -1, 0);
        if (address < 0)
        {
            throw new RuntimeException("--timings: " + ErrorText.Call("mmap", null, (int)-address));
        }
        _inits ??= [];
        _inits.Add(new Init(plan, program, (ulong)address, program.Count));
        return (ulong*)address;
    }

    /// <summary>Init has done all but the payload: its last step ends here.</summary>
    internal static void NoteReady()
    {
        if (_inits is [.., { Ready: 0 } last])
        {
            last.Ready = Syscall.ClockMonotonicNs();
        }
    }

    /// <summary>Writes the file, whatever came of the command. An error is the command's when it had none of its own.</summary>
    /// <exception cref="RuntimeException">write(2) failed.</exception>
    public static void Finish()
    {
        if (_events is not { } events || _file is not { } file)
        {
            return;
        }
        foreach (Init init in _inits ?? [])
        {
            AddSteps(events, init);
        }
        _events = null;
        try
        {
            unsafe
            {
                Syscall.WriteAll(file, JsonOutput.Compact(events, &Write));
            }

            file.Dispose();
        }
        catch (SyscallException e)
        {
            throw new RuntimeException("--timings: " + ErrorText.Call("write", _path, e.ErrorNumber));
        }
    }

    /// <summary>Operations of one step that follow each other are one event.</summary>
    static void AddSteps(List<Event> events, Init init)
    {
        ulong* times = (ulong*)init.Buffer;
        ReadOnlySpan<Op> ops = init.Program.Ops;
        for (int i = 0; i < init.Size && times[i] != 0;)
        {
            int first = i;
            do
            {
                i++;
            }
            while (i < init.Size && ops[i].Step == ops[first].Step && times[i] != 0);
            long end = i < init.Size && times[i] != 0 ? (long)times[i] : Math.Max(init.Ready, (long)times[i - 1]);
            Step step = init.Plan.Steps[ops[first].Step];
            events.Add(new Event(step.Text, step.Phase.ToString(), step.ConfigPath, InitTrack, (long)times[first], end));
        }
    }

    static void Write(Utf8JsonWriter json, List<Event> events)
    {
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartArray("traceEvents");
        Name(json, RuntimeTrack, "runtime");
        Name(json, InitTrack, "init");
        foreach (Event one in events)
        {
            Write(json, one);
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void Name(Utf8JsonWriter json, int track, string name)
    {
        json.WriteStartObject();
        json.WriteString("name", "thread_name");
        json.WriteString("ph", "M");
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteNumber("tid", track);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, Event one)
    {
        json.WriteStartObject();
        json.WriteString("name", one.Name);
        json.WriteString("cat", one.Category);
        json.WriteString("ph", "X");
        Microseconds(json, "ts", one.Begin);
        Microseconds(json, "dur", one.End - one.Begin);
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteNumber("tid", one.Track);
        if (one.ConfigPath.Length > 0)
        {
            json.WriteStartObject("args");
            json.WriteString("configPath", one.ConfigPath);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    static void Microseconds(Utf8JsonWriter json, string name, long nanoseconds)
    {
        json.WritePropertyName(name);
        json.WriteRawValue((nanoseconds / 1000).ToString(CultureInfo.InvariantCulture) + "." +
            (nanoseconds % 1000).ToString("000", CultureInfo.InvariantCulture), skipInputValidation: true);
    }
}
