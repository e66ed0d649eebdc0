namespace OciRun.Planning.Validation;

/// <summary>config-linux.md, "Rootfs Mount Propagation".</summary>
static class PropagationRules
{
    public static void Check(string? propagation, Rules rules)
    {
        if (propagation is { Length: > 0 } word && MountOptions.PropagationOf(word) == 0)
        {
            rules.Problem("linux.rootfsPropagation",
                $"\"{word}\" is none of shared, slave, private, unbindable and their r forms");
        }
        else if (propagation is { Length: > 0 } form && form[0] == 'r')
        {
            rules.Strict("linux.rootfsPropagation", $"\"{form}\" is none of shared, slave, private, unbindable");
        }
    }
}
