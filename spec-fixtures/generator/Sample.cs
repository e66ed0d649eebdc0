using System;
using System.Collections.Generic;

namespace OciRun.Spec;

[Model]
public sealed partial class Part
{
    public string Name { get; set; } = "";
}

[Model]
public sealed partial class Sample
{
    public const int Skipped = 1;
    [JsonKey("URL")]
    public string? Url { get; set; }
    [Words("one", "two")]
    public string? Word { get; set; }
    [Required]
    public bool Allow { get; set; }
    public bool Terminal { get; set; }
    public bool? Servicing { get; set; }
    [Required]
    public uint ContainerID { get; set; }
    public long? Limit { get; set; }
    public ushort? Weight { get; set; }
    [AtMost(511)]
    public uint? Mode { get; set; }
    public DateTime Created { get; set; }
    [AtLeast(1)]
    public List<string>? Args { get; set; }
    public List<uint>? Ids { get; set; }
    public List<Part>? Parts { get; set; }
    public Dictionary<string, string>? Annotations { get; set; }
    public Dictionary<string, Part>? Named { get; set; }
    [NotInBrief]
    public Part Whole { get; set; } = new();
    public CheckedList<Part> Unkept { get; set; }
    public object? Whatever { get; set; }
    public string Computed => "";
}
