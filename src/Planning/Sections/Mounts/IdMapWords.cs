using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Planning.Validation;
using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>crun's mount option <c>idmap=uids=0-1000-10#11-2000-5;gids=@0-0-10</c> (crun(1)): container id, host id and count,
/// in the order of uid_map (user_namespaces(7)); a leading '@' means that the host id is one of the container's user
/// namespace.</summary>
static class IdMapWords
{
    public static (IReadOnlyList<SpecIdMapping>, IReadOnlyList<SpecIdMapping>)? Parse(string text, SpecLinux linux, string path,
        List<ConfigProblem> problems)
    {
        List<SpecIdMapping> uids = [];
        List<SpecIdMapping> gids = [];
        foreach (string part in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            bool isUid = part.StartsWith("uids=", StringComparison.Ordinal);
            if (!isUid && !part.StartsWith("gids=", StringComparison.Ordinal))
            {
                problems.Add(new ConfigProblem(path, "idmap: \"" + part + "\" is neither uids= nor gids="));
                return null;
            }
            foreach (string range in part[5..].Split('#', StringSplitOptions.RemoveEmptyEntries))
            {
                SpecIdMapping? mapping = ParseRange(range, isUid ? linux.UidMappings : linux.GidMappings);
                if (mapping is null)
                {
                    problems.Add(new ConfigProblem(path, "idmap: \"" + range + "\" is not CONTAINER-HOST-COUNT"));
                    return null;
                }
                // 4294967295 is (uid_t)-1, which means "no change" to chown(2) and others, and is no id.
                if (MappingRules.IsBeyondIds(mapping))
                {
                    problems.Add(new ConfigProblem(path, "idmap: \"" + range + "\" goes beyond the last id, 4294967294"));
                    return null;
                }
                (isUid ? uids : gids).Add(mapping);
            }
        }
        if (uids.Count == 0 || gids.Count == 0)
        {
            problems.Add(new ConfigProblem(path, "idmap needs both uids= and gids="));
            return null;
        }
        return (uids, gids);
    }

    static SpecIdMapping? ParseRange(string range, List<SpecIdMapping>? container)
    {
        bool relative = range.StartsWith('@');
        string[] numbers = (relative ? range[1..] : range).Split('-');
        if (numbers.Length != 3 || !Number(numbers[0], out uint inside) || !Number(numbers[1], out uint outside) ||
            !Number(numbers[2], out uint size) || size == 0)
        {
            return null;
        }
        if (relative)
        {
            foreach (SpecIdMapping mapping in container ?? [])
            {
                if (outside >= mapping.ContainerID && outside - mapping.ContainerID < mapping.Size)
                {
                    // The same id as the host has it, for the maps of a mount are read in the first user namespace.
                    outside = outside - mapping.ContainerID + mapping.HostID;
                    break;
                }
            }
        }
        return new SpecIdMapping { ContainerID = inside, HostID = outside, Size = size };
    }

    /// <summary>Decimal digits and nothing else: no sign, no blank, none of the separators of a culture.</summary>
    static bool Number(string text, out uint value) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
