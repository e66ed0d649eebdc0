using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Spec;

namespace OciRun.Planning.Cgroups;

/// <summary>The hugetlb controller.</summary>
static class HugetlbWrites
{
    /// <summary>Both the pages in use and the reservations: with the usage limit alone, a fault past it kills the process with
    /// SIGBUS, where a reservation limit makes its mmap fail with ENOMEM (rsvd files: Linux 5.7).</summary>
    public static void Add(List<SpecHugepageLimit>? limits, WriteList writes)
    {
        for (int i = 0; i < (limits?.Count ?? 0); i++)
        {
            SpecHugepageLimit limit = limits![i];
            string path = "linux.resources.hugepageLimits[" + i.ToString(CultureInfo.InvariantCulture) + "]";
            if (!IsPageSize(limit.PageSize))
            {
                writes.Problem(path + ".pageSize", "\"" + limit.PageSize + "\" is not a page size such as 64KB, 2MB or 1GB");
                continue;
            }
            bool none = limit.Limit == ulong.MaxValue;
            string value = none ? "max" : limit.Limit.ToString(CultureInfo.InvariantCulture);
            writes.Add(new CgroupWrite("hugetlb." + limit.PageSize + ".max", value, "hugetlb", path) { IsDefault = none });
            if (writes.Has("hugetlb"))
            {
                writes.Add(new CgroupWrite("hugetlb." + limit.PageSize + ".rsvd.max", value, "hugetlb", path)
                {
                    IsDefault = none,
                    IgnoreMissing = true,
                });
            }
        }
    }

    /// <summary>The kernel's spelling: a power of two below 1024 and KB, MB or GB. It is part of a file name, so nothing else may
    /// pass.</summary>
    static bool IsPageSize(ReadOnlySpan<char> text)
    {
        if (text.Length is < 3 or > 5 || !(text.EndsWith("KB") || text.EndsWith("MB") || text.EndsWith("GB")))
        {
            return false;
        }
        uint number = 0;
        foreach (char c in text[..^2])
        {
            if (c is < '0' or > '9' || (number == 0 && c == '0'))
            {
                return false;
            }
            number = number * 10 + (uint)(c - '0');
        }
        return number is > 0 and < 1024 && (number & (number - 1)) == 0;
    }
}
