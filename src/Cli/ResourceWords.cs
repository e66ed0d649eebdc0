using System.Collections.Generic;
using System.Globalization;
using OciRun.Engine;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Cli;

/// <summary>Turns the limits of an update's command line into the resources of a config. What is not named stays null: as it
/// is.</summary>
static class ResourceWords
{
    /// <param name="words">Option names with their values.</param>
    public static SpecResources Build(IEnumerable<KeyValuePair<string, string>> words)
    {
        var resources = new SpecResources();
        foreach ((string name, string value) in words)
        {
            Apply(resources, name, value);
        }

        return resources;
    }

    static void Apply(SpecResources resources, string name, string value)
    {
        switch (name)
        {
            case "--memory":
                Memory(resources).Limit = Bytes(name, value);
                break;
            case "--memory-reservation":
                Memory(resources).Reservation = Bytes(name, value);
                break;
            case "--memory-swap":
                Memory(resources).Swap = Bytes(name, value);
                break;
            case "--pids-limit":
                resources.Pids = new SpecPids { Limit = Signed(name, value) };
                break;
            case "--blkio-weight":
                resources.BlockIO = new SpecBlockIO { Weight = Weight(name, value) };
                break;
            default:
                ApplyCpu(resources.Cpu ??= new SpecCpu(), name, value);
                break;
        }
    }

    static void ApplyCpu(SpecCpu cpu, string name, string value)
    {
        switch (name)
        {
            case "--cpu-period":
                cpu.Period = Unsigned(name, value);
                break;
            case "--cpu-quota":
                cpu.Quota = Signed(name, value);
                break;
            case "--cpu-burst":
                cpu.Burst = Unsigned(name, value);
                break;
            case "--cpu-share":
                cpu.Shares = Unsigned(name, value);
                break;
            case "--cpu-idle":
                cpu.Idle = Signed(name, value);
                break;
            case "--cpu-rt-period":
                cpu.RealtimePeriod = Unsigned(name, value);
                break;
            case "--cpu-rt-runtime":
                cpu.RealtimeRuntime = Signed(name, value);
                break;
            case "--cpuset-cpus":
                cpu.Cpus = value;
                break;
            case "--cpuset-mems":
                cpu.Mems = value;
                break;
            default:
                throw new RuntimeException($"{name} names no limit");
        }
    }

    static SpecMemory Memory(SpecResources resources) => resources.Memory ??= new SpecMemory();

    static long Bytes(string name, string value) =>
        ByteSize.TryParse(value, out long bytes)
            ? bytes
            : throw new RuntimeException($"invalid value \"{value}\" for {name}",
            "a size is bytes, a number with k, m or g, or -1");

    static long Signed(string name, string value) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new RuntimeException($"invalid value \"{value}\" for {name}: not a number");

    static ulong Unsigned(string name, string value) =>
        ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : throw new RuntimeException($"invalid value \"{value}\" for {name}: not a number of 0 or more");

    static ushort Weight(string name, string value) =>
        ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
            ? number
            : throw new RuntimeException($"invalid value \"{value}\" for {name}: not a number from 10 to 1000");
}
