using OciRun.Planning.Sections;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config-linux.md, "Personality". Its flags are reserved: the specification defines none yet.</summary>
static class PersonalityRules
{
    public static void Check(SpecPersonality? personality, Rules rules)
    {
        if (personality is null)
        {
            return;
        }

        if (string.IsNullOrEmpty(personality.Domain))
        {
            rules.Missing("linux.personality.domain");
        }
        else if (SchedulingWords.PersonalityDomains[personality.Domain] is null)
        {
            rules.Problem("linux.personality.domain",
                $"\"{personality.Domain}\" is none of {SchedulingWords.PersonalityDomains}");
        }

        if (personality.Flags is { Count: > 0 })
        {
            rules.Problem("linux.personality.flags", "must be empty: no flag is defined");
        }
    }
}
