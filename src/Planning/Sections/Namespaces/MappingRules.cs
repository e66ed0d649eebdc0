using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config-linux.md, "User namespace mappings", and the mappings of mounts: what user_namespaces(7) demands of
/// uid_map.</summary>
static class MappingRules
{
    /// <summary>Lines of uid_map since Linux 4.15: UID_GID_MAP_MAX_EXTENTS, which no header has.</summary>
    const int MaxLines = 340;
    /// <summary>A map is written in one write(2), which must be shorter than a page.</summary>
    const int MaxText = 4095;

    public static void Check(SpecLinux linux, Rules rules)
    {
        SpecNamespace? user = Rules.Namespace(linux, "user");
        CheckPresence(linux.UidMappings, "linux.uidMappings", user, rules);
        CheckPresence(linux.GidMappings, "linux.gidMappings", user, rules);
        CheckLines(linux.UidMappings, "linux.uidMappings", rules);
        CheckLines(linux.GidMappings, "linux.gidMappings", rules);
    }

    /// <summary>Ids of the process that the new user namespace does not have: setuid(2) would give EINVAL.</summary>
    public static void CheckUser(RuntimeSpec spec, Rules rules)
    {
        if (Rules.Namespace(spec.Linux, "user") is not { } user || !string.IsNullOrEmpty(user.Path))
        {
            return;
        }

        List<SpecIdMapping>? gids = spec.Linux!.GidMappings;
        CheckMapped(spec.Process!.User?.Uid ?? 0, spec.Linux.UidMappings, "process.user.uid", "uid", rules);
        CheckMapped(spec.Process.User?.Gid ?? 0, gids, "process.user.gid", "gid", rules);
        for (int i = 0; i < (spec.Process.User?.AdditionalGids?.Count ?? 0); i++)
        {
            uint gid = spec.Process.User!.AdditionalGids![i];
            CheckMapped(gid, gids, ConfigPath.Item("process.user.additionalGids", i), "gid", rules);
        }
    }

    /// <summary>The lines of one map: sizes, ends, overlaps on either side, number.</summary>
    public static void CheckLines(List<SpecIdMapping>? map, string path, Rules rules)
    {
        if (map is null)
        {
            return;
        }

        if (map.Count > MaxLines)
        {
            rules.Problem(path, $"has {map.Count} lines; the kernel takes at most {MaxLines}");
            return;
        }

        int text = 0;
        for (int i = 0; i < map.Count; i++)
        {
            SpecIdMapping line = map[i];
            // "CONTAINER HOST SIZE\n"
            text += Digits(line.ContainerID) + Digits(line.HostID) + Digits(line.Size) + 3;
            if (line.Size == 0)
            {
                rules.Problem(ConfigPath.Item(path, i) + ".size", "must be at least 1");
            }
            else if (IsBeyondIds(line))
            {
                rules.Problem(ConfigPath.Item(path, i), $"goes beyond the last id, {uint.MaxValue - 1}");
            }
            else
            {
                CheckOverlap(map, i, path, rules);
            }
        }

        if (text > MaxText)
        {
            rules.Problem(path,
                $"takes {text} bytes as the text of a map; the kernel takes at most {MaxText}: join lines, or use fewer");
        }
    }

    /// <summary>The last 32-bit number is no id: to the kernel it means none.</summary>
    public static bool IsBeyondIds(SpecIdMapping line) =>
        (ulong)line.ContainerID + line.Size > uint.MaxValue || (ulong)line.HostID + line.Size > uint.MaxValue;

    static int Digits(uint number)
    {
        int count = 1;
        for (; number >= 10; number /= 10)
        {
            count++;
        }

        return count;
    }

    static void CheckOverlap(List<SpecIdMapping> map, int index, string path, Rules rules)
    {
        SpecIdMapping line = map[index];
        for (int i = 0; i < index; i++)
        {
            if (Overlap(line.ContainerID, line.Size, map[i].ContainerID, map[i].Size))
            {
                rules.Problem(ConfigPath.Item(path, index) + ".containerID", $"overlaps {ConfigPath.Item(path, i)}");
            }
            else if (Overlap(line.HostID, line.Size, map[i].HostID, map[i].Size))
            {
                rules.Problem(ConfigPath.Item(path, index) + ".hostID", $"overlaps {ConfigPath.Item(path, i)}");
            }
        }
    }

    static bool Overlap(ulong first, ulong firstSize, ulong second, ulong secondSize) =>
        first < second + secondSize && second < first + firstSize;

    static void CheckPresence(List<SpecIdMapping>? map, string path, SpecNamespace? user, Rules rules)
    {
        bool given = map is { Count: > 0 };
        if (given && user is null)
        {
            rules.Problem(path, "needs a user namespace in linux.namespaces");
        }
        else if (!given && user is not null && string.IsNullOrEmpty(user.Path))
        {
            rules.Missing(path);
        }
    }

    static void CheckMapped(uint id, List<SpecIdMapping>? map, string path, string kind, Rules rules)
    {
        if (map is not { Count: > 0 })
        {
            return;
        }

        foreach (SpecIdMapping line in map)
        {
            if (id >= line.ContainerID && id - line.ContainerID < line.Size)
            {
                return;
            }
        }

        rules.Problem(path, $"{id} is not mapped by linux.{kind}Mappings");
    }
}
