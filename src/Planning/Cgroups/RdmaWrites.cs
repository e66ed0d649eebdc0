using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary>The rdma controller.</summary>
static class RdmaWrites
{
    public static void Add(Dictionary<string, SpecRdma>? devices, WriteList writes)
    {
        if (devices is null || devices.Count == 0)
        {
            return;
        }
        string[] names = [.. devices.Keys];
        Array.Sort(names, StringComparer.Ordinal);
        foreach (string name in names)
        {
            SpecRdma limit = devices[name];
            string path = ConfigPath.Key("linux.resources.rdma", name);
            if (name.Length == 0 || name.AsSpan().ContainsAny(" \t\n/\0"))
            {
                writes.Problem(path, "\"" + name + "\" is no RDMA device name");
            }
            else if (limit.HcaHandles is not null || limit.HcaObjects is not null)
            {
                string value = name + Part(" hca_handle=", limit.HcaHandles) + Part(" hca_object=", limit.HcaObjects);
                writes.Add(new CgroupWrite("rdma.max", value, "rdma", path));
            }
        }
    }

    static string Part(string key, uint? value) => value is { } number ? key + number.ToString(CultureInfo.InvariantCulture) : "";
}
