using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config.md, "Mounts": destinations and mappings. Options are checked by their own table.</summary>
static class MountRules
{
    public static void Check(RuntimeSpec spec, Rules rules)
    {
        for (int i = 0; i < (spec.Mounts?.Count ?? 0); i++)
        {
            SpecMount mount = spec.Mounts![i];
            if (string.IsNullOrEmpty(mount.Destination))
            {
                rules.Missing(ConfigPath.Item("mounts", i) + ".destination");
            }
            // A path that the kernel would refuse (ENAMETOOLONG) is known before anything is made.
            else if (Rules.LengthFault(mount.Destination) is string fault)
            {
                rules.Problem(ConfigPath.Item("mounts", i) + ".destination", fault);
            }
            else if (mount.Destination[0] != '/')
            {
                // Deprecated, but to be taken: it counts from the root.
                rules.Warning(ConfigPath.Item("mounts", i) + ".destination",
                    $"\"{mount.Destination}\" is not an absolute path; read as \"/{mount.Destination}\"");
            }

            if (mount.Source is not null && Rules.LengthFault(mount.Source) is string sourceFault)
            {
                rules.Problem(ConfigPath.Item("mounts", i) + ".source", sourceFault);
            }

            if (mount.UidMappings is { Count: > 0 } || mount.GidMappings is { Count: > 0 })
            {
                CheckMappings(mount, ConfigPath.Item("mounts", i), rules);
            }
        }
    }

    static void CheckMappings(SpecMount mount, string path, Rules rules)
    {
        CheckPresence(mount.UidMappings, path + ".uidMappings", rules);
        CheckPresence(mount.GidMappings, path + ".gidMappings", rules);
        // The kernel takes 340 lines of a map at most (user_namespaces(7)), and none that overlap.
        MappingRules.CheckLines(mount.UidMappings, path + ".uidMappings", rules);
        MappingRules.CheckLines(mount.GidMappings, path + ".gidMappings", rules);
    }

    /// <summary>Both or none (config.md): one user namespace maps users and groups, and without a map all of a kind would be
    /// shown as the overflow id, 65534, that nobody can use.</summary>
    static void CheckPresence(List<SpecIdMapping>? map, string path, Rules rules)
    {
        if (map is not { Count: > 0 })
        {
            rules.Problem(path, "missing: an id-mapped mount needs the mappings of both users and groups");
        }
    }
}
