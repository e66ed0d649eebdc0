using System.Collections.Generic;
using System.Text;
using OciRun.Kernel;
using OciRun.Spec;

namespace OciRun.Planning.Steps;

/// <summary>Writes uid_map, gid_map and setgroups of the new user namespace.</summary>
public sealed class MapIdsStep : RuntimeStep
{
    public required IReadOnlyList<SpecIdMapping> Uids { get; init; }
    public required IReadOnlyList<SpecIdMapping> Gids { get; init; }
    public override Phase Phase => Phase.MapIds;
    public override string Text => "map ids: uid " + Ranges(Uids) + "; gid " + Ranges(Gids);

    /// <summary>Mappings in words: container id, host id and how many.</summary>
    public static string Ranges(IReadOnlyList<SpecIdMapping> mappings)
    {
        var text = new StringBuilder();
        foreach (SpecIdMapping mapping in mappings)
        {
            text.Append(text.Length == 0 ? "" : ", ")
                .Append(mapping.ContainerID).Append("->").Append(mapping.HostID).Append('+').Append(mapping.Size);
        }
        return text.ToString();
    }

    public override string? Hint(string call, int errno) => errno == Errno.EPERM
        ? "the caller must own the mapped ids: root, or newuidmap and /etc/subuid"
        : null;
}
