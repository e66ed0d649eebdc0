using System.Collections.Generic;
using System.Text;
using OciRun.Spec;

namespace OciRun.Planning.Steps;

/// <summary>A new time namespace takes children only, so the runtime makes it (time_namespaces(7)).</summary>
public sealed class TimeNamespaceStep : RuntimeStep
{
    public override Phase Phase => Phase.Spawn;
    public override string Text => "make a time namespace for the next children";
}

/// <summary>Writes /proc/PID/timens_offsets before a process enters the time namespace.</summary>
public sealed class TimeOffsetsStep : RuntimeStep
{
    public required IReadOnlyDictionary<string, SpecTimeOffset> Offsets { get; init; }
    public override Phase Phase => Phase.Spawn;
    public override string Text
    {
        get
        {
            var text = new StringBuilder("set clock offsets:");
            foreach ((string clock, SpecTimeOffset offset) in Offsets)
            {
                text.Append(' ').Append(clock).Append('=').Append(offset.Secs).Append('.').Append(offset.Nanosecs.ToString("D9"));
            }
            return text.ToString();
        }
    }
}
