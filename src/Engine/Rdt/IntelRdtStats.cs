using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using OciRun.Planning.Sections;
using OciRun.Spec;

namespace OciRun.Engine.Rdt;

/// <summary>The <c>intel_rdt</c> member of <c>events</c>: what the container's resctrl group may use, what there is, and, with
/// linux.intelRdt.enableMonitoring or a group of its own, what it uses.</summary>
static class IntelRdtStats
{
    /// <summary>Writes the members; none for a container without linux.intelRdt, or where resctrl is gone.</summary>
    public static void Write(Utf8JsonWriter json, ContainerRecord record)
    {
        if (record.Config.Linux?.IntelRdt is not { } config || IntelRdt.TryOpen() is not { } rdt)
        {
            return;
        }
        using (rdt)
        {
            string group = IntelRdtWords.GroupOf(config, record.Id);
            string[] root = Lines(rdt.TryRead("schemata"));
            string[] own = Lines(rdt.TryRead(IntelRdt.Below(group, "schemata")));
            WriteNumbers(json, rdt, "l3_cache_info", "info/L3/", "cbm_mask", "min_cbm_bits", "num_closids");
            WriteSchema(json, "l3_cache_schema_root", root, "L3");
            WriteSchema(json, "l3_cache_schema", own, "L3");
            WriteNumbers(json, rdt, "mem_bw_info", "info/MB/", "bandwidth_gran", "delay_linear", "min_bandwidth", "num_closids");
            WriteSchema(json, "mem_bw_schema_root", root, "MB");
            WriteSchema(json, "mem_bw_schema", own, "MB");
            WriteSchemata(json, own);
            string monitor = config.EnableMonitoring ? IntelRdt.Below(group, "mon_groups/" + record.Id) : group;
            WriteMonitored(json, rdt, IntelRdt.Below(monitor, "mon_data"));
        }
    }

    static string[] Lines(string? text) =>
        (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Left out where the hardware has no such resource. A cbm_mask is a hexadecimal mask and stays text.</summary>
    static void WriteNumbers(Utf8JsonWriter json, IntelRdt rdt, string name, string directory, params ReadOnlySpan<string> files)
    {
        if (rdt.TryRead(directory + files[0]) is null)
        {
            return;
        }
        json.WriteStartObject(name);
        foreach (string file in files)
        {
            string text = rdt.TryRead(directory + file)?.Trim() ?? "";
            if (file == "cbm_mask")
            {
                json.WriteString(file, text);
            }
            else if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && number != 0)
            {
                json.WriteNumber(file, number);
            }
        }
        json.WriteEndObject();
    }

    static void WriteSchema(Utf8JsonWriter json, string name, string[] lines, string resource)
    {
        foreach (string line in lines)
        {
            if (line.StartsWith(resource + ":", StringComparison.Ordinal))
            {
                json.WriteString(name, line);
                return;
            }
        }
    }

    static void WriteSchemata(Utf8JsonWriter json, string[] lines)
    {
        if (lines.Length == 0)
        {
            return;
        }
        json.WriteStartArray("schemata"u8);
        foreach (string line in lines)
        {
            json.WriteStringValue(line);
        }
        json.WriteEndArray();
    }

    /// <summary>One entry per L3 domain: mon_data/mon_L3_00/{mbm_total_bytes,mbm_local_bytes,llc_occupancy}.</summary>
    static void WriteMonitored(Utf8JsonWriter json, IntelRdt rdt, string directory)
    {
        List<string> domains = rdt.List(directory);
        domains.RemoveAll(static name => !name.StartsWith("mon_L3_", StringComparison.Ordinal));
        domains.Sort(StringComparer.Ordinal);
        WriteDomains(json, rdt, directory, domains, "mbm_stats", "mbm_total_bytes", "mbm_local_bytes");
        WriteDomains(json, rdt, directory, domains, "cmt_stats", "llc_occupancy");
    }

    static void WriteDomains(Utf8JsonWriter json, IntelRdt rdt, string directory, List<string> domains, string name,
        params ReadOnlySpan<string> files)
    {
        if (domains.Count == 0 || rdt.TryRead(directory + "/" + domains[0] + "/" + files[0]) is null)
        {
            return;
        }
        json.WriteStartArray(name);
        foreach (string domain in domains)
        {
            json.WriteStartObject();
            foreach (string file in files)
            {
                // "Unavailable" and "Error" are words of the kernel's as well.
                string text = rdt.TryRead(directory + "/" + domain + "/" + file)?.Trim() ?? "";
                if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && number != 0)
                {
                    json.WriteNumber(file, number);
                }
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
